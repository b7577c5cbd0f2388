"""Verifies what the service sends to your endpoints, according to Standard Webhooks 1.0.0."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_TOLERANCE_S = 300
#: The service never sends this many. The limit bounds the work, as each signature costs a check.
_SIGNATURES_MAX = 16

Fault = Literal["headers", "timestamp", "signature", "body"]


class WebhookVerificationError(Exception):
    """The message must not be trusted; ``fault`` says why."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault: Fault = fault


@dataclass(frozen=True)
class Webhook:
    #: The id of the event. Repetitions have the same id, so an id that was handled can be ignored.
    id: str
    type: str
    #: The number of the event among those of its endpoint.
    seq: int
    #: The event as it was sent. A newer service may send types that are not listed here.
    event: Mapping[str, Any]


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    secret: str | Sequence[str] | None = None,
    public_key: str | Sequence[str] | None = None,
    tolerance: float = _TOLERANCE_S,
) -> Webhook:
    """Give either ``secret`` or ``public_key``; give several while they are being replaced.

    :param headers: the headers of the request, with names in any case
    :param body: the bytes as they were received: JSON that is parsed and written again may differ
    :param secret: the endpoint's ``whsec_…``, for ``v1``
    :param public_key: the endpoint's ``public_key``, ``whpk_…``, for ``v1a``; needs ``strongroom[ed25519]``
    :param tolerance: how many seconds the time of the attempt may differ from now
    :raises WebhookVerificationError: if the message is not the service's
    :raises TypeError: if a key is malformed
    """
    if (secret is None) == (public_key is None):
        raise TypeError("Give either a secret or a public key")
    raw = body.encode() if isinstance(body, str) else body
    identity = _header(headers, "webhook-id")
    timestamp = _header(headers, "webhook-timestamp")
    signatures = _header(headers, "webhook-signature").split(" ")[:_SIGNATURES_MAX]
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise WebhookVerificationError("timestamp", "webhook-timestamp is not a time")
    # A tolerance that is not a number (NaN) makes every comparison false, so it must refuse.
    if not abs(time.time() - int(timestamp)) <= tolerance:
        raise WebhookVerificationError("timestamp", "webhook-timestamp is too far from now")
    content = f"{identity}.{timestamp}.".encode() + raw
    version, checks = (
        ("v1,", [_by_secret(one) for one in _all(secret)])
        if secret is not None
        else ("v1a,", [_by_public_key(one) for one in _all(public_key)])
    )
    given = [_bytes(one.removeprefix(version)) for one in signatures if one.startswith(version)]
    if not any(check(one, content) for check in checks for one in given if one is not None):
        raise WebhookVerificationError("signature", "No signature was made with the key")
    try:
        event = json.loads(raw)
        return Webhook(identity, event["type"], event["seq"], event)
    except (ValueError, KeyError, TypeError) as fault:
        raise WebhookVerificationError("body", "The body is not an event") from fault


_Check = Callable[[bytes, bytes], bool]


def _by_secret(text: str) -> _Check:
    key = _bytes(text.removeprefix("whsec_")) if text.startswith("whsec_") else None
    if not key:
        raise TypeError("The secret is not a whsec_…")
    return lambda signature, content: hmac.compare_digest(
        hmac.digest(key, content, hashlib.sha256), signature
    )


def _by_public_key(text: str) -> _Check:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = _bytes(text.removeprefix("whpk_")) if text.startswith("whpk_") else None
    if raw is None or len(raw) != 32:
        raise TypeError("The public key is not a whpk_…")
    key = Ed25519PublicKey.from_public_bytes(raw)

    def check(signature: bytes, content: bytes) -> bool:
        try:
            key.verify(signature, content)
        except InvalidSignature:
            return False
        return True

    return check


def _all(keys: str | Sequence[str] | None) -> Sequence[str]:
    return [keys] if isinstance(keys, str) else keys or []


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header that came twice, in different cases of its name, counts as missing."""
    values = [value for key, value in headers.items() if key.lower() == name]
    if len(values) != 1 or not isinstance(values[0], str) or not values[0]:
        raise WebhookVerificationError("headers", f"{name} is missing")
    return values[0]
