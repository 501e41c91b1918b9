"""Quotes of stocks, funds, indices and futures: the path, with a market made around it."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ibcli.sim.market import pricing, sessions
from ibcli.sim.market.instruments import CENTS, QUARTERS, Listing
from ibcli.sim.market.model import Feed, FutureContract, Quote
from ibcli.sim.market.paths import Paths, busyness
from ibcli.sim.market.ticks import Ticks, dollars, thousandths, ticks

if TYPE_CHECKING:
    from decimal import Decimal

    from ibcli.sim.market.noise import Noise
    from ibcli.sim.market.sessions import Moment

_HALF_SPREAD = 0.00002  # of the price; never below half a cent
FUTURE_VOLUME = 1_300_000
_REFRESH = 3  # ticks between two changes of a book's sizes
_LEVERAGE = -2.0  # log change of volatility per log change of the market
_MONTH = 30 / 365


def feed_at(moment: Moment, *, delayed: bool = False) -> Feed:
    """Live during the session, frozen outside it; the delayed kinds where the feed is delayed."""
    if moment.live:
        return Feed.DELAYED if delayed else Feed.LIVE
    return Feed.FROZEN_DELAYED if delayed else Feed.FROZEN


def log_normal(normal: float, spread: float) -> float:
    return math.exp(spread * normal)


class _Book(NamedTuple):
    bid: int
    bid_size: int
    ask: int
    ask_size: int
    last_size: int


class SpotQuotes:
    """Quotes of everything that is not an option."""

    def __init__(self, noise: Noise, paths: Paths) -> None:
        self._noise = noise
        self._paths = paths

    def volatility_scale(self, day: date) -> float:
        """How implied volatilities on ``day`` compare with the catalogue's: higher on a fall."""
        return math.exp(_LEVERAGE * self._paths.market(day))

    def day_volume(self, conid: int, kind: str, average: float, day: date) -> float:
        """A whole day's volume of an instrument (or of its options), around its average."""
        return average * log_normal(self._noise.normals(1, kind, conid, day)[0], 0.25)

    def listing(self, listing: Listing, at: datetime) -> Quote:
        """A listing's quote at ``at``. An index has a last price but neither book nor volume."""
        moment = sessions.moment(at - timedelta(minutes=listing.delay_minutes))
        path = self._paths.day(listing, moment.day)
        price = path.price(moment.fraction) * 100
        low, high = path.extremes(moment.fraction)
        before = sessions.trading_day_before(moment.day)
        index = listing.sec_type == "IND"
        book = None if index else self._book(listing.conid, moment, price, ticks(CENTS), 100)
        share = busyness(moment.fraction)
        return Quote(
            conid=listing.conid,
            at=at,
            feed=feed_at(moment, delayed=listing.delay_minutes > 0),
            bid=dollars(book.bid) if book else None,
            bid_size=book.bid_size if book else None,
            ask=dollars(book.ask) if book else None,
            ask_size=book.ask_size if book else None,
            last=dollars(round(price)),
            last_size=book.last_size if book else None,
            volume=None if index else self._done(listing, "volume", moment, share),
            open=dollars(round(path.open * 100)),
            high=dollars(round(high * 100)),
            low=dollars(round(low * 100)),
            close=dollars(round(price)) if moment.tick == moment.ticks else None,
            prior_close=dollars(round(self._paths.reference(listing, before) * 100)),
            mark=dollars(round(price)),
            option_volume=self._done(listing, "options", moment, share),
            implied_volatility_30d=self._implied(listing, moment.day),
        )

    def future(self, contract: FutureContract, index: Listing, at: datetime) -> Quote | None:
        """A future's quote: its index's forward, in its session; ``None`` once expired."""
        if contract.expiry < sessions.new_york_date(at):
            return None
        moment = sessions.moment(at)
        path = self._paths.day(index, moment.day)
        before = sessions.trading_day_before(moment.day)
        carry = pricing.RATE - index.temper.dividends
        basis = 100 * math.exp(carry * (contract.expiry - moment.day).days / 365)
        prior_basis = 100 * math.exp(carry * (contract.expiry - before).days / 365)
        low, high = path.extremes(moment.fraction)
        price = path.price(moment.fraction) * basis
        grid = ticks(QUARTERS)
        last = grid.nearest(price)
        book = self._book(contract.conid, moment, price, grid, 1)
        volume = self.day_volume(contract.conid, "volume", FUTURE_VOLUME, moment.day)
        return Quote(
            conid=contract.conid,
            at=at,
            feed=feed_at(moment),
            bid=dollars(book.bid),
            bid_size=book.bid_size,
            ask=dollars(book.ask),
            ask_size=book.ask_size,
            last=dollars(last),
            last_size=book.last_size,
            volume=int(volume * busyness(moment.fraction)),
            open=dollars(grid.nearest(path.open * basis)),
            high=dollars(grid.nearest(high * basis)),
            low=dollars(grid.nearest(low * basis)),
            close=dollars(last) if moment.tick == moment.ticks else None,
            prior_close=dollars(grid.nearest(self._paths.reference(index, before) * prior_basis)),
            mark=dollars(last),
        )

    def _book(self, conid: int, moment: Moment, price: float, grid: Ticks, lot: int) -> _Book:
        """Bid and ask either side of the price, at least a tick apart."""
        words = self._noise.words(3, "book", conid, moment.day, moment.tick // _REFRESH)
        half = max(0.5, price * _HALF_SPREAD) * (1 + words[0] % 3 / 2)
        last = grid.nearest(price)
        bid = min(grid.below(price - half), last)
        return _Book(
            bid=bid,
            bid_size=lot * (1 + words[0] % 17),
            ask=max(grid.above(price + half), last, bid + grid.step(bid)),
            ask_size=lot * (1 + words[1] % 17),
            last_size=lot * (1 + words[2] % 5),
        )

    def _done(self, listing: Listing, kind: str, moment: Moment, share: float) -> int | None:
        """How much of the day's volume has been done; ``None`` where there is none to speak of."""
        average = listing.volume if kind == "volume" else listing.option_volume
        if not average:
            return None
        return int(self.day_volume(listing.conid, kind, average, moment.day) * share)

    def _implied(self, listing: Listing, day: date) -> Decimal | None:
        if not listing.classes:
            return None
        middle = pricing.at_the_money(listing.temper, _MONTH) * self.volatility_scale(day)
        return thousandths(round(middle * 1000))
