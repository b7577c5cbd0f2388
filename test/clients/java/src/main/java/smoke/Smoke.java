package smoke;

import java.util.Map;
import strongroom.ApiClient;
import strongroom.ApiException;
import strongroom.api.AdminApi;
import strongroom.api.CustomerApi;
import strongroom.api.InternalApi;
import strongroom.model.AccountStatus;
import strongroom.model.CreateCustomerRequest;
import strongroom.model.DeductRequest;
import strongroom.model.OpenAccountRequest;
import strongroom.model.TopUpRequest;
import strongroom.model.TransferKind;

/** The generated Java client against a running service: mvn compile exec:java */
public final class Smoke {
  public static void main(String[] args) throws Exception {
    var env = System.getenv();
    var admin = new AdminApi(connect(env, "Authorization", "Bearer " + env.get("ADMIN_API_TOKEN")));
    var internal =
        new InternalApi(connect(env, "X-INTERNAL-TOKEN", env.get("INTERNAL_SERVICE_TOKEN")));

    var created = admin.createCustomer(new CreateCustomerRequest().email("ada@example.com"), null);
    var me = new CustomerApi(connect(env, "X-API-Key", created.getApiKey())).getMe();
    check(me.getCustomerId().equals(created.getCustomer().getCustomerId()));
    check(me.getKey().getExpiresAt() == null);

    var user = "java";
    var large = 5_000_000_000L;
    var account = internal.openAccount(new OpenAccountRequest().userId(user).tier("pro"));
    check(account.getStatus() == AccountStatus.ACTIVE && account.getLowBalanceAt() == null);
    internal.topUp(new TopUpRequest().userId(user).amount(large), null);
    var charge = new DeductRequest().userId(user).amount(400L);
    var first = internal.deduct(charge, "java-1");
    var again = internal.deduct(charge, "java-1");
    check(first.equals(again) && first.getBalance() == large - 400);

    try {
      internal.deduct(new DeductRequest().userId(user).amount(large), null);
      check(false);
    } catch (ApiException refused) {
      check(refused.getCode() == 402 && refused.getResponseBody().contains("INSUFFICIENT_FUNDS"));
    }

    var page = internal.listTransfers(user, 1, null);
    check(page.getData().get(0).getKind() == TransferKind.DEDUCT && page.getNextCursor() != null);
    var rest = internal.listTransfers(user, null, page.getNextCursor());
    check(rest.getData().size() == 1 && rest.getData().get(0).getAmount() == large);
    System.out.println("Java: ok");
  }

  private static ApiClient connect(Map<String, String> env, String header, String value) {
    var client = new ApiClient();
    client.updateBaseUri(env.get("STRONGROOM_URL"));
    client.setRequestInterceptor(request -> request.header(header, value));
    return client;
  }

  private static void check(boolean holds) {
    if (!holds) throw new AssertionError("not as it should be");
  }
}
