"""The generated Python client against a running service: python smoke.py"""

import os

from strongroom_client import AuthenticatedClient
from strongroom_client.api.admin import create_customer
from strongroom_client.api.customer import get_me
from strongroom_client.api.internal import deduct, get_balance, list_transfers, open_account, top_up
from strongroom_client.models import (
    AccountStatus,
    CreateCustomerRequest,
    DeductRequest,
    Error,
    OpenAccountRequest,
    TopUpRequest,
    TransferKind,
)

url = os.environ["STRONGROOM_URL"]
admin = AuthenticatedClient(url, os.environ["ADMIN_API_TOKEN"])
internal = AuthenticatedClient(
    url, os.environ["INTERNAL_SERVICE_TOKEN"], prefix="", auth_header_name="X-INTERNAL-TOKEN"
)

created = create_customer.sync(client=admin, body=CreateCustomerRequest(email="ada@example.com"))
customer = AuthenticatedClient(url, created.api_key, prefix="", auth_header_name="X-API-Key")
me = get_me.sync(client=customer)
assert me.customer_id == created.customer.customer_id and me.key.expires_at is None

user = "python"
account = open_account.sync(client=internal, body=OpenAccountRequest(user_id=user, tier="pro"))
assert account.status is AccountStatus.ACTIVE and account.low_balance_at is None
large = 5_000_000_000
top_up.sync(client=internal, body=TopUpRequest(user_id=user, amount=large))
charge = DeductRequest(user_id=user, amount=400)
first = deduct.sync(client=internal, body=charge, idempotency_key="python-1")
again = deduct.sync(client=internal, body=charge, idempotency_key="python-1")
assert first == again and first.balance == large - 400

refused = deduct.sync(client=internal, body=DeductRequest(user_id=user, amount=large))
assert isinstance(refused, Error) and refused.code == "INSUFFICIENT_FUNDS"

page = list_transfers.sync(user, client=internal, limit=1)
assert page.data[0].kind is TransferKind.DEDUCT and page.next_cursor is not None
rest = list_transfers.sync(user, client=internal, cursor=page.next_cursor)
assert [transfer.amount for transfer in rest.data] == [large]
assert get_balance.sync(user, client=internal).available == large - 400
print("Python: ok")
