"""What is asked of ``close``: which positions, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibcli.domain.wishes import Limit, LimitWord
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.domain.symbols import What
    from ibcli.trading.placing.desk import Ask


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions by exactly one of: contracts, their underlying, all, or short and in the money."""

    whats: tuple[tuple[str, What], ...] = ()
    symbol: str | None = None
    everything: bool = False
    in_the_money: bool = False

    def check(self) -> None:
        """Raise UsageError unless they are named in exactly one way."""
        ways = bool(self.whats) + (self.symbol is not None) + self.everything + self.in_the_money
        if ways != 1:
            raise UsageError(
                "Name the positions in exactly one way: CONTRACT..., --symbol, --all or --itm.",
                hint='Example: ibcli close "SPY 18AUG25 640 P"',
            )


@dataclass(frozen=True, slots=True)
class Manner:
    """How positions are closed.

    ``limit`` None: at the market. ``attended``: somebody is at a terminal; ``ask`` shows him the
    broker's questions. ``tell`` speaks to the user at once, whatever follows. ``command`` is for
    the record.
    """

    limit: Limit | None = LimitWord.NATURAL
    dry_run: bool = False
    attended: bool = False
    ask: Ask | None = None
    tell: Callable[[str], None] = lambda _: None
    command: str = "close"
