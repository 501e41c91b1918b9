"""``python -m chaos.mutants``: would the campaign notice a broken ibcli? One is broken in one way
each time, and days are run with it until something is found.

The break is made in the process from which all commands are forked (``MUTANT`` names it), never in
the files, and never where a day is judged.
"""

from __future__ import annotations

import argparse
import importlib
import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MUTANT = "CHAOS_MUTANT"  # environment variable: names of MUTANTS, joined by +
_POSTING = "ibcli.trading.placing.posting"
_RUN = "ibcli.trading.orders.run"


def break_ibcli(names: str) -> None:
    """Apply these mutants to the modules of this process."""
    for name in names.split("+"):
        MUTANTS[name]()


def _put(place: str, name: str, value: Any) -> Any:
    """Replace what a module, or a class in it (``module:Class``), holds; what it was."""
    module, _, owner = place.partition(":")
    holder = importlib.import_module(module)
    holder = getattr(holder, owner) if owner else holder
    before = getattr(holder, name)
    setattr(holder, name, value)
    return before


def _nothing(*_: object, **__: object) -> None:
    """Instead of what should be done."""


def random_names() -> None:
    """An order's name is another each time, instead of the job's."""
    coid = _put("ibcli.trading.placing.claiming", "coid", None)
    _put("ibcli.trading.placing.claiming", "coid", lambda *a: coid(*a)[:-8] + secrets.token_hex(4))


def unannounced() -> None:
    """No entry says that a request is about to be sent."""
    place = "ibcli.trading.placing.workplace:Workplace"
    note = _put(place, "note", None)
    _put(place, "note", lambda *a, **k: None if a[2] == "sending" else note(*a, **k))


def announced_late() -> None:
    """The entry before a request is committed with the next one: a kill between them loses it."""
    place = "ibcli.trading.journal.journal:Journal"
    write, kept = _put(place, "write", None), list[Any]()

    def late(journal: Any, note: Any) -> None:
        if note.kind == "sending":
            kept.append(note)
            return
        while kept:
            write(journal, kept.pop(0))
        write(journal, note)

    _put(place, "write", late)


def blind_look() -> None:
    """Who looks for an order in doubt never finds it."""
    _put("ibcli.trading.placing.settling", "find", _nothing)


def no_doubt() -> None:
    """An order in doubt is taken for absent unseen."""
    place = "ibcli.trading.placing"

    def absent(work: Any, intent: Any) -> Any:
        from ibcli.domain.ledger import Kind
        from ibcli.trading.placing.settling import Settled

        work.note(intent, Kind.ABSENT, "never looked for")
        return Settled("", "")

    _put(f"{place}.posting", "settle_leg", absent)
    _put(f"{place}.settlement", "settle_leg", absent)


def renamed() -> None:
    """What is sent again is sent under a new name."""

    def bracket(shot: Any) -> Any:
        sent = shot.work.leg(shot.intent).sent
        name = shot.intent.coid + (f"-{sent}" if sent > 1 else "")
        return shot.planned.bracket.named(name)

    _put(f"{_POSTING}:Shot", "bracket", property(bracket))


def stop_not_sent() -> None:
    """The request holds the entry alone."""
    place = "ibcli.broker.order_entry"
    encode = _put(place, "encode_bracket", None)
    _put(place, "encode_bracket", lambda *a: {"orders": encode(*a)["orders"][:1]})


def stop_not_planned() -> None:
    """The stop that was asked for is not even planned."""
    planned = _put(_RUN, "PlannedLeg", None)

    def bare(number: int, bracket: Any, *rest: Any, **more: Any) -> Any:
        return planned(number, type(bracket)(bracket.entry), *rest, **more)

    _put(_RUN, "PlannedLeg", bare)


def half_left() -> None:
    """An entry whose stop is not at the broker is left there."""
    _put(_POSTING, "see_whole", _nothing)
    _put("ibcli.trading.placing.settlement", "see_whole", _nothing)


def sent_twice() -> None:
    """A write of which nothing is heard is sent once more."""
    from ibcli.broker.doubt import DoubtError

    write = _put("ibcli.broker.writing:Writer", "write", None)

    def again(*words: Any, **more: Any) -> Any:
        try:
            return write(*words, **more)
        except DoubtError:
            return write(*words, **more)

    _put("ibcli.broker.writing:Writer", "write", again)


def not_alone() -> None:
    """The account's lock is not taken."""

    @contextmanager
    def unlocked(*_: object, **__: object) -> Iterator[int]:
        yield -1

    _put("ibcli.trading.placing.desk", "locked", unlocked)


def stop_stays() -> None:
    """Close leaves the position's stop where it is."""
    from ibcli.trading.closing.protection import Taken

    _put("ibcli.trading.closing.close", "take_away", lambda *_, **__: Taken())


def not_put_back() -> None:
    """Close says that it has put back a stop, and has not."""
    from ibcli.trading.closing.protection import Restored

    _put("ibcli.trading.closing.close", "put_back", lambda *_, **__: Restored((1,)))


def never_already() -> None:
    """A job that has run is taken for one that has not."""
    _put(f"{_RUN}:_Work", "is_done", lambda *_: False)
    draft = _put(f"{_RUN}:_Work", "draft", None)
    _put(f"{_RUN}:_Work", "draft", lambda work, _: draft(work, None))


def always_anew() -> None:
    """A job that has run is begun anew."""
    never_already()
    draft = _put(f"{_RUN}:_Work", "draft", None)

    def anew(work: Any, _: Any) -> Any:
        latest = work.desk.standing(work.conduct.job, work.setting.day)
        found, made = draft(work, None)
        run = (latest.run if latest is not None else 0) + 1
        return found, replace(made, preview=replace(made.preview, run=run))

    _put(f"{_RUN}:_Work", "draft", anew)


def torn_believed() -> None:
    """An answer to a write that cannot be read counts as an acknowledgement."""
    from ibcli.broker.wire import WireError

    place = "ibcli.broker.writing"
    decode = _put(place, "decode_written", None)

    def believed(answer: Any) -> Any:
        try:
            return decode(answer)
        except WireError:
            if answer.status != 200:
                raise
            return [{"order_id": "1", "order_status": "Submitted"}]

    _put(place, "decode_written", believed)


def token_logged() -> None:
    """The log shows what requests are signed with."""
    place = "ibcli.broker.exchange:Exchange"
    signature = _put(place, "signature", None)

    def shown(exchange: Any, method: str, path: str, query: Any, login: Any) -> Any:
        if "--debug" in sys.argv:
            sys.stderr.write(f"{signature(exchange, method, path, query, login)}\n")
        return signature(exchange, method, path, query, login)

    _put(place, "signature", shown)


def account_logged() -> None:
    """The log shows whole account numbers."""
    _put("ibcli.broker.scrub", "mask_accounts", lambda text: text)


def doubt_is_success() -> None:
    """A command that ends in doubt ends with exit code 0."""
    _put("ibcli.errors:OutcomeUnknownError", "exit_code", 0)


MUTANTS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        random_names,
        unannounced,
        announced_late,
        blind_look,
        no_doubt,
        renamed,
        stop_not_sent,
        stop_not_planned,
        half_left,
        sent_twice,
        not_alone,
        stop_stays,
        not_put_back,
        never_already,
        always_anew,
        torn_believed,
        token_logged,
        account_logged,
        doubt_is_success,
    )
}


def hunted(names: str, days: int, first: int) -> tuple[int, Outcome | None]:
    """How many days it takes until something is found, and that day; None: nothing was."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chaos.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, MUTANT: names},
    )
    found: tuple[int, Outcome | None] = days, None
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without its pipes")
    for number, seed in enumerate(range(first, first + days), 1):
        process.stdin.write(f"{seed}\n")
        process.stdin.flush()
        outcome = Outcome.of_line(process.stdout.readline())
        if not outcome.good:
            found = number, outcome
            break
    process.communicate()
    return found


def main() -> int:
    """How many mutants were not found."""
    parser = argparse.ArgumentParser(prog="python -m chaos.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="all; several at once are joined by +")
    parser.add_argument("--days", type=int, default=60, help="at most, for each; 60")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed; 1")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = parser.parse_args()
    names = told.names or list(MUTANTS)
    missed = 0
    with ThreadPoolExecutor(told.workers) as pool:
        hunts = pool.map(partial(hunted, days=told.days, first=told.first), names)
        for name, (days, outcome) in zip(names, hunts, strict=True):
            missed += outcome is None
            what = "; ".join(outcome.findings[:2]) if outcome else "NOT FOUND"
            sys.stdout.write(f"| {name} | {days} | {what[:300]} |\n")
            sys.stdout.flush()
    return missed


if __name__ == "__main__":
    sys.exit(main())
