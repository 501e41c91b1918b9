"""The order in which locks are taken, everywhere the same, so that no two can wait for each other.

Checked whenever one is taken: what is taken out of order is a bug, and raises RuntimeError before
anybody waits.

===========  ==================================  ==========================  ======================
lock         what it is                          held across                 at most
===========  ==================================  ==========================  ======================
ACCOUNT      orders-*.lock, of all processes     all that an order takes     the holder's deadline,
                                                                             and the hearing out of
                                                                             what it has sent
ACCOUNTS     of the threads of one process       GET /iserver/accounts       the deadline
LOGIN        login-*.login.lock, of all          the login, ssodh/init,      the deadline
                                                 auth/status
KEPT_LOGIN   login-*.lock, of all                nothing                     a file's replacement
JOURNAL      SQLite's, of all who write          nothing                     a transaction
CACHE        SQLite's, and of the threads        nothing                     a transaction
PACE         pace-*, and of the threads          nothing                     a file's change
===========  ==================================  ==========================  ======================

A thread takes them from the top downwards. The last four are leaves: who holds one takes no other
and sends nothing. Locks within one module (a launch's, a thread pool's) hold no other at all.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Rank(IntEnum):
    """A lock's place in the order."""

    ACCOUNT = 1
    ACCOUNTS = 2
    LOGIN = 3
    KEPT_LOGIN = 4
    JOURNAL = 5
    CACHE = 6
    PACE = 7

    @property
    def is_leaf(self) -> bool:
        """Whether nothing may be taken, and nothing sent, while it is held."""
        return self >= Rank.KEPT_LOGIN


class _Held(threading.local):
    """What this thread holds, in the order in which it was taken."""

    def __init__(self) -> None:
        self.ranks: list[Rank] = []


_held = _Held()


@contextmanager
def ranked(rank: Rank) -> Iterator[None]:
    """Take a lock of this rank inside, and let it go inside. Raises RuntimeError out of order."""
    ranks = _held.ranks
    if ranks and (ranks[-1] >= rank or ranks[-1].is_leaf):
        raise RuntimeError(f"the lock {rank.name} is taken while {ranks[-1].name} is held")
    ranks.append(rank)
    try:
        yield
    finally:
        ranks.pop()


def check_wire() -> None:
    """Raise RuntimeError if this thread holds a lock that no request may be sent under."""
    if _held.ranks and _held.ranks[-1].is_leaf:
        raise RuntimeError(f"a request is sent while the lock {_held.ranks[-1].name} is held")
