"""Replaces what the generated modules use and Python 3.10 lacks."""

from __future__ import annotations

import datetime
import enum
import sys

if sys.version_info >= (3, 11):
    from enum import StrEnum as StrEnum
    from typing import Self as Self
else:
    from typing_extensions import Self as Self

    class StrEnum(str, enum.Enum):
        def __str__(self) -> str:
            return str(self.value)


def time_of(text: str) -> datetime.datetime:
    """Parses a time as the service writes it, with ``Z`` at the end, which Python 3.10 does not read."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
