"""A day judged: what the broker's books, the journal and the commands' words have to agree on."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from chaos.outcome import Outcome
from chaos.said import leaks_in, wrong_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.evidence import Evidence, Intent
    from chaos.plan import Order
    from ibcli.sim.books.order import Order as Booked

NOUGHT = Decimal(0)


def audit(evidence: Evidence) -> Outcome:
    """The day's figures, with a sentence for everything that is not as it is promised."""
    found = {
        "duplicates": list(duplicates(evidence)),
        "lost": list(lost(evidence)),
        "unprotected": list(unprotected(evidence)),
        "leaks": list(leaks_in(evidence)),
        "unsettled": list(unsettled(evidence)),
        "wrong": [
            *evidence.witnessed,
            *names(evidence),
            *left_over(evidence),
            *sums(evidence),
            *fills(evidence),
            *wrong_words(evidence),
        ],
    }
    books, ended = evidence.books, evidence.ended
    told = [intent for intent in evidence.intents if intent.in_doubt]
    return Outcome(
        seed=evidence.day.seed,
        orders=sum(order.parent is None for order in books.orders),
        stops=sum(order.parent is not None for order in books.orders),
        fills=len(books.executions),
        doubts_told=len(told) if evidence.reconciled == 8 else 0,
        doubts=sum(each.code == 8 for each in ended),
        settled=sum(i.was_in_doubt and not i.in_doubt for i in evidence.intents),
        faults=dict(evidence.faults),
        kills=dict(evidence.kills),
        codes=dict(sorted(Counter(str(each.code) for each in ended).items())),
        commands=len(ended),
        requests=evidence.requests,
        seconds=round(evidence.seconds, 2),
        cpu=round(evidence.cpu, 2),
        findings=tuple(f"{kind}: {text}" for kind, texts in found.items() for text in texts),
        **{kind: len(texts) for kind, texts in found.items()},
    )


def entries(evidence: Evidence) -> list[Booked]:
    """Orders that are nobody's child."""
    return [order for order in evidence.books.orders if order.parent is None]


def _signature(order: Booked) -> tuple[tuple[int, int], ...]:
    """What it trades, by contract and signed ratio."""
    return tuple(sorted((leg.conid, leg.ratio * order.sign) for leg in order.legs))


def _planned(evidence: Evidence, order: Order) -> list[tuple[tuple[int, int], ...]]:
    """The same of each order that the job is to place."""
    signed = [
        (evidence.conids[leg], leg.ratio * (1 if leg.side == "BUY" else -1)) for leg in order.legs
    ]
    return [(one,) for one in signed] if order.separate else [tuple(sorted(signed))]


def duplicates(evidence: Evidence) -> Iterator[str]:
    """A name that is booked twice; a leg of a job booked twice, under whatever names; one claimed
    for two runs although nobody asked for a second.
    """
    for coid, times in Counter(order.coid for order in entries(evidence)).items():
        if coid is not None and times > 1:
            yield f"{coid} was booked {times} times"
    booked = Counter(_signature(order) for order in entries(evidence))
    for order in evidence.day.orders:
        for signature in _planned(evidence, order):
            if booked[signature] > 1:
                yield f"a leg of {order.job} was booked {booked[signature]} times: {signature}"
        for intent in evidence.intents:
            if intent.job == order.job and intent.run > 1:
                yield f"{order.job} was run anew as number {intent.run}"


def names(evidence: Evidence) -> Iterator[str]:
    """Names that do not follow from account, day, job, run and leg alone: without the journal they
    would protect from nothing.
    """
    for intent in evidence.intents:
        five = (evidence.account, intent.day, intent.job, str(intent.run), str(intent.leg))
        mark = hashlib.sha256("\n".join(five).encode()).hexdigest()[:10]
        if mark not in intent.coid.split("-"):
            yield f"{intent.coid} is not the name of leg {intent.leg} of {intent.job}"


def lost(evidence: Evidence) -> Iterator[str]:
    """What stands at the broker and not in the journal, or the other way round, or otherwise."""
    known = {intent.coid: intent for intent in evidence.intents}
    for order in entries(evidence):
        intent = known.get(order.coid or "")
        if intent is None:
            yield f"order {order.id} ({order.coid}) is not in the journal"
        else:
            yield from _unlike(order, intent)
    booked = {order.id for order in evidence.books.orders}
    names = {order.coid for order in entries(evidence)}
    for intent in evidence.intents:
        if gone := intent.orders - booked:
            yield f"the journal knows orders {sorted(gone)} of {intent.coid}, the broker does not"
        if intent.stands and intent.coid not in names:
            yield f"{intent.coid} stands in the journal alone"
    for ended in evidence.ended:
        yield from _claimed(ended.document, ended.code, names)


def _unlike(order: Booked, intent: Intent) -> Iterator[str]:
    entry = intent.tickets[0]
    sign = 1 if entry["side"] == "BUY" else -1
    wanted = tuple(sorted((leg["conid"], leg["ratio"] * sign) for leg in entry["legs"]))
    if _signature(order) != wanted or order.total != entry["quantity"]:
        yield f"{intent.coid} stands otherwise in the journal: {wanted} x {entry['quantity']}"
    if not (intent.stands or intent.in_doubt):
        last = intent.kinds[-1] if intent.kinds else "nothing"
        yield f"{intent.coid} is at the broker ({order.status}), the journal says {last}"
    elif intent.stands and order.id not in intent.orders:
        yield f"{intent.coid} is order {order.id}, the journal says {sorted(intent.orders)}"


def _claimed(
    document: dict[str, object], code: int | None, names: set[str | None]
) -> Iterator[str]:
    data = document.get("data")
    legs = data.get("legs") if isinstance(data, dict) else None
    if document.get("command") != "order" or not isinstance(legs, list):
        return
    for leg in legs:
        placed = leg.get("state") in {"working", "filled", "cancelled"}
        if placed and leg.get("coid") not in names:
            yield f"a command said that {leg.get('coid')} is {leg['state']}; it is not there"
        if "state" in leg and not placed and code == 0:
            yield f"exit code 0, but {leg.get('coid')} is {leg['state']}"


def unprotected(evidence: Evidence) -> Iterator[str]:
    """Short positions and entries that may become some, without the stops that were asked for."""
    booked = evidence.books.orders
    children: dict[int, list[Booked]] = defaultdict(list)
    for order in booked:
        if order.parent is not None:
            children[order.parent].append(order)
    known = {intent.coid: intent for intent in evidence.intents}
    for entry in entries(evidence):
        intent = known.get(entry.coid or "")
        wanted = len(intent.tickets) - 1 if intent else 0
        if wanted and entry.working and sum(c.working for c in children[entry.id]) < wanted:
            yield f"{entry.coid} works without its stop"
    yield from _stopless(evidence)
    held = {position.conid: position.quantity for position in evidence.books.positions}
    for job in evidence.day.orders:
        for leg in job.legs if job.shorts_need_stops else ():
            conid = evidence.conids[leg]
            short = -held.get(conid, NOUGHT)
            covered = sum((o.remaining for o in booked if _buys_back(o, conid)), NOUGHT)
            if short > covered:
                yield f"{short} of {leg.strike} {leg.right} are short, stops for {covered}"


def _stopless(evidence: Evidence) -> Iterator[str]:
    """Entries of jobs with stops that never had one, filled or not."""
    parents = {order.parent for order in evidence.books.orders}
    for job in evidence.day.orders:
        wanted = {sig for sig in _planned(evidence, job) if job.shorts_need_stops}
        for entry in entries(evidence):
            if _signature(entry) in wanted and entry.id not in parents:
                yield f"{entry.coid} was booked without its stop"


def left_over(evidence: Evidence) -> Iterator[str]:
    """Stops and take-profits whose entry was filled and whose position is gone: they would open
    another.
    """
    books = evidence.books
    held = {position.conid: position.quantity for position in books.positions}
    filled = {order.id for order in books.orders if order.filled}
    for order in books.orders:
        if order.parent in filled and order.working:
            for leg in order.legs:
                if held.get(leg.conid, NOUGHT) * leg.ratio * order.sign >= 0:
                    yield f"order {order.id} of {order.parent} works, and its position is gone"


def _buys_back(order: Booked, conid: int) -> bool:
    is_stop = order.type.has_stop or order.parent is None  # a close that works is as good
    return order.working and order.buy and is_stop and [leg.conid for leg in order.legs] == [conid]


def unsettled(evidence: Evidence) -> Iterator[str]:
    """Doubts that stand although nothing goes wrong any more, whether or not anybody says so."""
    doubts = [intent.coid for intent in evidence.intents if intent.in_doubt]
    words = evidence.ended[-1].said if evidence.ended else ""
    if doubts:
        yield f"{doubts} are in doubt, and reconcile says {evidence.reconciled}: {words}"
    if evidence.reconciled == 8 and _is_being_closed(evidence):
        return  # what is bought back works still, its stop is gone, and reconcile says so
    if not doubts and evidence.reconciled != 0:
        yield f"nothing is in doubt, and reconcile says {evidence.reconciled}: {words}"


def _is_being_closed(evidence: Evidence) -> bool:
    legs = [leg for job in evidence.day.orders for leg in job.legs if leg.side == "SELL"]
    closing = [order for order in entries(evidence) if order.working]
    return any(_buys_back(order, evidence.conids[leg]) for order in closing for leg in legs)


def fills(evidence: Evidence) -> Iterator[str]:
    """The journal's fills are those of the books."""
    booked = {e.id for e in evidence.books.executions if e.order_id is not None}
    if evidence.reconciled == 0 and booked != evidence.executions:
        missing, odd = booked - evidence.executions, evidence.executions - booked
        yield f"fills: the journal lacks {sorted(missing)}, and has besides {sorted(odd)}"


def sums(evidence: Evidence) -> Iterator[str]:
    """The broker's cash, positions and orders follow from his trades; no position was turned."""
    books = evidence.books
    cash = books.began_with
    held: dict[int, Decimal] = defaultdict(lambda: NOUGHT)
    filled: dict[tuple[int, int], Decimal] = defaultdict(lambda: NOUGHT)
    for trade in books.executions:
        sign = {"B": 1, "S": -1, "X": -1 if held[trade.conid] > 0 else 1}[trade.side]
        if trade.amount != -sign * trade.quantity * trade.price * books.multipliers[trade.conid]:
            yield f"the amount of trade {trade.id} is {trade.amount}"
        cash += trade.amount - (trade.commission or NOUGHT)
        held[trade.conid] += sign * trade.quantity
        if trade.order_id is not None:
            filled[trade.order_id, trade.conid] += sign * trade.quantity
    if cash != books.cash:
        yield f"cash is {books.cash}, the trades make it {cash}"
    if {p.conid: p.quantity for p in books.positions} != dict(held):
        yield "positions do not follow from the trades"
    for order in books.orders:
        for leg in order.legs:
            if filled[order.id, leg.conid] != order.filled * leg.ratio * order.sign:
                yield f"fills of order {order.id} do not add up"
    yield from _turned(evidence, held)


def _turned(evidence: Evidence, held: dict[int, Decimal]) -> Iterator[str]:
    """Positions beyond what was planned, or on the other side of nothing: closed twice."""
    for order in evidence.day.orders:
        for leg in order.legs:
            most = order.quantity * leg.ratio * (1 if leg.side == "BUY" else -1)
            now = held.get(evidence.conids[leg], NOUGHT)
            if not min(0, most) <= now <= max(0, most):
                yield f"{now} of {leg.strike} {leg.right} are held; {most} was planned"
