"""Listings and option contracts, as the broker names them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ibcli.domain.settlement import settlement_day

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


class Right(StrEnum):
    """Call or put, spelled as on the wire and in OCC symbols."""

    CALL = "C"
    PUT = "P"

    @property
    def word(self) -> str:
        """``call`` or ``put``."""
        return self.name.lower()


class ContractKey(NamedTuple):
    """What identifies an option; two trading classes (SPX, SPXW) can share everything else."""

    underlying_conid: int
    trading_class: str
    expiry: date
    strike: Decimal
    right: Right


@dataclass(frozen=True, slots=True)
class Section:
    """One family of instruments of a listing: months such as AUG25, exchanges such as SMART."""

    sec_type: str
    months: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of a symbol search: an underlying on one exchange."""

    conid: int
    symbol: str | None
    name: str | None
    exchange: str | None  # the broker's `description`
    sections: tuple[Section, ...]
    restricted: str | None = None

    @property
    def option_section(self) -> Section | None:
        """The OPT section, if options are listed on this underlying."""
        return next((s for s in self.sections if s.sec_type == "OPT"), None)

    @property
    def tradable(self) -> bool:
        """Whether SMART is among its option exchanges: only there are the options liquid."""
        section = self.option_section
        return section is not None and "SMART" in section.exchanges

    @property
    def option_months(self) -> tuple[str, ...]:
        """Months with listed options, as on the wire (AUG25)."""
        section = self.option_section
        return section.months if section else ()


@dataclass(frozen=True, slots=True)
class OptionContract:
    """One listed option.

    ``multiplier`` is the number of units that a contract stands for (100); None when not told.
    """

    conid: int
    underlying_conid: int
    symbol: str
    trading_class: str
    expiry: date  # New York; the last day of trading
    strike: Decimal
    right: Right
    multiplier: Decimal | None
    currency: str = "USD"
    exchanges: tuple[str, ...] = ()

    @property
    def key(self) -> ContractKey:
        """The identity of the contract."""
        return ContractKey(
            self.underlying_conid, self.trading_class, self.expiry, self.strike, self.right
        )

    @property
    def words(self) -> str:
        """The contract as people write it: ARM 22AUG25 143 C."""
        return f"{self.trading_class} {self.expiry:%d%b%y} {self.strike} {self.right}".upper()

    @property
    def occ_symbol(self) -> str:
        """The OCC symbol, its root filled with blanks to six; strikes go to a thousandth.

        Its day is that of settlement, which for some index options is not ``expiry``.
        """
        return format_occ(self.trading_class, self.settled, self.strike, self.right)

    @property
    def settled(self) -> date:
        """The day of settlement: ``expiry``, or the morning after where OCC says so."""
        return settlement_day(self.trading_class, self.expiry)


def format_occ(root: str, expiry: date, strike: Decimal, right: Right) -> str:
    """An OCC symbol: root filled to six, yymmdd, C or P, strike in thousandths in eight digits."""
    return f"{root:<6}{expiry:%y%m%d}{right}{int(strike * 1000):08d}"
