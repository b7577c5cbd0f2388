import os

from strongroom import ApiClient, ApiException, Configuration, InternalApi
from strongroom import DeductRequest, OpenAccountRequest, TopUpRequest

LARGEST = 2**53 - 1
user = "python:ada@example.com"
token = {"InternalToken": os.environ["INTERNAL_SERVICE_TOKEN"]}
api = InternalApi(ApiClient(Configuration(host=os.environ["STRONGROOM_URL"], api_key=token)))

api.open_account(OpenAccountRequest(user_id=user, tier="pro"))
assert api.top_up(TopUpRequest(user_id=user, amount=LARGEST)).balance == LARGEST

charge = DeductRequest(user_id=user, amount=400)
first = api.deduct(charge, idempotency_key="python-1")
again = api.deduct(charge, idempotency_key="python-1")
assert first == again and first.balance == LARGEST - 400

at = first.created_at.isoformat()
assert api.get_balance(user, at=at).balance == LARGEST - 400
found = api.find_transfers(user_id=user, kind="deduct", var_from=at)
assert [one.transfer_id for one in found.data] == [first.transfer_id]

try:
    api.deduct(DeductRequest(user_id=user, amount=LARGEST))
    raise AssertionError("not refused")
except ApiException as refused:
    assert refused.status == 402 and refused.data.code == "INSUFFICIENT_FUNDS"
print("ok")
