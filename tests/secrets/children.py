"""Runs a command line as ``python -m ibcli`` does, and says CHILD of each program it starts."""

import sys

_STARTS = ("subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "pty.")


def _hear(event: str, args: object) -> None:
    if event.startswith(_STARTS):
        sys.stderr.write(f"CHILD {event}\n")


if __name__ == "__main__":
    sys.addaudithook(_hear)
    from ibcli.__main__ import main

    main()
