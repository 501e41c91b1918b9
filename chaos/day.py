"""A day run with ibcli: wave after wave, then the evening, when all faults are over."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chaos.command_lines import task_words
from chaos.evidence import Ended, Evidence, books_of, intents_in
from chaos.kinds import Kind
from chaos.plan import Mishap, Start, Task, Verb, When
from chaos.said import is_disk_trouble
from chaos.striking import Striking
from chaos.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.desk import Desk
    from chaos.evidence import Books
    from chaos.plan import Day, Wave
    from chaos.processes import Running
    from ibcli.sim.faults import Fault

_SIGNALS = {Kind.KILLED: signal.SIGKILL, Kind.TERMINATED: signal.SIGTERM}
_HANGS = 25.0  # seconds after which a process is put down
_TURN = 0.01
_EVENING_RUNS = 6
_LONGEST_PENALTY = 130.0
_MINUTE = 64.0
_LONGEST_PAUSE = 16.0
_CHANGES = (Verb.CANCEL, Verb.MODIFY, Verb.CLOSE)


@dataclass
class Going:
    """A process on its way."""

    start: Start
    argv: list[str]
    running: Running
    began: float
    mishap: Mishap | None
    fault: Fault | None = None  # that holds it at a request
    signalled: str = ""
    evening: bool = False


@dataclass
class DayRun:
    """One day at a desk, in a folder of its own; ``say`` is told what happens."""

    desk: Desk
    day: Day
    folder: Path
    say: Callable[[str], None] = lambda _: None
    ended: list[Ended] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    secrets: set[str] = field(default_factory=set)
    reconciled: int | None = None
    books: Books | None = None

    def run(self) -> Evidence:
        """All of it, and what is known then."""
        began, cpu = time.monotonic(), time.process_time()
        self.desk.begin(self.day, self.folder)
        witness = Witness(self.desk.sim, self.folder / "state")
        if self.day.scene.daylight_saving:
            self.faults[Kind.DAYLIGHT_SAVING] += 1
        for number, wave in enumerate(self.day.waves, 1):
            self.say(f"-- wave {number}: {', '.join(t.kind for t in wave.troubles) or 'calm'}")
            witness.may_be_dead = any(_is_signalled(start) for start in wave.starts)
            self.desk.sim.faults.put(witness)
            self.wave(wave)
        self.say("-- evening")
        witness.may_be_dead = False
        self.desk.sim.faults.put(witness)
        self.evening()
        intents, executions = intents_in(self.folder / "state")
        return Evidence(
            day=self.day,
            conids=self.desk.conids(self.day),
            books=self.books or books_of(self.desk.sim),
            intents=intents,
            executions=executions,
            ended=tuple(self.ended),
            secrets=tuple(self.secrets | self._kept_secrets()),
            account=self.desk.sim.options.account,
            files=_texts(self.folder),
            modes=_modes(self.folder),
            patience=patience(),
            reconciled=self.reconciled,
            witnessed=tuple(witness.seen),
            faults=dict(self.faults),
            kills=dict(self.kills),
            requests=len(self.desk.sim.requests),
            seconds=time.monotonic() - began,
            cpu=time.process_time() - cpu,
        )

    # -- a wave ----------------------------------------------------------------------------------

    def wave(self, wave: Wave) -> None:
        """Its processes, in the midst of its troubles."""
        striking = Striking(self.desk.sim, self.desk.clock)
        striking.put(wave.troubles)
        doors = str(self.folder / "doors") if _has_refusals(wave) else ""
        due = [
            (start.after / 1000, start, place)
            for start in wave.starts
            for place in range(start.times)
        ]
        due.sort(key=lambda each: each[0])
        began, going = time.monotonic(), list[Going]()
        while due or going:
            while due and due[0][0] <= time.monotonic() - began:
                _, start, place = due.pop(0)
                going.append(self.begin(start, start.mishap if place == 0 else None, doors))
            striking.look()
            for one in list(going):
                if self.attend(one, _TURN / max(1, len(going))):
                    going.remove(one)
        self._note_secrets()
        hits = striking.end()
        self.make_writable()
        for kind, times in hits.items():
            self.faults[kind] += times
        if doors and (times := _refused(self.folder / "doors", striking.refusing())):
            self.faults[Kind.REFUSED] += times

    def begin(self, start: Start, mishap: Mishap | None, doors: str = "") -> Going:
        """A process, and what is to happen to it."""
        argv = self.words(start)
        burdens: dict[str, Any] = {"doors": doors} if doors else {}
        step, fault = None, None
        if mishap is not None:
            step = _step(mishap)
            if mishap.when is When.START and mishap.kind is Kind.CLIENT_CLOCK:
                burdens["clock"] = mishap.seconds
                self.faults[Kind.CLIENT_CLOCK] += 1
            elif mishap.when is When.START and mishap.kind is Kind.DISK_FULL:
                burdens["full"] = True
                self.faults[Kind.DISK_FULL] += 1
            elif mishap.kind is Kind.READ_ONLY:
                burdens["meek"] = True
                self.make_writable(False)
            elif mishap.when is When.REQUEST:
                fault = self.desk.sim.faults.add(
                    mishap.path, skip=mishap.number, hold=mishap.hold, if_gone=mishap.if_gone
                )
        environment = self.desk.environment(self.folder, start.zone)
        running = self.desk.parent.begin(argv, environment, self.folder, step, **burdens)
        return Going(start, argv, running, time.monotonic(), mishap, fault)

    def attend(self, one: Going, seconds: float) -> bool:
        """Look after a process for a moment; True when it has ended."""
        mishap, lived = one.mishap, time.monotonic() - one.began
        if mishap is not None and mishap.kind in _SIGNALS and not one.signalled:
            is_due = mishap.when is When.INSTANT and lived * 1000 >= mishap.number
            if is_due or (one.fault is not None and one.fault.reached.is_set()):
                self._signal(one, mishap)
        code = one.running.wait(seconds)
        if code is None and lived > _HANGS * patience():
            one.running.send_signal(signal.SIGKILL)
            one.running.wait(5.0)
            self._over(one, None)
            return True
        if code is not None:
            self._over(one, code)
        return code is not None

    def _signal(self, one: Going, mishap: Mishap) -> None:
        if one.running.wait(0.0) is not None:
            return
        one.running.send_signal(_SIGNALS[mishap.kind])
        one.signalled = mishap.kind
        if mishap.kind is Kind.KILLED or one.running.wait(3.0) is not None:
            while one.running.wait(1.0) is None:
                pass
        if one.fault is not None:
            one.fault.release()

    def _over(self, one: Going, code: int | None) -> None:
        out, err = one.running.said
        err, _, passed = err.partition("\nsteps: ")
        self._strike(one, code, int(passed) if passed.strip().isdecimal() else None)
        if one.fault is not None:
            one.fault.count = 0
            one.fault.release()
        seconds = time.monotonic() - one.began
        mishap = one.mishap
        ended = Ended(
            one.start,
            tuple(one.argv),
            code,
            out,
            err,
            seconds,
            one.signalled,
            one.evening,
            (mishap is not None and is_disk_trouble(mishap.kind)) or self._somebody_else_full(),
        )
        self.ended.append(ended)
        self.say(
            f"$ ibcli {' '.join(one.argv)}\n  {mishap or ''}\n  exit {code} {one.signalled}"
            f" after {seconds:.2f} s\n{out}\n{err}"
        )

    def _somebody_else_full(self) -> bool:
        """As an owner who is not root, everyone in the wave finds the folder read-only."""
        return not (self.folder / "state").stat().st_mode & 0o200

    def _strike(self, one: Going, code: int | None, passed: int | None) -> None:
        """Count what truly happened to a process."""
        mishap = one.mishap
        if mishap is None:
            return
        if mishap.kind in _SIGNALS:
            number = _SIGNALS[mishap.kind]
            if mishap.when is When.STEP and (passed or 0) >= mishap.number:
                one.signalled = mishap.kind
            if mishap.when is When.STEP and code in (-number, 128 + number):
                one.signalled = mishap.kind
            if one.signalled and code in (-number, 128 + number):
                self.faults[mishap.kind] += 1
                self.kills[f"{mishap.kind} {mishap.when}"] += 1
        elif mishap.kind is Kind.READ_ONLY or (
            mishap.when is When.STEP and (passed or 0) >= mishap.number
        ):
            self.faults[mishap.kind] += 1

    def make_writable(self, writable: bool = True) -> None:
        """The state folder and what lies in it."""
        state = self.folder / "state"
        paths = [state, *state.rglob("*")]
        if bool(state.stat().st_mode & 0o200) is writable:
            return
        for path in paths:
            is_folder = path.is_dir()
            kept, gone = (0o700, 0o500) if is_folder else (0o600, 0o400)
            path.chmod(kept if writable else gone)

    # -- words -----------------------------------------------------------------------------------

    def words(self, start: Start) -> list[str]:
        """The command line of a start."""
        order = self.day.orders[start.task.order]
        words = task_words(start.task, order)
        if start.task.verb is Verb.MODIFY:
            words += [*self.change(start.task), "--json"]
        words += ["--deadline", str(start.deadline)]
        return [*words, *(["--debug"] if start.debug else [])]

    def change(self, task: Task) -> list[str]:
        """Number and change of an order of that job's, as a trader would read them off a list."""
        conids = self.desk.conids(self.day)
        wanted = {conids[leg] for leg in self.day.orders[task.order].legs}
        found = [
            order
            for order in books_of(self.desk.sim).orders
            if order.parent is None and {leg.conid for leg in order.legs} <= wanted
        ]
        if not found:
            return ["999", "--tif", "GTC"]
        order = next((each for each in found if each.working), found[0])
        if task.words == "tif" or order.price is None:
            return [str(order.id), "--tif", "GTC"]
        price = (order.price * Decimal(task.words)).quantize(Decimal("0.01"))
        return [str(order.id), "--limit", str(price)]

    # -- the evening -----------------------------------------------------------------------------

    def evening(self) -> None:
        """Cron runs everything once more, then what a trader does: reconcile."""
        for number in range(len(self.day.orders)):
            self.until_done(Start(Task(Verb.ORDER, number)))
        for ended in [each for each in self.ended if each.start.task.verb in _CHANGES]:
            task = ended.start.task
            codes = [e.code for e in self.ended if e.start.task == task]
            if 0 not in codes and not any(
                e.is_evening and e.start.task == task for e in self.ended
            ):
                self.until_done(Start(task), ended.argv)
        for number in range(2 * _EVENING_RUNS):
            before = books_of(self.desk.sim)
            self.once(Start(Task(Verb.RECONCILE, words="fix")))
            self.reconciled = self.once(Start(Task(Verb.RECONCILE)))
            self.books = books_of(self.desk.sim)
            if self.reconciled == 0 and self.books == before:  # an order may be filled meanwhile
                break
            self.wait_a_while(number)

    def until_done(self, start: Start, argv: tuple[str, ...] = ()) -> None:
        """Run it until it says that it is done, or refuses."""
        for number in range(_EVENING_RUNS):
            if self.once(start, argv) not in (4, 7, 8, 10):
                return
            self.wait_a_while(number)

    def wait_a_while(self, number: int) -> None:
        """For what is held against this machine to be over: cron comes later."""
        last = self.ended[-1]
        error = last.document.get("error") or {}
        said = f"{error.get('message', '')} {error.get('hint', '')}"
        if found := re.search(r"until (\S+Z)", said):
            until = datetime.fromisoformat(found[1]) - datetime.now(UTC)
            time.sleep(max(0.0, min(_LONGEST_PENALTY, until.total_seconds() + 1)))
        elif last.code in (4, 8) and "login" in said:
            time.sleep(_MINUTE / (_EVENING_RUNS - 1))  # two logins within a minute are one too many
        elif last.code in (4, 10):
            time.sleep(min(_LONGEST_PAUSE, 2.0**number))
        elif last.code in (7, 8):
            time.sleep(min(_LONGEST_PAUSE, 0.25 * number))

    def once(self, start: Start, argv: tuple[str, ...] = ()) -> int | None:
        """Run it."""
        one = self.begin(start, None)
        one.evening = True
        while not self.attend(one, 1.0):
            pass
        return self.ended[-1].code

    # -- secrets ---------------------------------------------------------------------------------

    def _note_secrets(self) -> None:
        with self.desk.sim.sim.store.transaction() as db:
            rows = db.execute("SELECT value FROM live_token").fetchall()
        self.secrets |= {row[0] for row in rows}

    def _kept_secrets(self) -> set[str]:
        self._note_secrets()
        environment = self.desk.sim.env()
        return {
            environment[name]
            for name in ("IB_ACCESS_TOKEN", "IB_ACCESS_TOKEN_SECRET")
            if environment.get(name)
        } | {
            line
            for credential in self.desk.sim.sim.keys.credentials
            for line in (credential.secret,)
        }


def patience() -> float:
    """How many processes want each processor; 1 on an idle machine."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _step(mishap: Mishap) -> tuple[int, str] | None:
    if mishap.when is not When.STEP:
        return None
    deeds = {
        Kind.KILLED: "kill",
        Kind.TERMINATED: "term",
        Kind.DISK_FULL: "full",
        Kind.CLIENT_CLOCK: f"clock {mishap.seconds}",
    }
    return mishap.number, deeds[mishap.kind]


def _is_signalled(start: Start) -> bool:
    return start.mishap is not None and start.mishap.kind in _SIGNALS


def _has_refusals(wave: Wave) -> bool:
    return any(trouble.kind is Kind.REFUSED for trouble in wave.troubles)


def _refused(doors: Path, refusing: list[tuple[float, float]]) -> int:
    """How many connections were asked for while nobody listened."""
    if not doors.exists():
        return 0
    instants = [float(line) for line in doors.read_text().split()]
    return sum(since + 0.005 < at < until for at in instants for since, until in refusing)


def _texts(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("latin-1")
        for name in ("state", "cache")
        for path in (folder / name).rglob("*")
        if path.is_file()
    }


def _modes(folder: Path) -> dict[str, int]:
    paths = [folder / "state", *(folder / "state").rglob("*")]
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in paths}
