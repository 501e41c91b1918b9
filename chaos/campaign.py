"""Many days, several side by side, each outcome written down as it comes."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chaos.outcome import Outcome, outcomes_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass
class Campaign:
    """Runs the seeds that the file of results does not have yet."""

    results: Path
    workers: int
    say: Callable[[str], None]
    module: str = "chaos.worker"
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, seeds: Sequence[int]) -> list[Outcome]:
        """All of them; the outcomes of these seeds."""
        self.results.parent.mkdir(parents=True, exist_ok=True)
        known = {outcome.seed for outcome in outcomes_in(self.results)}
        left: queue.SimpleQueue[int] = queue.SimpleQueue()
        for seed in seeds:
            if seed not in known:
                left.put(seed)
        self.say(f"{left.qsize()} days to run, {len(known)} in {self.results} already")
        threads = [
            threading.Thread(target=self._work, args=(left,))
            for _ in range(min(self.workers, left.qsize()))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wanted = set(seeds)
        return [outcome for outcome in outcomes_in(self.results) if outcome.seed in wanted]

    def _work(self, left: queue.SimpleQueue[int]) -> None:
        process: subprocess.Popen[str] | None = None
        while True:
            try:
                seed = left.get_nowait()
            except queue.Empty:
                break
            if process is None:
                process = self._worker()
            outcome = self._day(process, seed)
            if process.poll() is not None:
                process = None
            self._note(outcome)
        if process is not None:
            process.communicate()

    def _worker(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )

    @staticmethod
    def _day(process: subprocess.Popen[str], seed: int) -> Outcome:
        try:
            _stream(process.stdin).write(f"{seed}\n")
            _stream(process.stdin).flush()
            line = _stream(process.stdout).readline()
        except BrokenPipeError:
            line = ""
        if line:
            return Outcome.of_line(line)
        code = process.wait()
        return Outcome(seed, wrong=1, findings=(f"the worker ended with {code}",))

    def _note(self, outcome: Outcome) -> None:
        with self._lock:
            with self.results.open("a") as file:
                file.write(outcome.line() + "\n")
            for finding in outcome.findings:
                self.say(f"seed {outcome.seed}: {finding}")


def _stream(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise BrokenPipeError
    return stream


def summary(outcomes: Sequence[Outcome]) -> str:
    """The figures of all, as lines of text."""
    faults: Counter[str] = Counter()
    kills: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for outcome in outcomes:
        faults.update(outcome.faults)
        kills.update(outcome.kills)
        codes.update(outcome.codes)
    names = ("orders", "stops", "fills", "commands", "requests", "doubts", "settled", "doubts_told")
    harms = ("duplicates", "lost", "unprotected", "leaks", "unsettled", "wrong")
    lines = [f"{len(outcomes)} days, {sum(not each.good for each in outcomes)} with findings"]
    for group in (names, harms):
        sums = (f"{name} {sum(getattr(each, name) for each in outcomes)}" for name in group)
        lines.append(", ".join(sums))
    for name, counts in (("faults", faults), ("kills", kills), ("exit codes", codes)):
        told = (f"{kind} {times}" for kind, times in counts.most_common())
        lines.append(f"{name}: " + ", ".join(told))
    seconds = sum(each.seconds for each in outcomes)
    lines.append(f"{seconds:.0f} seconds, {seconds / max(1, len(outcomes)):.1f} a day")
    return "\n".join(lines)
