"""Plain values for JSON and CSV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any


def to_plain(value: Any) -> Any:
    """Dates as ISO 8601, instants as RFC 3339 in UTC, decimals without exponent, tuples as lists.

    A decimal that is not a number has no form in JSON and becomes null.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return Decimal(format(value, "f")) if value.is_finite() else None
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    return value


def rfc3339(instant: datetime) -> str:
    """``2025-08-18T14:00:00Z``, with milliseconds when there are any."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone")
    spec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")
