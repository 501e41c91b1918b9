"""``python -m ibcli`` and the ``ibcli`` script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from ibcli.cli import run
    from ibcli.commands.signals import heed_signals

    heed_signals()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
