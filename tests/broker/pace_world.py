"""A world in which to try the pacing: processes with clocks of their own, a network, a server.

Each process is real code of the client on a real file; time is not, and one of them runs at a time,
so that a seed gives the same course of events again.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.broker.deadline import Deadline
from ibcli.broker.pace import Pace

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

BEGINNING = 1_800_000_000.0
_PATIENCE = 600.0  # seconds that each request may wait for its turn


class EndedError(BaseException):
    """The world is over: what never went on ends now."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One request to make: after a pause, with these seconds on the way out and back."""

    path: str
    method: str = "GET"
    pause: float = 0.0
    out: float = 0.0
    back: float = 0.0


@dataclass(slots=True)
class Trip:
    """One request that was made, in the world's time."""

    journey: Journey
    asked: float
    sent: float
    disturbed: bool  # its process was stopped while it waited

    @property
    def arrived(self) -> float:
        return self.sent + self.journey.out


@dataclass(frozen=True, slots=True)
class Mishaps:
    """What befalls a thread that sleeps: chances from 0 to 1, and the most seconds."""

    oversleeps: float = 0.0
    stop: float = 0.0
    stopped_for: float = 8.0
    death: float = 0.0


@dataclass
class World:
    """Its events, one after another, and what came to the server."""

    rng: random.Random
    mishaps: Mishaps = Mishaps()
    now: float = BEGINNING
    trips: list[Trip] = field(default_factory=list)
    looks: int = 0
    threads: list[Thread] = field(default_factory=list)
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def at(self, when: float, event: Callable[[], None]) -> None:
        heapq.heappush(self.events, (when, next(self.numbers), event))

    def process(self, pace: Pace, skew: float, plans: Sequence[Sequence[Journey]]) -> None:
        """One process, a thread for each plan; its clock is off by so many seconds."""
        for plan in plans:
            thread = Thread(self, pace, skew, plan)
            self.threads.append(thread)
            self.at(self.now, thread.resume)

    def pace(self, folder: Path, limit: int, skew: float = 0.0) -> Pace:
        return Pace(folder, "x", limit, lambda: self.now + skew)

    def run(self) -> None:
        """Until nothing happens any more. Raises what any thread raised."""
        while self.events:
            when, _, event = heapq.heappop(self.events)
            self.now = max(self.now, when)
            event()
        for thread in self.threads:
            thread.end()
        for thread in self.threads:
            if thread.error is not None:
                raise thread.error

    def dead(self) -> int:
        return sum(thread.is_dead for thread in self.threads)


class Thread:
    """Makes its requests one after another."""

    def __init__(self, world: World, pace: Pace, skew: float, plan: Sequence[Journey]) -> None:
        self.world, self.pace, self.plan, self.skew = world, pace, plan, skew
        self.is_dead = self.is_over = self.disturbed = False
        self.made = 0
        self.error: Exception | None = None
        self._go, self._gone = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def clock(self) -> float:
        return self.world.now + self.skew

    def resume(self) -> None:
        """Run it up to where it waits for time to pass."""
        self._go.release()
        self._gone.acquire()

    def end(self) -> None:
        if self._thread.is_alive():
            self.is_over = True
            self.resume()
        self._thread.join()

    def _wait_until(self, when: float) -> None:
        if not self.is_dead:
            self.world.at(when, self.resume)
        self._gone.release()
        self._go.acquire()
        if self.is_over:
            raise EndedError

    def sleep(self, seconds: float) -> None:
        """What befalls those who sleep."""
        world, chance = self.world, self.world.rng.random()
        world.looks += 1
        late = world.rng.uniform(0, world.mishaps.oversleeps)
        if chance < world.mishaps.death:
            self.is_dead = True
        elif chance < world.mishaps.death + world.mishaps.stop:
            self.disturbed = True
            late += world.rng.uniform(0, world.mishaps.stopped_for)
        self._wait_until(world.now + seconds + late)

    def _run(self) -> None:
        self._go.acquire()
        try:
            for journey in self.plan:
                self._make(journey)
        except EndedError:
            pass
        except Exception as error:  # noqa: BLE001 -- it is raised where the world is run
            self.error = error
        finally:
            self._gone.release()

    def _make(self, journey: Journey) -> None:
        world = self.world
        self._wait_until(world.now + journey.pause)
        asked, self.disturbed = world.now, False
        deadline = Deadline(self.clock() + _PATIENCE, clock=self.clock, sleeper=self.sleep)
        key = self.pace.enter(journey.method, journey.path, deadline)
        self.made += 1
        world.trips.append(Trip(journey, asked, world.now, self.disturbed))
        if world.rng.random() < world.mishaps.death:
            self.is_dead = True  # sent, and nobody there to hear the answer
        self._wait_until(world.now + journey.out + journey.back)
        self.pace.leave(key)
