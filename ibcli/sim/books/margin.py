"""Margin in the manner of Regulation T and the exchanges' rules for options
(https://www.interactivebrokers.com/en/trading/margin-options.php), in whole accounts:

- long stock 50 % initial, 25 % maintenance; short stock 50 % and 30 %;
- a long option is paid in full and asks for nothing;
- a short option alone: its value plus the greater of 20 % of the underlying (15 % of an index) less
  what it is out of the money, and 10 % (of the strike for a put, of the underlying for a call);
- a short option with a long one of its kind that expires no earlier: what the pair can lose, if
  less;
- of short calls and short puts on one underlying and expiry, the side that asks for more, plus the
  value of the other side's naked options: both cannot lose;
- a short call on shares that are held, or a short put on shares that are owed: nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ibcli.sim.books.order import NOUGHT
from ibcli.sim.market.model import OptionContract, Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ibcli.sim.books.contracts import Contract

_INITIAL = Decimal("0.50")
_LONG, _SHORT = Decimal("0.25"), Decimal("0.30")
_SHARE, _INDEX_SHARE, _LEAST = Decimal("0.20"), Decimal("0.15"), Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Holding:
    """A position with the marks of its contract and of the underlying, per unit."""

    contract: Contract
    quantity: Decimal
    mark: Decimal
    spot: Decimal

    @property
    def value(self) -> Decimal:
        """Negative for shorts."""
        return self.quantity * self.mark * self.contract.multiplier


@dataclass(slots=True)
class _Side:
    """What the short options of one right, underlying and expiry ask for."""

    asked: Decimal = NOUGHT
    naked_value: Decimal = NOUGHT


def merged(held: Iterable[Holding]) -> list[Holding]:
    """One holding a contract; none where they cancel out."""
    found: dict[int, Holding] = {}
    for holding in held:
        conid = holding.contract.conid
        before = found.get(conid)
        quantity = holding.quantity + (NOUGHT if before is None else before.quantity)
        found[conid] = replace(holding, quantity=quantity)
    return [holding for holding in found.values() if holding.quantity]


def requirement(held: Sequence[Holding]) -> tuple[Decimal, Decimal]:
    """Initial and maintenance margin of a whole account."""
    groups: dict[int, list[Holding]] = defaultdict(list)
    initial = maintenance = NOUGHT
    for holding in held:
        groups[holding.contract.underlying.conid].append(holding)
        if holding.contract.option is None:
            initial += abs(holding.value) * _INITIAL
            maintenance += abs(holding.value) * (_LONG if holding.quantity > 0 else _SHORT)
    options = sum((_options(group) for group in groups.values()), NOUGHT)
    return initial + options, maintenance + options


def _options(group: Sequence[Holding]) -> Decimal:
    """The margin of one underlying's options."""
    shares = sum((h.quantity for h in group if h.contract.option is None), NOUGHT)
    sides: dict[tuple[date, Right], _Side] = defaultdict(_Side)
    for right in Right:
        cover = max(NOUGHT, shares if right is Right.CALL else -shares)
        _right(group, right, cover, sides)
    total = NOUGHT
    for expiry in {expiry for expiry, _ in sides}:
        calls, puts = sides[expiry, Right.CALL], sides[expiry, Right.PUT]
        more, less = (calls, puts) if calls.asked >= puts.asked else (puts, calls)
        total += more.asked + min(less.naked_value, less.asked)
    return total


def _right(
    group: Sequence[Holding],
    right: Right,
    cover: Decimal,
    sides: dict[tuple[date, Right], _Side],
) -> None:
    """Pair the shorts of a right with shares, then with longs; those that cost most first."""
    terms = [(h, h.contract.option) for h in group]
    kind = [(h, o) for h, o in terms if o is not None and o.right is right]
    longs = {h.contract.conid: h.quantity for h, _ in kind if h.quantity > 0}
    shorts = [(h, o) for h, o in kind if h.quantity < 0]
    shorts.sort(key=lambda pair: (naked(*pair), pair[1].conid), reverse=True)
    for short, option in shorts:
        left = -short.quantity
        covered = min(left, cover // option.multiplier)
        cover -= covered * option.multiplier
        left -= covered
        side = sides[option.expiry, right]
        for loss, long in _partners(option, kind):
            pairs = min(left, longs[long.contract.conid])
            if pairs > 0 and loss < naked(short, option):
                longs[long.contract.conid] -= pairs
                left -= pairs
                side.asked += pairs * loss
        side.asked += left * naked(short, option)
        side.naked_value += left * short.mark * option.multiplier


def _partners(
    option: OptionContract, kind: Sequence[tuple[Holding, OptionContract]]
) -> list[tuple[Decimal, Holding]]:
    """Longs that limit a short's loss, with what the pair can lose, the best first."""
    found = []
    for long, other in kind:
        if long.quantity <= 0 or other.expiry < option.expiry:
            continue
        gap = other.strike - option.strike
        loss = max(NOUGHT, gap if option.right is Right.CALL else -gap) * option.multiplier
        found.append((loss, long))
    return sorted(found, key=lambda pair: (pair[0], pair[1].contract.conid))


def naked(holding: Holding, option: OptionContract) -> Decimal:
    """The margin of one short contract alone."""
    spot, strike = holding.spot, option.strike
    is_call = option.right is Right.CALL
    out = max(NOUGHT, strike - spot if is_call else spot - strike)
    share = _INDEX_SHARE if holding.contract.underlying.sec_type == "IND" else _SHARE
    least = _LEAST * (spot if is_call else strike)
    return (holding.mark + max(share * spot - out, least)) * option.multiplier
