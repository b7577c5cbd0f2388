"""How a call is sent: possibly in several tries, which together take effect only once."""

from __future__ import annotations

import datetime
import enum
import random
import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from ._compat import time_of
from ._error import StrongroomError, facts_of
from ._generated import Client
from ._generated.types import UNSET
from .errors import error_of

_FIRST_DELAY_S = 0.2
_DELAY_S_MAX = 5.0


@dataclass(frozen=True)
class Operation:
    """A call as the OpenAPI document describes it."""

    request: Callable[..., dict[str, Any]]
    parse: Callable[..., Any]
    statuses: tuple[int, ...]
    #: The parameters of path and query, each with the function that converts a caller's value.
    parameters: Mapping[str, Callable[[Any], Any] | None] = field(default_factory=dict)
    #: Makes the body from its fields; None if the call has no body.
    body: Callable[[dict[str, Any]], Any] | None = None
    #: What makes the call happen once: ``header``, ``report``, ``reports`` or ``transfers``.
    key: str | None = None
    #: Whether sending it twice has the effect of sending it once, even without a key.
    is_repeatable: bool = False


@dataclass(frozen=True)
class Send:
    request: Mapping[str, Any]


@dataclass(frozen=True)
class Wait:
    seconds: float


#: The outcome of a try.
Outcome = httpx.Response | httpx.RequestError | None
#: A call that does no input or output itself: it yields what to do and receives the outcome.
Flow = Generator[Send | Wait, Outcome, Any]
_Tries = Generator[Send | Wait, Outcome, httpx.Response]


def call(operation: Operation, values: Mapping[str, Any], key: str | None, retries: int) -> Flow:
    """
    :param values: the parameters and the fields of the body
    :param key: for calls with the header ``Idempotency-Key``; by default a new one is made
    :raises StrongroomError:
    """
    if operation.key == "header" and key is None:
        key = new_key()
    request = _request(operation, values, key)
    sent_with = _sent_with(operation, request, key)
    response = yield from _tries(operation, request, sent_with, retries)
    try:
        if operation.key == "reports":
            response = yield from _settled(operation, request, response, sent_with, retries)
        return operation.parse(client=_PARSER, response=response)
    except StrongroomError:
        raise
    except Exception as fault:
        # The call may have taken effect all the same, so the caller gets what repeats it.
        facts = {**sent_with, "code": "UNKNOWN_ANSWER", "status_code": response.status_code}
        message = "The answer is not what this client knows, which may be too old."
        raise error_of(message, facts) from fault


def new_key() -> str:
    return secrets.token_hex(16)


def plain(value: Any) -> Any:
    """Converts models, enums and times to JSON values, also inside mappings and sequences."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise TypeError("A time needs its time zone, as datetime.now(timezone.utc) has it")
        return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(one) for one in value]
    return value


def as_time(value: str | datetime.datetime) -> datetime.datetime:
    return time_of(value) if isinstance(value, str) else value


def _request(operation: Operation, values: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if value is UNSET:
            continue
        if name in operation.parameters:
            convert = operation.parameters[name]
            arguments[name] = value if convert is None else convert(value)
        else:
            fields[name] = plain(value)
    if operation.key == "report":
        fields.setdefault("report_id", new_key())
    elif operation.key in ("reports", "transfers"):
        # Without an id of its own, a report or transfer that is sent twice would count twice.
        name = "report_id" if operation.key == "reports" else "idempotency_key"
        fields[operation.key] = [{name: new_key(), **one} for one in fields[operation.key]]
    if operation.body is not None:
        arguments["body"] = operation.body(fields)
    if key is not None:
        arguments["idempotency_key"] = key
    return operation.request(**arguments)


def _sent_with(operation: Operation, request: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """What repeats the call so that it takes effect only once, as fields of its error."""
    body = request.get("json", {})
    if operation.key == "report":
        return {"report_id": body["report_id"]}
    if operation.key in ("reports", "transfers"):
        return {"sent": body}
    return {"idempotency_key": key}


def _tries(
    operation: Operation, request: Mapping[str, Any], sent_with: Mapping[str, Any], retries: int
) -> _Tries:
    """Repeats the request after transient faults, with growing, random delays."""
    count = 0
    while True:
        outcome = yield Send(request)
        if isinstance(outcome, httpx.Response) and outcome.status_code in operation.statuses:
            return outcome
        failure = _failure(outcome, sent_with)
        if count == retries or not failure.may_pass():
            raise failure
        is_repeatable = operation.key is not None or operation.is_repeatable
        if not is_repeatable and not failure.may_be_repeated():
            raise failure
        yield Wait(_delay(count, failure.retry_after or 0))
        count += 1


def _settled(
    operation: Operation,
    request: Mapping[str, Any],
    response: httpx.Response,
    sent_with: Mapping[str, Any],
    retries: int,
) -> _Tries:
    """Sends the reports of a batch whose outcome is unknown again. Their ids make each count only once."""
    receipt = response.json()
    results, reports = receipt["results"], request["json"]["reports"]
    for count in range(retries):
        places = [at for at, one in enumerate(results) if one.get("code") == "OUTCOME_UNKNOWN"]
        if not places:
            break
        yield Wait(_delay(count, 0))
        rest = {**request, "json": {"reports": [reports[at] for at in places]}}
        again = (yield from _tries(operation, rest, sent_with, retries)).json()
        for at, result in zip(places, again["results"]):
            results[at] = result
        receipt = again
    return httpx.Response(response.status_code, json={**receipt, "results": results})


def _delay(count: int, at_least: float) -> float:
    """The delay is random, so that callers who failed together do not return together."""
    return at_least + random.random() * min(_DELAY_S_MAX, _FIRST_DELAY_S * 2.0**count)


def _failure(outcome: Outcome, sent_with: Mapping[str, Any]) -> StrongroomError:
    if isinstance(outcome, httpx.Response):
        return error_of(*facts_of(outcome.status_code, outcome.headers, outcome.text, sent_with))
    is_late = isinstance(outcome, httpx.TimeoutException)
    code = "CONNECTION_TIMEOUT" if is_late else "CONNECTION_FAILED"
    message = "No answer came in time." if is_late else "The service could not be reached."
    failure = error_of(message, {**sent_with, "code": code})
    failure.__cause__ = outcome
    return failure


#: Makes the generated parsers raise an error for a status that they don't know.
_PARSER = Client(base_url="", raise_on_unexpected_status=True)
