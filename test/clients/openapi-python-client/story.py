import os

from strongroom_client import AuthenticatedClient
from strongroom_client.api.internal import deduct, find_transfers, get_balance, open_account, top_up
from strongroom_client.models import DeductRequest, Error, OpenAccountRequest, TopUpRequest, TransferKind

LARGEST = 2**53 - 1
user = "openapi-python-client:ada@example.com"
client = AuthenticatedClient(
    os.environ["STRONGROOM_URL"],
    os.environ["INTERNAL_SERVICE_TOKEN"],
    prefix="",
    auth_header_name="X-INTERNAL-TOKEN",
)

open_account.sync(client=client, body=OpenAccountRequest(user_id=user, tier="pro"))
assert top_up.sync(client=client, body=TopUpRequest(user_id=user, amount=LARGEST)).balance == LARGEST

charge = DeductRequest(user_id=user, amount=400)
first = deduct.sync(client=client, body=charge, idempotency_key="openapi-python-client-1")
again = deduct.sync(client=client, body=charge, idempotency_key="openapi-python-client-1")
assert first == again and first.balance == LARGEST - 400

at = first.created_at.isoformat()
assert get_balance.sync(user, client=client, at=at).balance == LARGEST - 400
found = find_transfers.sync(client=client, user_id=user, kind=TransferKind.DEDUCT, from_=at)
assert [one.transfer_id for one in found.data] == [first.transfer_id]

refused = deduct.sync_detailed(client=client, body=DeductRequest(user_id=user, amount=LARGEST))
assert refused.status_code == 402 and isinstance(refused.parsed, Error)
assert refused.parsed.code == "INSUFFICIENT_FUNDS"
print("ok")
