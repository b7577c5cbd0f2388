import strongroom.ApiClient;
import strongroom.ApiException;
import strongroom.api.InternalApi;
import strongroom.model.DeductRequest;
import strongroom.model.OpenAccountRequest;
import strongroom.model.TopUpRequest;
import strongroom.model.TransferKind;

public final class Story {
  static final String USER = "java:ada@example.com";
  static final long LARGEST = (1L << 53) - 1;

  public static void main(String[] args) throws Exception {
    var client = new ApiClient();
    client.updateBaseUri(System.getenv("STRONGROOM_URL"));
    client.setRequestInterceptor(
        request -> request.header("X-INTERNAL-TOKEN", System.getenv("INTERNAL_SERVICE_TOKEN")));
    var api = new InternalApi(client);

    api.openAccount(new OpenAccountRequest().userId(USER).tier("pro"));
    var filled = api.topUp(new TopUpRequest().userId(USER).amount(LARGEST), null);
    check(filled.getBalance() == LARGEST);

    var charge = new DeductRequest().userId(USER).amount(400L);
    var first = api.deduct(charge, "java-1");
    var again = api.deduct(charge, "java-1");
    check(first.equals(again) && first.getBalance() == LARGEST - 400);

    var at = first.getCreatedAt().toString();
    check(api.getBalance(USER, at).getBalance() == LARGEST - 400);
    var found =
        api.findTransfers(null, null, null, USER, null, null, TransferKind.DEDUCT, null, at, null);
    check(found.getData().size() == 1);
    check(found.getData().get(0).getTransferId().equals(first.getTransferId()));

    try {
      api.deduct(new DeductRequest().userId(USER).amount(LARGEST), null);
      check(false);
    } catch (ApiException refused) {
      var error = ApiClient.createDefaultObjectMapper()
          .readValue(refused.getResponseBody(), strongroom.model.Error.class);
      check(refused.getCode() == 402 && error.getCode().equals("INSUFFICIENT_FUNDS"));
    }
    System.out.println("ok");
  }

  static void check(boolean holds) {
    if (!holds) throw new AssertionError("not as it should be");
  }
}
