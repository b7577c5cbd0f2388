package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"strongroom.test/ogen/client"
)

const (
	user    = "ogen:ada@example.com"
	largest = int64(1<<53 - 1)
)

// token is the source of the credentials: of all the schemes of the document only one is needed.
type token struct{}

func (token) InternalToken(context.Context, client.OperationName) (client.InternalToken, error) {
	return client.InternalToken{APIKey: os.Getenv("INTERNAL_SERVICE_TOKEN")}, nil
}

func (token) AdminToken(context.Context, client.OperationName) (client.AdminToken, error) {
	return client.AdminToken{}, nil
}

func (token) CustomerApiKey(context.Context, client.OperationName) (client.CustomerApiKey, error) {
	return client.CustomerApiKey{}, nil
}

func (token) StripeSignature(context.Context, client.OperationName) (client.StripeSignature, error) {
	return client.StripeSignature{}, nil
}

func main() {
	ctx := context.Background()
	api := must(client.NewClient(os.Getenv("STRONGROOM_URL"), token{}))

	must(api.OpenAccount(ctx, &client.OpenAccountRequest{UserID: user, Tier: "pro"}))
	filled := movement(api.TopUp(ctx, &client.TopUpRequest{UserID: user, Amount: largest}, client.TopUpParams{}))
	check(filled.Balance == largest)

	keyed := client.DeductParams{IdempotencyKey: client.NewOptString("ogen-1")}
	charge := client.DeductRequest{UserID: user, Amount: 400}
	first := movement(api.Deduct(ctx, &charge, keyed))
	again := movement(api.Deduct(ctx, &charge, keyed))
	check(first.TransferID == again.TransferID && first.Balance == largest-400)

	at := client.NewOptString(first.CreatedAt.Format(time.RFC3339Nano))
	balance := must(api.GetBalance(ctx, client.GetBalanceParams{UserID: user, At: at})).(*client.Balance)
	check(balance.Balance == largest-400)
	found := must(api.FindTransfers(ctx, client.FindTransfersParams{
		UserID: client.NewOptString(user),
		Kind:   client.NewOptTransferKind(client.TransferKindDeduct),
		From:   at,
	})).(*client.TransferPage)
	check(len(found.Data) == 1 && found.Data[0].TransferID == first.TransferID)

	refused := must(api.Deduct(ctx, &client.DeductRequest{UserID: user, Amount: largest}, client.DeductParams{}))
	check(refused.(*client.DeductPaymentRequired).Code == "INSUFFICIENT_FUNDS")
	fmt.Println("ok")
}

func movement(answer any, err error) *client.Movement {
	if headers, ok := must(answer, err).(*client.MovementHeaders); ok {
		return &headers.Response
	}
	panic(fmt.Sprint("refused: ", answer))
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
