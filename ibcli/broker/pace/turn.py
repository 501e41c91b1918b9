"""One request's turn, from its slot to its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.pace.rules import is_limited_at_once

if TYPE_CHECKING:
    from ibcli.broker.deadline import Deadline
    from ibcli.broker.pace.gate import Pace


class Turn:
    """A slot, and another one if it was not used in time. Raises as ``Pace.enter`` does."""

    def __init__(self, pace: Pace, method: str, path: str, deadline: Deadline) -> None:
        self._pace = pace
        self._method = method
        self._path = path
        self._slot = pace.enter(method, path, deadline)
        self._is_over = False

    def renew(self, deadline: Deadline) -> None:
        """The first byte is the next thing to leave: wait for another slot if this one is too old.

        The connection took its time, or the process was stopped. Raises as ``Pace.enter`` does.
        """
        while not self.is_good:
            self._slot = self._pace.enter(self._method, self._path, deadline, self._slot)

    @property
    def is_good(self) -> bool:
        """Whether the slot may be used now."""
        return self._pace.is_good(self._slot)

    def sent(self) -> None:
        """The first bytes have left. If that was too late (the process was stopped at that very
        instant) it counts from now on, so that those who come next wait.
        """
        if not self.is_good:
            self._slot = self._pace.overdue(self._method, self._path, self._slot)
            if self._is_over:  # nobody waits for the answer any more
                self._pace.leave(self._slot)

    def heard(self) -> None:
        """The answer has begun: the request has arrived, whatever the rest of the answer takes."""
        if not is_limited_at_once(self._path):
            self.end()

    def end(self) -> None:
        """The answer is there, or will not come."""
        if not self._is_over:
            self._is_over = True
            self._pace.leave(self._slot)
