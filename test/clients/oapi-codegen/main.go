package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"strongroom.test/oapi-codegen/client"
)

const (
	user    = "oapi-codegen:ada@example.com"
	largest = int64(1<<53 - 1)
)

func main() {
	ctx := context.Background()
	authorize := func(_ context.Context, request *http.Request) error {
		request.Header.Set("X-INTERNAL-TOKEN", os.Getenv("INTERNAL_SERVICE_TOKEN"))
		return nil
	}
	api := must(client.NewClientWithResponses(os.Getenv("STRONGROOM_URL"), client.WithRequestEditorFn(authorize)))

	must(api.OpenAccountWithResponse(ctx, client.OpenAccountRequest{UserId: user, Tier: "pro"}))
	filled := must(api.TopUpWithResponse(ctx, nil, client.TopUpRequest{UserId: user, Amount: largest})).JSON200
	check(filled.Balance == largest)

	key := "oapi-codegen-1"
	keyed := &client.DeductParams{IdempotencyKey: &key}
	charge := client.DeductRequest{UserId: user, Amount: 400}
	first := must(api.DeductWithResponse(ctx, keyed, charge)).JSON200
	again := must(api.DeductWithResponse(ctx, keyed, charge)).JSON200
	check(first.TransferId == again.TransferId && first.Balance == largest-400)

	at := first.CreatedAt.Format(time.RFC3339Nano)
	balance := must(api.GetBalanceWithResponse(ctx, user, &client.GetBalanceParams{At: &at})).JSON200
	check(balance.Balance == largest-400)
	who, kind := user, client.TransferKind("deduct")
	found := must(api.FindTransfersWithResponse(ctx, &client.FindTransfersParams{UserId: &who, Kind: &kind, From: &at})).JSON200
	check(len(found.Data) == 1 && found.Data[0].TransferId == first.TransferId)

	refused := must(api.DeductWithResponse(ctx, nil, client.DeductRequest{UserId: user, Amount: largest}))
	check(refused.StatusCode() == http.StatusPaymentRequired && refused.JSON402.Code == "INSUFFICIENT_FUNDS")
	fmt.Println("ok")
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(holds bool) {
	if !holds {
		panic("not as it should be")
	}
}
