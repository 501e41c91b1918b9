"""The same day run with the plain program: same waves, same faults, same ends of processes."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from benchmarks.homes import ibind_settings
from chaos.day import DayRun
from chaos.desk import Desk
from chaos.kinds import Kind
from chaos.plain.audit import audit
from chaos.plain.ready import PlainParent
from chaos.plain.sheets import deed_words, sheet
from chaos.plan import Start, Task, Verb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.day import Going
    from chaos.evidence import Evidence
    from chaos.outcome import Outcome
    from chaos.plan import Day

_SIGNALS = {Kind.KILLED: signal.SIGKILL, Kind.TERMINATED: signal.SIGTERM}
_CHANGES = (Verb.CANCEL, Verb.MODIFY, Verb.CLOSE)


class PlainDesk(Desk):
    """A worker's desk for the plain program, which remembers nothing that could be warm."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.parent = self.plain = PlainParent()

    def __enter__(self) -> Self:
        self.sim.__enter__()
        self.plain.environment = ibind_settings(self.sim.env(), self.folder)
        self.plain.__enter__()
        return self

    def begin(self, day: Day, folder: Path) -> None:
        """Set the broker to the day's scene, and lay out the sheets and a folder for notes."""
        self._open(day.scene)
        (folder / "state").mkdir(parents=True)
        for order in day.orders:
            path = folder / f"{order.job}.json"
            path.write_text(json.dumps(sheet(order)), encoding="utf-8")

    def environment(self, folder: Path, zone: str = "UTC") -> dict[str, str]:
        """All that a process is told: the names that ibind's README gives, and where notes lie."""
        return {
            **ibind_settings(self.sim.env(), folder),
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TZ": zone,
            "PLAIN_NOTES": str(folder / "state"),
        }


@dataclass
class PlainRun(DayRun):
    """One day of the plain program."""

    def run(self) -> Evidence:
        """All of it; who may read its notes is not looked at."""
        return replace(super().run(), modes={})

    def words(self, start: Start) -> list[str]:
        """The command line of a start."""
        return deed_words(start.task, self.day.orders[start.task.order])

    def evening(self) -> None:
        """Cron runs every job once more, and whatever change did not succeed."""
        for number in range(len(self.day.orders)):
            self.once(Start(Task(Verb.ORDER, number)))
        tasks = {one.start.task: None for one in self.ended if one.start.task.verb in _CHANGES}
        for task in tasks:
            if 0 not in [one.code for one in self.ended if one.start.task == task]:
                self.once(Start(task))

    def _strike(self, one: Going, code: int | None, passed: int | None) -> None:
        """Count what truly happened; ibind hears SIGTERM, logs out, and goes on."""
        mishap = one.mishap
        if mishap is None or mishap.kind not in _SIGNALS:
            super()._strike(one, code, passed)
            return
        number = _SIGNALS[mishap.kind]
        if one.signalled or code == -number or (passed or 0) >= mishap.number > 0:
            self.faults[mishap.kind] += 1
            self.kills[f"{mishap.kind} {mishap.when}"] += 1


def run_plain(
    desk: PlainDesk, day: Day, folder: Path, say: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Run a day in a folder that is empty, and judge it."""
    return audit(PlainRun(desk, day, folder, say).run())
