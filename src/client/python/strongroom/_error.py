"""What a failed call raises."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from typing import Any

_OF_THE_CALL = frozenset({"request_id", "report_id"})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
#: Errors that waiting does not fix, although their status suggests it.
_LASTING = frozenset({"SIGNING_KEY_MISSING", "STRIPE_NOT_CONFIGURED"})
#: Refused before anything was done.
_UNTOUCHED = frozenset({"OVERLOADED", "ACCOUNT_BUSY"})
#: If the service asks to wait longer than this, the caller gets the error and decides.
_RETRY_AFTER_S_MAX = 30.0


class StrongroomError(Exception):
    """Any failure of a call. Each ``code`` of the service has a subclass in :mod:`strongroom.errors`.

    ``code`` is the service's, or one of three for failures that the client itself detects: ``CONNECTION_FAILED``
    without a connection, ``CONNECTION_TIMEOUT`` without a complete answer in time, and ``UNKNOWN_ANSWER`` for an answer
    that is not the service's.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status_code: int | None = None,
        request_id: str | None = None,
        details: tuple[Mapping[str, Any], ...] = (),
        budget: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
        idempotency_key: str | None = None,
        report_id: str | None = None,
        sent: Mapping[str, Any] | None = None,
        results: tuple[Mapping[str, Any], ...] = (),
        issued: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        #: The HTTP status; None if no answer arrived.
        self.status_code = status_code
        #: The id of the call in the service's log.
        self.request_id = request_id
        #: The faults of the input, each with ``path`` and ``message``.
        self.details = details
        #: For ``BUDGET_EXCEEDED``: the budget, and what remains of it.
        self.budget = budget
        #: How many seconds the service asks to wait.
        self.retry_after = retry_after
        #: The call's key. A call that is repeated with it moves money only once, whatever happened to this try.
        self.idempotency_key = idempotency_key
        #: The report's id. A report that is repeated with it counts only once.
        self.report_id = report_id
        #: A batch as it was sent, with a key or an id for each part. If it is repeated as it is here, each part takes
        #: effect only once: ``client.move_many(**error.sent)``.
        self.sent = sent
        #: For a batch: what became of each part, in order, as with ``BATCH_REFUSED``.
        self.results = results
        #: What a call with ``OUTCOME_UNKNOWN`` may have issued, such as a ``key_id``, to revoke it.
        self.issued: Mapping[str, str] = issued or {}

    def __str__(self) -> str:
        return f"{self.code}: {super().__str__()}"

    def may_pass(self) -> bool:
        """Whether the same call may succeed in a moment."""
        if (self.retry_after or 0) > _RETRY_AFTER_S_MAX or self.code in _LASTING:
            return False
        return self.status_code is None or self.status_code in _PASSING

    def may_be_repeated(self) -> bool:
        """Whether the call can be repeated even without a key: it did nothing, or at least issued no id."""
        if self.status_code == 429 or self.code in _UNTOUCHED:
            return True
        return self.code == "OUTCOME_UNKNOWN" and not self.issued


def facts_of(
    status_code: int, headers: Mapping[str, str], text: str, sent_with: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The message and the fields of the error for an unsuccessful answer.

    :param sent_with: the fields that repeat the call
    """
    facts: dict[str, Any] = {
        **sent_with,
        "status_code": status_code,
        "request_id": headers.get("x-request-id"),
        "retry_after": _retry_after(headers.get("retry-after")),
    }
    body = _body_of(text)
    if body is None:
        facts["code"] = "UNKNOWN_ANSWER"
        return f"The answer {status_code} is not from the service.", facts
    details = body.get("details", [])
    facts["details"], facts["budget"] = (
        (tuple(details), None) if isinstance(details, list) else ((), details)
    )
    facts["code"] = body["code"]
    # The service may have assigned these.
    facts.update({name: body[name] for name in ("idempotency_key", "report_id") if body.get(name)})
    facts["results"] = tuple(body.get("results") or ())
    # All other ids at the top level, including those of a newer service.
    facts["issued"] = {
        name: value
        for name, value in body.items()
        if name.endswith("_id") and name not in _OF_THE_CALL and isinstance(value, str)
    }
    return body["message"], facts


def _body_of(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) and {"code", "message"} <= body.keys() else None


def _retry_after(header: str | None) -> float | None:
    """Parses Retry-After, which is seconds or a date (RFC 9110)."""
    if header is None:
        return None
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
