"""``python -m ibcli`` and the ``ibcli`` script."""

from __future__ import annotations

import gc
import sys

_NEW_OBJECTS = 50_000  # ten megabytes or so


def main() -> None:
    """Run the command line and exit with its code."""
    # What a start makes are modules and classes, which stay. To look among them for garbage after
    # every 700 new objects, as Python does, takes a twentieth of a command's time.
    gc.set_threshold(_NEW_OBJECTS)
    from ibcli.cli import run
    from ibcli.commands.signals import heed_signals

    heed_signals()
    try:
        sys.exit(run(sys.argv[1:]))
    finally:
        # Python's last act is a search for garbage among all that there is, though all of it goes
        # now: a fifth of a command's time. What is frozen is not searched.
        gc.freeze()


if __name__ == "__main__":
    main()
