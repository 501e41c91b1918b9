"""The trader's limits, each held against an order by a small function of its own.

All of them are shown; the first that is crossed refuses the order, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ibcli.domain.newyork import NEW_YORK
from ibcli.domain.order_preview import GuardCheck
from ibcli.trading import limits
from ibcli.trading.orders import amount_guards, market_guards
from ibcli.trading.orders.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ibcli.errors import GuardError


def check_circumstances(facts: Facts) -> tuple[GuardCheck, ...]:
    """The limits that hold whatever is ordered."""
    return tuple(guard(facts) for guard in _CIRCUMSTANCES)


def check_quotes(facts: Facts) -> tuple[GuardCheck, ...]:
    """The limits without which there is no price to speak of."""
    return tuple(guard(facts) for guard in _QUOTES)


def check_all(facts: Facts) -> tuple[GuardCheck, ...]:
    """Every limit with the value that it was held against."""
    return tuple(guard(facts) for guard in (*_CIRCUMSTANCES, *_QUOTES, *_ORDERS))


def refusal(checks: Iterable[GuardCheck]) -> GuardError | None:
    """The error for the first limit that is crossed."""
    check = next((check for check in checks if not check.ok), None)
    if check is None:
        return None
    return limits.refusal(check, _HINTS.get(check.code, ""))


_HINTS = {
    "guard-halt": "ibcli resume lets orders through again.",
    "guard-market": "Add --queue to have it wait at the broker for the open: LMT alone may.",
    "guard-account": "IB_IS_LIVE must agree with what the broker says of the account.",
    "guard-quote": "Look at the market (ibcli quote), and try again.",
    "guard-quote-max-age": "Try again; a market that does not move may need a longer "
    "IBCLI_QUOTE_MAX_AGE.",
}


def _account(facts: Facts) -> GuardCheck:
    """The account is of the kind that the settings say."""
    return GuardCheck(
        "guard-account",
        "IB_IS_LIVE",
        "the account",
        "paper" if facts.paper else "live",
        "live" if facts.settings.is_live else "paper",
        facts.paper is not facts.settings.is_live,
    )


def _unattended(facts: Facts) -> GuardCheck:
    return limits.unattended(facts.settings, paper=facts.paper, asked=facts.asked)


def _symbols(facts: Facts) -> GuardCheck:
    return limits.symbols(facts.settings, {facts.listing.symbol or str(facts.listing.conid)})


def _window(facts: Facts) -> GuardCheck:
    window = facts.settings.guards.window
    here = facts.now.astimezone(NEW_YORK)
    return GuardCheck(
        "guard-window",
        "IBCLI_WINDOW",
        "the time",
        f"{here:%H:%M} New York",
        None if window is None else str(window),
        window is None or window.holds(here),
    )


def _halt(facts: Facts) -> GuardCheck:
    """The kill switch; it is looked at once more just before anything is sent."""
    halt = facts.halt
    return GuardCheck(
        "guard-halt",
        "ibcli halt",
        "trading",
        "not halted" if halt is None else f"halted: {halt.reason}",
        "not halted",
        halt is None,
    )


_Guard = Callable[[Facts], GuardCheck]
_CIRCUMSTANCES: tuple[_Guard, ...] = (
    _halt,
    _account,
    _unattended,
    _symbols,
    _window,
    market_guards.open_market,
)
_QUOTES: tuple[_Guard, ...] = (market_guards.feed, market_guards.quality, market_guards.age)
_ORDERS: tuple[_Guard, ...] = (
    market_guards.spread,
    market_guards.delta,
    amount_guards.contracts,
    amount_guards.orders_per_day,
    amount_guards.band,
    amount_guards.premium,
    amount_guards.loss,
    amount_guards.margin,
)
