"""``python -m ibcli`` and the ``ibcli`` script."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from contextlib import suppress
from time import monotonic

_STARTED = monotonic()
_NEW_OBJECTS = 50_000  # ten megabytes or so


def main() -> None:
    """Run the command line and exit with its code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback of an import
    _occupy()
    os.umask(0o077)  # whatever is written, by SQLite too, is its owner's alone
    _dump_nothing()
    # What a start makes are modules and classes, which stay. To look among them for garbage after
    # every 700 new objects, as Python does, takes a twentieth of a command's time.
    gc.set_threshold(_NEW_OBJECTS)
    from ibcli.commands.signals import hear_no_more, heed_signals, say_stopped
    from ibcli.stopping import Stopped, ending

    code = 1
    try:
        ending.begin(wants_document="--json" in sys.argv)
        heed_signals()
        from ibcli.cli import run

        code = run(sys.argv[1:], started=_STARTED)
        hear_no_more()
    except (KeyboardInterrupt, Stopped) as stopped:
        code = say_stopped(stopped)
    _leave_with(code)
    sys.exit(code)


def _occupy() -> None:
    """See that 0, 1 and 2 lead somewhere.

    The system gives a closed one's number to the next file or connection that is opened, and what
    a library prints would go into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):  # it takes the lowest number, which is this one
                os.open(os.devnull, os.O_RDWR)


def _dump_nothing() -> None:
    """Leave no image of the memory, keys and all, on a disk should the process crash.

    One byte, not none: a limit of one is heeded also where dumps go to a program (``core(5)``).
    """
    with suppress(ImportError, OSError, ValueError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        least = 1 if most == resource.RLIM_INFINITY else min(1, most)
        resource.setrlimit(resource.RLIMIT_CORE, (least, least))


def _leave_with(code: int) -> None:
    """End with that code once all that is registered for the end is done.

    What Python does after that is a search for garbage among all that there is (a fifth of a
    command's time), and a second attempt to write what could not be written.
    """
    atexit.unregister(_leave)
    atexit.register(_leave, code)


def _leave(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
