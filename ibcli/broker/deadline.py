"""One deadline for the whole life of a command."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from typing import TYPE_CHECKING, Self

from ibcli.errors import IncompleteError
from ibcli.stopping import is_put_off, safe_point

if TYPE_CHECKING:
    from collections.abc import Callable


_EXTENDED = 40.0  # seconds
_DEAF = 0.25  # seconds for which a signal that is put off may have to wait


@dataclass(slots=True)
class Deadline:
    """An instant of the monotonic clock after which nothing more is waited for.

    All that belongs to one command shares one. ``clock`` gives seconds (monotonic);
    ``sleeper`` waits for a number of seconds.
    """

    at: float
    clock: Callable[[], float] = field(default=monotonic, repr=False)
    sleeper: Callable[[float], None] = field(default=sleep, repr=False)
    is_extended: bool = field(default=False, init=False)

    @classmethod
    def after(cls, seconds: float) -> Self:
        """A deadline this many seconds from now."""
        return cls(monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.at - self.clock())

    @property
    def passed(self) -> bool:
        """Whether nothing is left."""
        return self.remaining <= 0

    def extend(self) -> None:
        """Give everybody who shares it 40 seconds from now, once: an entry lacks its stop.

        What is undertaken against that must not fail for want of time.
        """
        if not self.is_extended:
            self.is_extended = True
            self.at = max(self.at, self.clock() + _EXTENDED)

    def at_least(self, seconds: float) -> Deadline:
        """This deadline, or one this many seconds from now if that is later: to tidy up."""
        return replace(self, at=max(self.at, self.clock() + seconds))

    def sleep(self, seconds: float) -> None:
        """Wait this long, or until the deadline if that is sooner."""
        left = min(seconds, self.remaining)
        while is_put_off() and left > _DEAF:
            self.sleeper(_DEAF)
            left -= _DEAF
            safe_point()
        self.sleeper(left)
        safe_point()

    def check(self, what: str) -> None:
        """Raise IncompleteError, saying what was being waited for, once the deadline has passed."""
        if self.passed:
            raise IncompleteError(
                f"The deadline passed while {what}.",
                hint="Give it longer with --deadline SECONDS.",
                code="deadline",
                retryable=True,
            )
