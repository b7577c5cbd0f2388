import strongroom.apis.InternalApi
import strongroom.infrastructure.ApiClient
import strongroom.infrastructure.ClientError
import strongroom.infrastructure.ClientException
import strongroom.infrastructure.Serializer
import strongroom.models.DeductRequest
import strongroom.models.Error
import strongroom.models.OpenAccountRequest
import strongroom.models.TopUpRequest
import strongroom.models.TransferKind

const val USER = "kotlin:ada@example.com"
const val LARGEST = (1L shl 53) - 1

fun main() {
    ApiClient.apiKey["X-INTERNAL-TOKEN"] = System.getenv("INTERNAL_SERVICE_TOKEN")
    val api = InternalApi(System.getenv("STRONGROOM_URL"))

    api.openAccount(OpenAccountRequest(USER, "pro"))
    check(api.topUp(TopUpRequest(USER, LARGEST)).balance == LARGEST)

    val charge = DeductRequest(USER, 400)
    val first = api.deduct(charge, "kotlin-1")
    val again = api.deduct(charge, "kotlin-1")
    check(first == again && first.balance == LARGEST - 400)

    val at = first.createdAt.toString()
    check(api.getBalance(USER, at).balance == LARGEST - 400)
    val found = api.findTransfers(userId = USER, kind = TransferKind.deduct, from = at)
    check(found.data.single().transferId == first.transferId)

    try {
        api.deduct(DeductRequest(USER, LARGEST))
        error("not refused")
    } catch (refused: ClientException) {
        val body = (refused.response as ClientError<*>).body as String
        val error = Serializer.jacksonObjectMapper.readValue(body, Error::class.java)
        check(refused.statusCode == 402 && error.code == "INSUFFICIENT_FUNDS")
    }
    println("ok")
}
