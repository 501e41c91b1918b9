"""A clock that runs ahead instead of waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ibcli.broker.deadline import Deadline


@dataclass
class Hurry:
    """Real time, plus all that would have been slept."""

    skipped: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return time.time() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.skipped += seconds

    def deadline(self, seconds: float = 60) -> Deadline:
        return Deadline(self.now() + seconds, clock=self.now, sleeper=self.sleep)
