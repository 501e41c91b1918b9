"""Locks between processes.

``flock`` locks belong to an open file, so they hold between threads as well, and the system lets
them go when a process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ibcli.broker.lock_order import ranked
from ibcli.broker.private import open_private, private_folder, written
from ibcli.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ibcli.broker.deadline import Deadline
    from ibcli.broker.lock_order import Rank

_FIRST_LOOK = 0.0005  # seconds between looks at a lock that is held; doubled for each
_LAST_LOOK = 0.02


@contextmanager
def locked(
    path: Path,
    deadline: Deadline,
    rank: Rank,
    *,
    busy: str,
    code: str = "state-busy",
    noted: bool = False,
) -> Iterator[int]:
    """Hold an exclusive lock on the file; the descriptor is open for reading and writing.

    ``rank`` is its place in the order of all locks. ``noted``: the file says meanwhile who holds
    the lock until when, for those who wait; it holds nothing else then.

    Raises UnreachableError when another process still holds the lock at the deadline; ``busy``
    says what it is doing, and the message names it.
    """
    with ranked(rank):
        try:
            descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:  # somebody has cleared the folder away
            folder = private_folder(path.parent)
            descriptor = open_private(folder / path.name, os.O_RDWR | os.O_CREAT)
        try:
            with written(path):
                is_ours = _taken(descriptor, deadline)
            if not is_ours:
                raise _held(descriptor, busy, code)
            if noted:
                _leave_note(descriptor, deadline)
            try:
                yield descriptor
            finally:
                if noted:
                    _clear_note(descriptor)
        finally:
            os.close(descriptor)  # lets the lock go


def _taken(descriptor: int, deadline: Deadline) -> bool:
    """Look again and again: a wait in the kernel would not end at the deadline."""
    pause = _FIRST_LOOK
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.passed:
                return False
            deadline.sleep(pause)
            pause = min(pause * 2, _LAST_LOOK)
        else:
            return True


def _leave_note(descriptor: int, deadline: Deadline) -> None:
    from ibcli.broker.holders import leave_note  # most commands take no such lock

    leave_note(descriptor, deadline)


def _clear_note(descriptor: int) -> None:
    from ibcli.broker.holders import clear_note

    clear_note(descriptor)


def _held(descriptor: int, busy: str, code: str) -> UnreachableError:
    from ibcli.broker.holders import holder_of

    holder = holder_of(descriptor)
    named = f" ({holder.words})" if holder.words else ""
    return UnreachableError(
        f"Another ibcli process{named} still held {busy} at the deadline.",
        hint=holder.advice,
        code=code,
    )
