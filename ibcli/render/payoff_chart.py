"""Profit and loss at expiry over the underlying's price, drawn with characters."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ibcli.render import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ibcli.domain.payoff import Payoff
    from ibcli.render.lines import Line

WIDEST = 78
HEIGHT = 13
# Losses of so many times the best profit are cut off at so many times: else nothing else is seen.
_DEEP, _SHOWN = 10, 4
_LEAST_MARGIN = Decimal("0.01")  # of the price, on either side


class _Frame(NamedTuple):
    """What of the plane is drawn."""

    low: Decimal
    high: Decimal
    bottom: Decimal
    top: Decimal


def chart(
    payoff: Payoff, price: Decimal | None, width: int, *, plain_ascii: bool
) -> Iterator[Line]:
    """Lines of a chart: gains in green, losses in red, the underlying's price as a bar.

    ``plain_ascii`` for streams that carry no other characters.
    """
    import plotext

    from ibcli.render.grid import line

    frame = _frame(payoff, price)
    points = payoff.curve(frame.low, frame.high)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(min(width, WIDEST), HEIGHT)
    marker = "*" if plain_ascii else "hd"
    plotext.plot([float(p.price) for p in points], [float(p.profit) for p in points], marker=marker)
    plotext.xlim(float(frame.low), float(frame.high))
    plotext.ylim(float(frame.bottom), float(frame.top))
    ticks = sorted({frame.bottom, Decimal(0), frame.top})
    plotext.yticks([float(tick) for tick in ticks], [_dollars(tick) for tick in ticks])
    marks = _marks(payoff, frame)
    plotext.xticks([float(mark) for mark in marks], [numbers.strike(mark) for mark in marks])
    plotext.hline(0)
    if price is not None:
        plotext.vline(float(price))
    rows = plotext.uncolorize(plotext.build()).rstrip("\n").split("\n")
    zero = _zero_row(frame)
    for number, row in enumerate(rows):
        text = row.rstrip()
        if 0 < number < len(rows) - 2:
            start, end = _inside(row), len(text) - 1
            inside = line(text[:start]).append(text[start:end], _style(number, zero))
            yield inside.append(text[end:])
        else:
            yield line(text)


def _inside(row: str) -> int:
    """Where the picture begins, behind a row's name and frame."""
    return next(place for place, sign in enumerate(row) if sign in "│├┤") + 1


def _frame(payoff: Payoff, price: Decimal | None) -> _Frame:
    """Strikes, break-evens and the price, with as much again around them."""
    shown = [*(point.price for point in payoff.kinks[1:]), *payoff.break_evens]
    if price is not None:
        shown.append(price)
    lowest, highest = min(shown), max(shown)
    margin = max((highest - lowest) / 4, highest * _LEAST_MARGIN)
    low, high = max(lowest - margin, Decimal(0)), highest + margin
    profits = [point.profit for point in payoff.curve(low, high)]
    top, bottom = max(*profits, Decimal(0)), min(*profits, Decimal(0))
    if top > 0 and -bottom > top * _DEEP:
        bottom = -top * _SHOWN
    if top == bottom:
        top += 1
    return _Frame(low, high, bottom, top)


def _marks(payoff: Payoff, frame: _Frame) -> list[Decimal]:
    """Prices named below: the strikes, and both ends, where they have room beside each other."""
    strikes = [p.price for p in payoff.kinks[1:] if frame.low <= p.price <= frame.high]
    ends = [end.to_integral_value() for end in (frame.low, frame.high)]
    apart = (frame.high - frame.low) / 9
    kept: list[Decimal] = []
    for mark in (*strikes, *ends):
        if all(abs(mark - other) >= apart for other in kept):
            kept.append(mark)
    return sorted(kept)


def _zero_row(frame: _Frame) -> float:
    """The row, counted from the top of the picture, on which nothing is gained or lost."""
    inner = HEIGHT - 4  # without frame and names
    return 1 + float(frame.top / (frame.top - frame.bottom)) * inner


def _style(row: int, zero: float) -> str:
    if abs(row - zero) <= 0.5:
        return ""
    return "green" if row < zero else "red"


def _dollars(amount: Decimal) -> str:
    sign = "-" if amount < 0 else "+" if amount > 0 else ""
    return f"{sign}${abs(amount):,.0f}"
