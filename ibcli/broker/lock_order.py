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
from enum import IntEnum


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

    ranks: tuple[Rank, ...] = ()


_held = _Held()


class ranked:  # noqa: N801 -- used as a function is
    """Take a lock of this rank inside, and let it go inside. Raises RuntimeError out of order.

    Each change is one step, between whose parts no signal's exception comes.
    """

    __slots__ = ("_before", "_rank")

    def __init__(self, rank: Rank) -> None:
        self._rank = rank
        self._before: tuple[Rank, ...] = ()

    def __enter__(self) -> None:
        before, rank = _held.ranks, self._rank
        if before and (before[-1] >= rank or before[-1].is_leaf):
            raise RuntimeError(f"the lock {rank.name} is taken while {before[-1].name} is held")
        self._before = before
        _held.ranks = (*before, rank)

    def __exit__(self, *_: object) -> None:
        _held.ranks = self._before


def check_wire() -> None:
    """Raise RuntimeError if this thread holds a lock that no request may be sent under."""
    if _held.ranks and _held.ranks[-1].is_leaf:
        raise RuntimeError(f"a request is sent while the lock {_held.ranks[-1].name} is held")
