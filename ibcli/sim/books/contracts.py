"""What can be traded, as the books need it, and combinations of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.sim.books.order import Leg

if TYPE_CHECKING:
    from datetime import date, datetime

    from ibcli.sim.market import Market, Quote
    from ibcli.sim.market.model import OptionContract, Underlying

SPREAD_CONID = 28812380  # of combinations in USD (IBKR's guide to combo orders)
_LEG = re.compile(r"([0-9]{1,10})/(-?[0-9]{1,4})")
_MOST_LEGS = 8
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Contract:
    """A stock or an option; ``underlying`` is the stock's own listing, or the option's."""

    conid: int
    underlying: Underlying
    option: OptionContract | None = None

    @property
    def sec_type(self) -> str:
        """STK, IND or OPT."""
        return self.underlying.sec_type if self.option is None else "OPT"

    @property
    def symbol(self) -> str:
        """The ticker."""
        return self.underlying.symbol

    @property
    def multiplier(self) -> int:
        """Units of the underlying in one."""
        return 1 if self.option is None else self.option.multiplier


class Contracts:
    """Contracts of one market, and their prices."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def find(self, conid: int) -> Contract | None:
        """A stock, index or option."""
        option = self.market.option(conid)
        listing = self.market.underlying(conid if option is None else option.underlying_conid)
        return None if listing is None else Contract(conid, listing, option)

    def get(self, conid: int) -> Contract:
        """The same, of a conid that is known to exist."""
        found = self.find(conid)
        if found is None:
            raise LookupError(f"no contract {conid}")
        return found

    def quote(self, conid: int, at: datetime) -> Quote | None:
        """The market in it, None when it is not listed."""
        return self.market.quote(conid, at)

    def mark(self, conid: int, at: datetime) -> Decimal:
        """What one unit is worth: without a market the last price, else nothing."""
        quote = self.market.quote(conid, at)
        if quote is None:
            return Decimal(0)
        value = quote.last if quote.mark is None else quote.mark
        return Decimal(0) if value is None else value

    def step(self, conid: int, price: Decimal) -> Decimal:
        """The price increment at a price."""
        rules = self.market.tick_rules(conid)
        steps = [rule.increment for rule in rules if rule.from_price <= abs(price)]
        return steps[-1] if steps else _CENT

    def step_of(self, legs: tuple[Leg, ...], price: Decimal) -> Decimal:
        """The increment of an order's price; combinations move in their legs' smallest steps."""
        if len(legs) == 1:
            return self.step(legs[0].conid, price)
        return max(self.step(leg.conid, Decimal(0)) for leg in legs)

    def expired(self, contract: Contract, today: date) -> bool:
        """Whether an option's last day is over before ``today`` (New York)."""
        return contract.option is not None and contract.option.expiry < today


def legs_of(conidex: str) -> tuple[Leg, ...]:
    """The legs of a combination's conidex, ``28812380;;;<conid>/<ratio>,<conid>/-<ratio>``.

    Raises:
        ValueError: when it is malformed, or of another currency.
    """
    head, _, tail = conidex.partition(";;;")
    if head.split("@")[0] != str(SPREAD_CONID):
        raise ValueError(f"unknown combination {head}")
    matches = [_LEG.fullmatch(part.strip()) for part in tail.split(",")]
    legs = tuple(Leg(int(m[1]), int(m[2])) for m in matches if m is not None)
    distinct = len({leg.conid for leg in legs}) == len(legs)
    if len(legs) != len(matches) or not distinct or not 2 <= len(legs) <= _MOST_LEGS:
        raise ValueError(f"malformed legs {tail}")
    if any(leg.ratio == 0 for leg in legs):
        raise ValueError("a leg's ratio is 0")
    return legs
