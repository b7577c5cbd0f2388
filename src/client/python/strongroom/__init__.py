"""The client of Strongroom, a self-hosted billing service.

>>> from strongroom import InternalClient
>>> billing = InternalClient("https://billing.example.com", token)
>>> billing.deduct(user_id="user-123", amount=400, reference="job-1").balance
600
"""

from . import errors, models
from ._clients import (
    AdminClient,
    AsyncAdminClient,
    AsyncCustomerClient,
    AsyncInternalClient,
    AsyncPublicClient,
    CustomerClient,
    InternalClient,
    PublicClient,
)
from ._error import StrongroomError
from ._generated.types import UNSET, Unset
from .pages import paginate, paginate_async
from .webhooks import Webhook, WebhookVerificationError, verify_webhook

__all__ = [
    "UNSET",
    "AdminClient",
    "AsyncAdminClient",
    "AsyncCustomerClient",
    "AsyncInternalClient",
    "AsyncPublicClient",
    "CustomerClient",
    "InternalClient",
    "PublicClient",
    "StrongroomError",
    "Unset",
    "Webhook",
    "WebhookVerificationError",
    "errors",
    "models",
    "paginate",
    "paginate_async",
    "verify_webhook",
]
