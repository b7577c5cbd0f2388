using System;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Strongroom.Api;
using Strongroom.Client;
using Strongroom.Extensions;
using Strongroom.Model;

public static class Story
{
    const string User = "csharp:ada@example.com";
    const long Largest = (1L << 53) - 1;

    public static async Task Main()
    {
        var token = Environment.GetEnvironmentVariable("INTERNAL_SERVICE_TOKEN");
        var url = Environment.GetEnvironmentVariable("STRONGROOM_URL");
        using var host = new HostBuilder()
            .ConfigureApi((context, options) =>
            {
                // Its prefix would be "Bearer ".
                options.AddTokens(new ApiKeyToken(token, ClientUtils.ApiKeyHeader.X_INTERNAL_TOKEN, ""));
                // Every class of calls wants the means of all others.
                options.AddTokens(new BearerToken(""));
                options.AddApiHttpClients(client => client.BaseAddress = new Uri(url));
            })
            .Build();
        var api = host.Services.GetRequiredService<IInternalApi>();

        await api.OpenAccountAsync(new OpenAccountRequest(User, "pro"));
        var filled = await api.TopUpAsync(new TopUpRequest(amount: Largest, userId: User));
        Check(filled.Ok().Balance == Largest);

        var charge = new DeductRequest(amount: 400, userId: User);
        var first = (await api.DeductAsync(charge, "csharp-1")).Ok();
        var again = (await api.DeductAsync(charge, "csharp-1")).Ok();
        Check(first.TransferId == again.TransferId && first.Balance == Largest - 400);

        var at = first.CreatedAt.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        Check((await api.GetBalanceAsync(User, at)).Ok().VarBalance == Largest - 400);
        var found = await api.FindTransfersAsync(userId: User, kind: TransferKind.Deduct, from: at);
        Check(found.Ok().Data.Single().TransferId == first.TransferId);

        var refused = await api.DeductAsync(new DeductRequest(amount: Largest, userId: User));
        Check(refused.StatusCode == HttpStatusCode.PaymentRequired);
        Check(refused.PaymentRequired().Code == "INSUFFICIENT_FUNDS");
        Console.WriteLine("ok");
    }

    static void Check(bool holds)
    {
        if (!holds) throw new Exception("not as it should be");
    }
}
