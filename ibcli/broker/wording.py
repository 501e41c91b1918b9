"""The words of an error in the broker's JSON."""

from __future__ import annotations

import json

_DEEPEST = 8  # errors within errors; two are recorded


def words_of(error: object) -> str:
    """The words of an error, which may be JSON in a string (recorded) or an object.

    Empty where it has none, or is nested beyond all sense.
    """
    for _ in range(_DEEPEST):
        if isinstance(error, dict):
            error = error.get("message") or error.get("reason")
        elif isinstance(error, str):
            inner = _object_in(error)
            if inner is None:
                return error
            error = inner.get("reason")
        else:
            break
    if isinstance(error, list):
        return "; ".join(word for word in error if isinstance(word, str))
    return str(error) if isinstance(error, int) and not isinstance(error, bool) else ""


def _object_in(text: str) -> dict[str, object] | None:
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return inner if isinstance(inner, dict) else None
