"""A command's orders, priced, judged and ready to be shown: nothing here sends any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from ibcli.broker import order_entry
from ibcli.broker.fields import Field
from ibcli.domain.order_preview import Bounds, OrderPreview, PreviewLeg, PreviewOrder
from ibcli.domain.orders import Bracket
from ibcli.domain.wishes import IfLegFails
from ibcli.errors import IbcliError, IncompleteError, RefusedError
from ibcli.trading.halt import halted
from ibcli.trading.markets import markets
from ibcli.trading.orders import guards
from ibcli.trading.orders.facts import Facts
from ibcli.trading.orders.market_guards import quote_troubles
from ibcli.trading.orders.outlook import bounds_of, margin_of
from ibcli.trading.orders.pricing import Priced, market_of, price, rules_of, wanted_rules
from ibcli.trading.orders.shapes import payoff_of
from ibcli.trading.orders.wording import notes, protection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from ibcli.broker.contract_book import ContractBook
    from ibcli.broker.snapshots import Snapshots
    from ibcli.domain.contracts import Listing
    from ibcli.domain.order_preview import GuardCheck
    from ibcli.domain.orders import Side
    from ibcli.domain.quotes import Quote
    from ibcli.domain.terms import TickRules, TradingHours, WhatIf
    from ibcli.trading.orders.finding import Found
    from ibcli.trading.orders.request import OrderRequest

_NOTHING = Decimal(0)
# Data refreshes about every half second (documented): to ask again sooner brings nothing.
_JUST_NOW = 0.5
_FIELDS = (Field.BID, Field.BID_SIZE, Field.ASK, Field.ASK_SIZE, Field.LAST, Field.DELTA)


_Rules: TypeAlias = "dict[tuple[int, Side], TickRules]"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where orders are drafted: whose they are, for which day, under which circumstances."""

    book: ContractBook
    request: OrderRequest
    listing: Listing
    hours: TradingHours
    day: date
    account: str
    paper: bool
    job: str
    run: int
    sent_today: int
    asked: bool = False
    queue: bool = False
    dry_run: bool = False

    def facts(self, found: Found) -> Facts:
        """What is known before there are quotes."""
        settings = self.book.client.settings
        return Facts(
            settings=settings,
            listing=self.listing,
            paper=self.paper,
            asked=self.asked,
            queue=self.queue,
            now=settings.market_now(),
            hours=self.hours,
            shapes=found.shapes,
            quotes={},
            priced=(),
            bounds=Bounds(is_known=False, most=None, least=None, at_stops=None),
            margin=None,
            sent_today=self.sent_today,
            halt=halted(settings),
            underlying_quote=found.underlying_quote,
            counted_from=found.counted_from,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """Orders ready to be placed, unless ``error`` says why not; the preview shows all the same."""

    preview: OrderPreview
    priced: tuple[Priced, ...]
    error: IbcliError | None


def draft(setting: Setting, found: Found) -> Draft:
    """Price the orders anew, hold them against every limit, and ask the broker what they would do.

    Raises GuardError where a limit is crossed without which there are no prices, and what
    ``BrokerClient.read`` raises.
    """
    facts = setting.facts(found)
    snapshots, rules = _quotes_and_rules(setting, found, facts)
    facts = replace(facts, quotes=snapshots.quotes, now=setting.book.client.settings.market_now())
    priced = _priced(setting, found, facts, rules)
    return _judged(setting, found, replace(facts, priced=priced), snapshots)


def again(setting: Setting, found: Found, confirmed: Draft) -> Draft:
    """The orders that were confirmed, their prices as they were, held against the market of now."""
    facts = setting.facts(found)
    snapshots = _quotes(setting, facts)
    now = setting.book.client.settings.market_now()
    facts = replace(facts, quotes=snapshots.quotes, now=now)
    priced = []
    for one in confirmed.priced:
        market = market_of(one.shape, snapshots.quotes)
        if market is None:
            raise _unquoted(facts)
        priced.append(replace(one, market=market))
    return _judged(setting, found, replace(facts, priced=tuple(priced)), snapshots)


def _quotes(setting: Setting, facts: Facts) -> Snapshots:
    wings = {leg.tradable.conid for shape in facts.shapes for leg in shape.legs}
    wings -= {leg.tradable.conid for shape in facts.shapes for leg in shape.judged}
    return markets(
        setting.book, facts.tradables, fields=_FIELDS, slow=(Field.DELTA,), without_slow=wings
    )


def _quotes_and_rules(setting: Setting, found: Found, facts: Facts) -> tuple[Snapshots, _Rules]:
    """Neither waits for the other. Quotes of this half second are not asked for again."""
    wanted = list(dict.fromkeys((t.conid, side) for t, side in wanted_rules(found.shapes)))
    just_now = _of_just_now(setting, found)
    told = [] if just_now is None else [just_now]
    rules: _Rules = {}

    def quotes() -> None:
        told.append(_quotes(setting, facts))

    def rule(conid: int, side: Side) -> None:
        rules[conid, side] = setting.book.rules(conid, side)

    calls: list[Callable[[], None]] = [] if told else [quotes]
    calls += [partial(rule, *each) for each in wanted]
    setting.book.client.parallel(calls)
    return told[0], rules


def _of_just_now(setting: Setting, found: Found) -> Snapshots | None:
    """The quotes by which strikes were chosen, if they are whole and were asked for just now."""
    asked = found.asked
    if asked is None or setting.book.client.deadline.clock() - asked.since > _JUST_NOW:
        return None
    for shape in found.shapes:
        for leg in shape.legs:
            quote = asked.snapshots.quotes.get(leg.tradable.conid)
            if quote is None or not _is_whole(quote, is_wing=shape.is_wing(leg)):
                return None
    return asked.snapshots


def _is_whole(quote: Quote, *, is_wing: bool) -> bool:
    """Whether nothing more of it would be waited for."""
    needed = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
    return None not in needed and (is_wing or quote.delta is not None)


def _priced(setting: Setting, found: Found, facts: Facts, rules: _Rules) -> tuple[Priced, ...]:
    """Each order with its prices. Raises GuardError for a market that gives none."""
    if quote_troubles(facts):
        raise _unquoted(facts)
    priced = []
    for shape in found.shapes:
        market = market_of(shape, facts.quotes)
        if market is None:
            raise _unquoted(facts)
        priced.append(price(shape, setting.request, market, rules_of(shape, rules)))
    return tuple(priced)


def _unquoted(facts: Facts) -> IbcliError:
    """Why there is no price: what else is wrong first, the closed market say."""
    checks = (*guards.check_circumstances(facts), *guards.check_quotes(facts))
    return guards.refusal(checks) or IncompleteError(
        "There is no market to take a price from.", code="quotes-missing", retryable=True
    )


def _judged(setting: Setting, found: Found, facts: Facts, snapshots: Snapshots) -> Draft:
    facts = replace(facts, bounds=bounds_of(facts.priced))
    told, refused = _what_ifs(setting, facts.priced)
    facts = replace(facts, margin=margin_of(told))
    checks = guards.check_all(facts)
    if refused is not None:  # its margin is not known for a reason that says more
        others = [check for check in checks if check.code != "guard-max-margin"]
        error: IbcliError | None = guards.refusal(others) or refused
    else:
        error = guards.refusal(checks)
    preview = _preview(setting, found, facts, checks, snapshots)
    if told:
        orders = zip(preview.orders, told, strict=True)
        shown = tuple(replace(order, what_if=answer) for order, answer in orders)
        preview = replace(preview, orders=shown)
    return Draft(preview, facts.priced, error)


def _what_ifs(
    setting: Setting, priced: Sequence[Priced]
) -> tuple[list[WhatIf], RefusedError | None]:
    """What the broker thinks that each entry would do; its refusal, if it would refuse one."""

    def ask(one: Priced) -> Callable[[], WhatIf]:
        entry = Bracket(one.bracket.entry)
        return lambda: order_entry.what_if(setting.book.client, setting.account, entry)

    try:
        return setting.book.client.parallel([ask(one) for one in priced]), None
    except RefusedError as refused:
        return [], refused


def _preview(
    setting: Setting,
    found: Found,
    facts: Facts,
    checks: tuple[GuardCheck, ...],
    snapshots: Snapshots,
) -> OrderPreview:
    priced = facts.priced
    cash = sum((one.cash for one in priced), _NOTHING)
    several = len(priced) > 1
    return OrderPreview(
        underlying=setting.listing,
        underlying_quote=found.underlying_quote,
        expiry=found.expiry,
        as_of=snapshots.received,
        trading_day=setting.day,
        account=setting.account,
        paper=setting.paper,
        job=setting.job,
        run=setting.run,
        legs=tuple(_legs(priced, snapshots.quotes)),
        orders=tuple(_order(one) for one in priced),
        credit=cash,
        payoff=payoff_of([one.shape for one in priced], cash),
        bounds=facts.bounds,
        margin=facts.margin,
        guards=checks,
        if_leg_fails=setting.request.if_leg_fails if several else IfLegFails.KEEP,
        notes=(*found.notes, *notes(setting.request, priced)),
        dry_run=setting.dry_run,
    )


def _legs(priced: Sequence[Priced], quotes: Mapping[int, Quote]) -> list[PreviewLeg]:
    return [
        PreviewLeg(one.shape.number, tradable, count, quotes.get(tradable.conid))
        for one in priced
        for tradable, count in one.shape.signed
    ]


def _order(one: Priced) -> PreviewOrder:
    return PreviewOrder(
        number=one.shape.number,
        bracket=one.bracket,
        is_credit=one.is_credit,
        premium=one.premium,
        mid=abs(one.market.mid),
        loss_at_stop=one.loss_at_stop,
        protection=protection(one),
        limit=abs(one.limit) if one.limit is not None else None,
    )
