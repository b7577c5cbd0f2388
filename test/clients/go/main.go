package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"strongroom.test/go/client"
)

const (
	user    = "go:ada@example.com"
	largest = int64(1<<53 - 1)
)

func main() {
	ctx := context.Background()
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: os.Getenv("STRONGROOM_URL")}}
	configuration.AddDefaultHeader("X-INTERNAL-TOKEN", os.Getenv("INTERNAL_SERVICE_TOKEN"))
	api := client.NewAPIClient(configuration).InternalAPI

	must(api.OpenAccount(ctx).OpenAccountRequest(*client.NewOpenAccountRequest(user, "pro")).Execute())
	filled := must(api.TopUp(ctx).TopUpRequest(*client.NewTopUpRequest(user, largest)).Execute())
	check(filled.Balance == largest)

	charge := api.Deduct(ctx).IdempotencyKey("go-1").DeductRequest(*client.NewDeductRequest(user, 400))
	first, again := must(charge.Execute()), must(charge.Execute())
	check(first.TransferId == again.TransferId && first.Balance == largest-400)

	at := first.CreatedAt.Format(time.RFC3339Nano)
	check(must(api.GetBalance(ctx, user).At(at).Execute()).Balance == largest-400)
	found := must(api.FindTransfers(ctx).UserId(user).Kind(client.TRANSFERKIND_DEDUCT).From(at).Execute())
	check(len(found.Data) == 1 && found.Data[0].TransferId == first.TransferId)

	_, answer, err := api.Deduct(ctx).DeductRequest(*client.NewDeductRequest(user, largest)).Execute()
	refused := err.(*client.GenericOpenAPIError).Model().(client.Error)
	check(answer.StatusCode == http.StatusPaymentRequired && refused.Code == "INSUFFICIENT_FUNDS")
	fmt.Println("ok")
}

func must[T any](value T, _ *http.Response, err error) T {
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
