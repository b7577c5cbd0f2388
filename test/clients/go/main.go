// The generated Go client against a running service: go run .
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"strongroom.test/smoke/client"
)

var ctx = context.Background()

func main() {
	admin := connect("Authorization", "Bearer "+os.Getenv("ADMIN_API_TOKEN"))
	internal := connect("X-INTERNAL-TOKEN", os.Getenv("INTERNAL_SERVICE_TOKEN"))

	created := must(admin.CreateCustomerWithResponse(ctx, nil, client.CreateCustomerRequest{Email: "ada@example.com"})).JSON201
	customer := connect("X-API-Key", *created.ApiKey)
	me := must(customer.GetMeWithResponse(ctx)).JSON200
	check(me.CustomerId == created.Customer.CustomerId && me.Key.ExpiresAt == nil)

	const user, large = "go", int64(5_000_000_000)
	account := must(internal.OpenAccountWithResponse(ctx, client.OpenAccountRequest{UserId: user, Tier: "pro"})).JSON201
	check(account.Status == client.AccountStatusActive && account.LowBalanceAt == nil)
	must(internal.TopUpWithResponse(ctx, nil, client.TopUpRequest{UserId: user, Amount: large}))
	key := "go-1"
	keyed := &client.DeductParams{IdempotencyKey: &key}
	charge := client.DeductRequest{UserId: user, Amount: 400}
	first := must(internal.DeductWithResponse(ctx, keyed, charge)).JSON200
	again := must(internal.DeductWithResponse(ctx, keyed, charge)).JSON200
	check(first.TransferId == again.TransferId && again.Balance == large-400)

	refused := must(internal.DeductWithResponse(ctx, nil, client.DeductRequest{UserId: user, Amount: large}))
	check(refused.StatusCode() == http.StatusPaymentRequired && refused.JSON402.Code == "INSUFFICIENT_FUNDS")

	limit := int32(1)
	page := must(internal.ListTransfersWithResponse(ctx, user, &client.ListTransfersParams{Limit: &limit})).JSON200
	check(page.Data[0].Kind == client.TransferKindDeduct && page.NextCursor != nil)
	rest := must(internal.ListTransfersWithResponse(ctx, user, &client.ListTransfersParams{Cursor: page.NextCursor})).JSON200
	check(len(rest.Data) == 1 && rest.Data[0].Amount == large)
	fmt.Println("Go: ok")
}

func connect(header, value string) *client.ClientWithResponses {
	authorize := func(_ context.Context, request *http.Request) error {
		request.Header.Set(header, value)
		return nil
	}
	return must(client.NewClientWithResponses(os.Getenv("STRONGROOM_URL"), client.WithRequestEditorFn(authorize)))
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
