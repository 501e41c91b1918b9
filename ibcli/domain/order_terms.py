"""The words of an order: side, type, time in force. The settings know them too."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """Which way an order goes, spelled as on the wire."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """What it does to a position: 1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The side that closes it."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """How an order is to be filled, spelled as in requests; answers spell it otherwise."""

    LMT = "LMT"
    MKT = "MKT"
    STP = "STP"
    STOP_LIMIT = "STOP_LIMIT"
    MIDPRICE = "MIDPRICE"
    TRAIL = "TRAIL"
    TRAILLMT = "TRAILLMT"

    @property
    def has_limit(self) -> bool:
        """Whether it cannot do without a limit price."""
        return self in {OrderType.LMT, OrderType.STOP_LIMIT, OrderType.TRAILLMT}

    @property
    def has_trigger(self) -> bool:
        """Whether it waits for the market to reach a price."""
        return self in {OrderType.STP, OrderType.STOP_LIMIT} or self.is_trailing

    @property
    def is_trailing(self) -> bool:
        """Whether its trigger follows the market."""
        return self in {OrderType.TRAIL, OrderType.TRAILLMT}


class Tif(StrEnum):
    """How long an order stays in force."""

    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    OPG = "OPG"
