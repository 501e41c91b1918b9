"""What ``order`` is asked for: words of the command line, with the settings where they are silent.

Words that contradict each other are refused here, before anything is asked of the broker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.domain.contracts import Right
from ibcli.domain.months import ExpiryWord
from ibcli.domain.orders import OrderType, Side, Tif
from ibcli.domain.symbols import OptionTerms, parse_what
from ibcli.domain.wishes import IfLegFails, Limit, LimitWord, TakeProfit, amount
from ibcli.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

_LEG = re.compile(r"(buy|sell)\s+([0-9]{1,4})\s+(.+)", re.IGNORECASE)
_LEG_EXAMPLE = 'Example: --leg "sell 1 SPY 18AUG25 640 P"'


@dataclass(frozen=True, slots=True)
class ByDelta:
    """The listed strike whose delta (absolute, the broker's) is nearest."""

    delta: Decimal

    def __str__(self) -> str:
        return f"delta {self.delta:f}"


@dataclass(frozen=True, slots=True)
class ByPlace:
    """So many strikes out of the money."""

    number: int

    def __str__(self) -> str:
        return f"otm {self.number}"


@dataclass(frozen=True, slots=True)
class ByOffset:
    """The listed strike nearest to so many dollars out of the money."""

    dollars: Decimal

    def __str__(self) -> str:
        return f"offset {self.dollars:f}"


@dataclass(frozen=True, slots=True)
class ByStrike:
    """Exactly these strikes; the put's first."""

    strikes: tuple[Decimal, ...]

    def of(self, right: Right) -> Decimal:
        """The strike of a side; a single one is that of the only side."""
        return self.strikes[0 if right is Right.PUT else -1]

    def __str__(self) -> str:
        return "strike " + ",".join(f"{strike:f}" for strike in self.strikes)


StrikeWish = ByDelta | ByPlace | ByOffset | ByStrike


@dataclass(frozen=True, slots=True)
class Trail:
    """How far a trailing trigger follows the market: dollars, or percent."""

    distance: Decimal
    is_percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Trail:
        """Read 0.50 or 20%. Raises ValueError."""
        word = text.strip()
        return cls(amount(word.removesuffix("%")), word.endswith("%"))

    def from_price(self, price: Decimal) -> Decimal:
        """The distance in dollars at a price."""
        return price * self.distance / 100 if self.is_percent else self.distance


@dataclass(frozen=True, slots=True)
class LegWish:
    """One ``--leg``."""

    side: Side
    count: int
    terms: OptionTerms

    @classmethod
    def parse(cls, text: str) -> LegWish:
        """Read ``sell 1 SPY 18AUG25 640 P``; OCC symbols are read too. Raises UsageError."""
        match = _LEG.fullmatch(text.strip())
        if match is None or not int(match[2]):
            raise UsageError(f"{text!r} is not a leg.", hint=_LEG_EXAMPLE)
        what = parse_what(match[3])
        if not isinstance(what, OptionTerms):
            raise UsageError(f"{text!r}: {match[3]} is not an option.", hint=_LEG_EXAMPLE)
        return cls(Side(match[1].upper()), int(match[2]), what)

    def __str__(self) -> str:
        return f"{self.side.lower()} {self.count} {self.terms}"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as it is wished for. Prices are a unit's; ``stop_price`` is the entry's trigger.

    ``legs`` replace ``sides``, strikes and expiry. ``stop_multiple`` None: no stop, and that was
    said. ``combo`` None: as the structure asks for.
    """

    symbol: str
    sides: tuple[Right, ...] = ()
    action: Side = Side.SELL
    expiry: date | ExpiryWord = ExpiryWord.TODAY
    strikes: StrikeWish = ByDelta(Decimal("0.10"))
    legs: tuple[LegWish, ...] = ()
    quantity: int = 1
    limit: Limit = LimitWord.MID
    type: OrderType = OrderType.LMT
    stop_price: Decimal | None = None
    trail: Trail | None = None
    tif: Tif = Tif.DAY
    outside_rth: bool = False
    stop_multiple: Decimal | None = Decimal("3.5")
    take_profit: TakeProfit | None = None
    width: Decimal | None = None
    combo: bool | None = None
    if_leg_fails: IfLegFails = IfLegFails.KEEP
    trading_class: str | None = None

    @property
    def is_combo(self) -> bool:
        """Whether several contracts are to trade as one."""
        if len(self.legs) == 1 or (not self.legs and self.width is None and len(self.sides) == 1):
            return False
        if self.combo is not None:
            return self.combo
        return self.width is not None or len(self.legs) > 1

    def check(self) -> None:
        """Raise UsageError for words that contradict each other or leave something open."""
        self._check_structure()
        self._check_type()
        if self.expiry is ExpiryWord.ALL:
            raise UsageError("--expiry all: an order is for one expiry.", hint="Use 0dte or next.")
        if self.combo and not self.is_combo:
            raise UsageError("--combo needs several legs.", hint="Example: --side both --combo")
        if isinstance(self.limit, Decimal) and not self.is_combo and self._several:
            raise UsageError(
                "--limit PRICE can be the price of one order only.",
                hint="Use --limit mid|natural|bid|ask, or --combo for one price of all legs.",
            )

    @property
    def _several(self) -> bool:
        """Whether there is more than one contract."""
        return len(self.legs) > 1 or len(self.sides) > 1 or self.width is not None

    def _check_structure(self) -> None:
        if bool(self.legs) == bool(self.sides):
            raise UsageError(
                "Say what to trade: either --side or --leg.",
                hint="Example: ibcli order SPY --side put",
            )
        if self.legs and self.width is not None:
            raise UsageError("--width goes with --side, not with --leg.", hint=_LEG_EXAMPLE)
        if isinstance(self.strikes, ByStrike) and len(self.strikes.strikes) != len(self.sides):
            raise UsageError(
                f"--{self.strikes} does not go with "
                f"{len(self.sides)} side{'s' if len(self.sides) > 1 else ''}.",
                hint="--side both takes two, the put's first: --strike 630,650; "
                "a single side takes one.",
            )

    def _check_type(self) -> None:
        kind = self.type
        needs_trigger = kind in {OrderType.STP, OrderType.STOP_LIMIT}
        if needs_trigger and self.stop_price is None:
            raise UsageError(f"--type {kind} needs --stop-price.", hint="Example: --stop-price 2.5")
        if self.stop_price is not None and not kind.has_trigger:
            raise UsageError(
                f"--stop-price goes with --type STP, STOP_LIMIT, TRAIL or TRAILLMT, not {kind}.",
                hint="The stop that protects what is sold is --stop-multiple.",
            )
        if kind.is_trailing != (self.trail is not None):
            raise UsageError(
                f"--type {kind} needs --trail."
                if kind.is_trailing
                else f"--trail goes with --type TRAIL or TRAILLMT, not {kind}.",
                hint="Example: --type TRAIL --trail 0.50 (or 20%)",
            )
        if kind in {OrderType.STOP_LIMIT, OrderType.TRAILLMT} and isinstance(self.limit, LimitWord):
            raise UsageError(
                f"--type {kind} needs --limit PRICE: today's market says little of the price "
                "at which it will go off.",
                hint=f"Example: --type {kind} --limit 1.20",
            )
        if kind is not OrderType.LMT and self.is_combo and kind is not OrderType.MKT:
            raise UsageError(
                f"--type {kind} is for single contracts.", hint="Add --legs, or use LMT or MKT."
            )
        if (kind.has_trigger or kind is OrderType.MIDPRICE) and self._several:
            raise UsageError(
                f"--type {kind} is for one contract at a time.",
                hint="Give one --side without --width.",
            )
