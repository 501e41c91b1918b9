"""Which expiries are meant by a month, a day, a word, or a range of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ibcli.domain.months import DaysRange, ExpiryWord, Month
from ibcli.errors import NotFoundError, UsageError
from ibcli.trading.search import unknown_month

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ibcli.domain.chains import Expiry
    from ibcli.domain.contracts import Listing


@dataclass(frozen=True, slots=True)
class Choice:
    """Expiries by at most one of month, day or word, and range; nothing: the nearest expiry.

    A month may go with the word ``all`` or with a day in it.
    """

    month: Month | None = None
    expiry: date | ExpiryWord | None = None
    days: DaysRange | None = None

    def check(self) -> None:
        """Raise UsageError for words that contradict each other."""
        if self.days is not None and (self.month or self.expiry):
            raise UsageError(
                "--dte goes with neither --month nor --expiry.", hint="Example: --dte 7:45"
            )
        if self.expiry is ExpiryWord.ALL and self.month is None:
            raise UsageError(
                "--expiry all needs a month.", hint="Example: --month AUG25 --expiry all"
            )
        if self.month and isinstance(self.expiry, date) and Month.of(self.expiry) != self.month:
            raise UsageError(
                f"{self.expiry} does not lie in {self.month}.",
                hint=f"Leave --month {self.month} out.",
            )

    @property
    def spans_months(self) -> bool:
        """Whether each month that may hold such an expiry is wanted, not the first that does."""
        return self.days is not None and self.days.high is not None

    def months(self, listing: Listing, listed: Sequence[Month], today: date) -> list[Month]:
        """The months that may hold such expiries, in the order in which to look.

        Raises NotFoundError when none of them is listed.
        """
        only = self._only_month(today)
        if only is not None:
            if only not in listed:
                raise unknown_month(listing, only, listed)
            return [only]
        low, high = (self.days.low, self.days.high) if self.days else (0, None)
        first = Month.of(today + timedelta(days=low))
        last = Month.of(today + timedelta(days=high)) if high is not None else None
        found = [month for month in listed if month >= first and (last is None or month <= last)]
        if not found:
            raise unknown_month(listing, last or first, listed)
        return found

    def _only_month(self, today: date) -> Month | None:
        if isinstance(self.expiry, date):
            return Month.of(self.expiry)
        if self.expiry is ExpiryWord.TODAY:
            return Month.of(today)
        return self.month

    def takes(self, expiries: Sequence[Expiry], today: date) -> list[Expiry]:
        """Those of a month's expiries (soonest first) that are meant."""
        if self.expiry is ExpiryWord.ALL:
            return list(expiries)
        if self.days is not None and self.days.high is not None:
            return [e for e in expiries if self.days.low <= e.days <= self.days.high]
        if isinstance(self.expiry, date):
            return [e for e in expiries if e.day == self.expiry]
        if self.expiry is ExpiryWord.TODAY:
            return [e for e in expiries if e.day == today]
        later = [e for e in expiries if e.days >= self._soonest]
        return [e for e in later if e.day == later[0].day]

    def surely_in(self, month: Month, today: date) -> bool:
        """Whether one of a month's expiries is meant, whichever it has.

        Every month with options has its standard one, about the third Friday.
        """
        if self._only_month(today) is not None:
            return True
        days = (month.third_friday - today).days - 1  # the day before it, if that is a holiday
        high = self.days.high if self.days is not None else None
        return days >= self._soonest and (high is None or days < high)

    @property
    def _soonest(self) -> int:
        """The least number of days to the single expiry that is meant."""
        if self.days is not None:
            return self.days.low
        return 1 if self.expiry is ExpiryWord.NEXT else 0

    def unknown(
        self, listing: Listing, known: Iterable[Expiry], today: date, trading_class: str | None
    ) -> NotFoundError:
        """The error when none of the known expiries is meant, naming the nearest."""
        known = list(known)
        classes = sorted({expiry.trading_class for expiry in known})
        if trading_class is not None and trading_class not in classes:
            return NotFoundError(
                f"{listing.symbol} has no options of class {trading_class} there.",
                hint=f"Classes: {', '.join(classes)}." if classes else "",
                code="unknown-class",
            )
        target = self._target(today)
        if trading_class is not None:
            known = [expiry for expiry in known if expiry.trading_class == trading_class]
        of_class = f" of class {trading_class}" if trading_class is not None else ""
        days = sorted({e.day for e in known}, key=lambda day: abs(day - target))[:3]
        nearest = f"Nearest: {', '.join(map(str, sorted(days)))}." if days else ""
        return NotFoundError(
            f"{listing.symbol} has no options{of_class} that expire {self._words(today)}.",
            hint=nearest or f"See them all: ibcli expiries {listing.symbol}",
            code="unknown-expiry",
        )

    def _target(self, today: date) -> date:
        if isinstance(self.expiry, date):
            return self.expiry
        if self.month is not None:
            return max(today, self.month.first_day)
        return today + timedelta(days=self._soonest)

    def _words(self, today: date) -> str:
        if isinstance(self.expiry, date):
            return f"on {self.expiry}"
        if self.expiry is ExpiryWord.TODAY:
            return f"today, {today}"
        if self.days is not None and self.days.high is not None:
            return f"in {self.days.low} to {self.days.high} days"
        if self.days is not None:
            return f"in {self.days.low} days or more"
        return f"in {self.month} from {today} on" if self.month else f"after {today}"
