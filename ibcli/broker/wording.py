"""The words of an error in the broker's JSON."""

from __future__ import annotations

import json


def words_of(error: object) -> str:
    """The words of an error, which may be JSON in a string (recorded) or an object."""
    if isinstance(error, str):
        try:
            inner = json.loads(error)
        except (ValueError, RecursionError):
            return error
        return words_of(inner.get("reason", "")) if isinstance(inner, dict) else error
    if isinstance(error, dict):
        return words_of(error.get("message") or error.get("reason") or "")
    return str(error)
