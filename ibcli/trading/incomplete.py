"""The error beside quotes that lack what was required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.snapshots import Snapshots, is_withheld
from ibcli.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ibcli.domain.quotes import Quote

_NAMED = 3  # of what lacks something, in the message; the data names them all


def quotes_missing(
    lacking: Sequence[str], total: int, snapshots: Snapshots, quotes: Iterable[Quote | None]
) -> IncompleteError | None:
    """The error for ``lacking`` (a sentence a contract) of ``total``; None when nothing lacks."""
    if not lacking:
        return None
    more = f"; and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    reason = f" {snapshots.stopped.message}" if snapshots.stopped else ""
    withheld = any(quote is not None and is_withheld(quote) for quote in quotes)
    return IncompleteError(
        f"{len(lacking)} of {total} quotes lack required data "
        f"({'; '.join(lacking[:_NAMED])}{more}).{reason}",
        hint="Subscribe to the market data, or sign its agreement, in IBKR's Client Portal."
        if withheld
        else "Try again, give it longer with --deadline SECONDS, or require less.",
        code="quotes-missing",
        retryable=not withheld,
    )
