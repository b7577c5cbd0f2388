"""A program of somebody else's: mypy reads it, and nobody runs it."""

from datetime import datetime, timezone

from strongroom import AdminClient, AsyncInternalClient, InternalClient, PublicClient, StrongroomError, models
from strongroom.errors import BudgetExceededError, InsufficientFundsError

billing = InternalClient("https://billing.example.com", "token", timeout=2, retries=5)


def right(user: str) -> int:
    account: models.Account = billing.open_account(user_id=user, tier="pro")
    charge = billing.deduct(user_id=user, amount=400, metadata={"job": "1"}, idempotency_key="job-1")
    balance: models.Balance = billing.get_balance(user_id=user, at=charge.created_at)
    billing.get_balance(user_id=user, at="2026-11-24T09:30:00.000Z")
    billing.create_grant(user_id=user, amount=1, expires_at=datetime.now(timezone.utc), timeout=1.5)
    billing.update_account(user_id=user, low_balance_at=None, status="frozen")
    AdminClient("https://billing.example.com", "token").revoke_api_key(customer_id="c", key_id="k")
    tile: bytes = PublicClient("https://billing.example.com").get_log_tile(path="0/000")
    return balance.balance + charge.amount + account.balance + len(tile)


async def waited(client: AsyncInternalClient) -> int:
    try:
        return (await client.deduct(user_id="ada", amount=1)).balance
    except (InsufficientFundsError, BudgetExceededError) as error:
        return error.status_code or 0
    except StrongroomError as error:
        if error.sent is not None:
            await client.move_many(**error.sent)
        raise RuntimeError(error.code, error.idempotency_key) from error


def wrong() -> None:
    billing.deduct(user_id="ada", amount="400")  # type: ignore[arg-type]
    billing.deduct(amount=400)  # type: ignore[call-arg]
    billing.deduct(user_id="ada", amount=400, amuont=1)  # type: ignore[call-arg]
    billing.deduct("ada", 400)  # type: ignore[call-arg]
    billing.get_balance(user_id="ada").balance.upper()  # type: ignore[attr-defined]
    billing.create_customer(email="ada@example.com")  # type: ignore[attr-defined]
