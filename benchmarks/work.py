"""What a benchmark is made of: sections of rows, each row some samples of one program's run."""

from __future__ import annotations

import re
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

from benchmarks.broker import Broker
from benchmarks.homes import Home
from benchmarks.process import BenchmarkError, run, run_together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.bounds import Bound
    from benchmarks.broker import Asked
    from benchmarks.process import Job, Ran

IBKR_RATE = 10
"""Requests a second that IBKR allows (its pacing page)."""

RAISED_RATE = 50
"""What it allows some users (an older page of its own)."""

_QUIET = 1.2  # seconds after which earlier requests hold nothing up


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. Seconds and bytes; ``bound`` is what its own work needs at least, ``failures``
    counts its processes that ended badly; ``parts`` has the processor seconds of some of its work.
    """

    wall: float
    cpu: float
    memory: int
    began: float = 0.0
    asked: Asked | None = None
    bound: Bound | None = None
    failures: int = 0
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. ``rate``: the requests a second that it keeps to; None: it makes
    none, or does not pace itself (``is_peer``). ``against``: the row that it is compared with.
    """

    key: str
    title: str
    rate: int | None = None
    against: str | None = None
    is_peer: bool = False


Results = dict[str, list[Sample]]
"""Samples by row."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report. ``take`` runs it."""

    name: str
    title: str
    text: str
    rows: tuple[Row, ...]
    take: Callable[[Bench], Results]


@dataclass
class Bench:
    """The brokers and folders of one run; a context manager. ``quick`` takes every sample once, of
    the smallest work; ``most`` is how often one is taken at most; ``only`` has the sections or rows
    to take, where it names any.
    """

    quick: bool = False
    most: int | None = None
    only: tuple[str, ...] = ()
    _stack: ExitStack = field(default_factory=ExitStack)
    _brokers: dict[tuple[int, bool], Broker] = field(default_factory=dict)
    folder: Path = Path()

    def __enter__(self) -> Self:
        self.folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="ibcli-bench-")))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ours(self, rate: int) -> Broker:
        """The broker for ibcli: the limit is enforced."""
        return self._broker(rate, enforced=True)

    @property
    def lenient(self) -> Broker:
        """The broker for programs that do not pace themselves: it counts, and answers all."""
        return self._broker(IBKR_RATE, enforced=False)

    def _broker(self, rate: int, *, enforced: bool) -> Broker:
        found = self._brokers.get((rate, enforced))
        if found is None:
            folder = self.folder / f"broker-{rate}-{'enforced' if enforced else 'lenient'}"
            found = self._stack.enter_context(Broker(folder, rate=rate, enforced=enforced))
            self._brokers[rate, enforced] = found
        return found

    def home(self) -> Home:
        """A home in which nothing is remembered."""
        return Home.new(self.folder)

    def wants(self, key: str) -> bool:
        """Whether a row is to be taken."""
        return not self.only or key in self.only or key.partition(".")[0] in self.only

    def alternate(self, takes: Mapping[str, Callable[[], Sample]], times: int) -> Results:
        """Each of them so often, in turns, so that what else the machine does meets all alike.
        Who begins changes.
        """
        keys = [key for key in takes if self.wants(key)]
        results: Results = {key: [] for key in keys}
        most = 1 if self.quick else self.most
        for number in range(times if most is None else min(times, most)):
            for key in _turned(keys, number):
                sample = _taken(takes[key])
                results[key].append(sample)
                say(f"  {key}: {sample.wall:.2f} s, {sample.cpu:.2f} s CPU")
        return results


def _turned(keys: list[str], number: int) -> list[str]:
    first = number % len(keys) if keys else 0
    return keys[first:] + keys[:first]


def _taken(take: Callable[[], Sample]) -> Sample:
    """A run that went wrong is repeated once, and counts as a failure.

    Raises:
        BenchmarkError: when it goes wrong again.
    """
    try:
        return take()
    except BenchmarkError as error:
        say(f"  once more: {error}")
        again = take()
        return replace(again, failures=again.failures + 1)


def say(words: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def quiet(seconds: float = _QUIET) -> None:
    """Wait until what was asked in preparation no longer counts towards any limit."""
    time.sleep(seconds)


def prepare(job: Job) -> Ran:
    """Run what has to come before.

    Raises:
        BenchmarkError: when it fails.
    """
    ran = run(job)
    if ran.code != 0:
        raise BenchmarkError(f"preparation failed with {ran.code}: {ran.err.strip()[-300:]}")
    return ran


def measured(job: Job, broker: Broker | None = None, *, code: int = 0) -> tuple[Sample, Ran]:
    """Run a program that should end with this exit code."""
    sample, (ran,) = _sampled([job], broker, code)
    return sample, ran


def measured_together(jobs: Sequence[Job], broker: Broker) -> tuple[Sample, list[Ran]]:
    """Run several at once: time until the last has ended, processor time of all, memory of the
    greatest.
    """
    return _sampled(jobs, broker, 0)


def _complaint(ran: Ran) -> str:
    """The first line that names an error."""
    lines = (ran.err or ran.out).strip().splitlines()
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (named or lines[-1:] or [""])[0][:160]


def _sampled(jobs: Sequence[Job], broker: Broker | None, code: int) -> tuple[Sample, list[Ran]]:
    if broker is not None:
        broker.mark()
    runs = run_together(jobs)
    for ran in runs:
        if ran.code != code:
            say(f"  failed with {ran.code}: {_complaint(ran)}")
    began = min(ran.began for ran in runs)
    sample = Sample(
        wall=max(ran.began + ran.wall for ran in runs) - began,
        cpu=sum(ran.cpu for ran in runs),
        memory=max(ran.memory for ran in runs),
        began=began,
        asked=None if broker is None else broker.asked(),
        failures=sum(ran.code != code for ran in runs),
    )
    return sample, runs
