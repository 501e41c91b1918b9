"""The simulated market: pure functions of a seed and an instant, with no wire and no I/O."""

from ibcli.sim.market.clock import MarketClock
from ibcli.sim.market.market import Market
from ibcli.sim.market.model import (
    Bar,
    Feed,
    FutureContract,
    Greeks,
    OptionContract,
    Quote,
    Right,
    Section,
    TickRule,
    TradingDay,
    Underlying,
)

__all__ = [
    "Bar",
    "Feed",
    "FutureContract",
    "Greeks",
    "Market",
    "MarketClock",
    "OptionContract",
    "Quote",
    "Right",
    "Section",
    "TickRule",
    "TradingDay",
    "Underlying",
]
