"""A result that is drawn again and again on a terminal, until Ctrl-C."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

from ibcli.errors import IbcliError, UsageError
from ibcli.render.destination import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.broker.client import BrokerClient
    from ibcli.commands.context import Context
    from ibcli.render.result import Result

PERIOD = 5.0  # seconds; the broker answers for its orders no oftener
_CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def check_watchable(app: Context) -> None:
    """Raise UsageError where nobody is looking, or a single document is due."""
    if app.wish.form is not Form.TEXT or app.wish.file is not None:
        raise UsageError(
            "--watch draws on the terminal.", hint="Leave out --json, --csv, --output."
        )
    if sys.stdout is None or not sys.stdout.isatty():
        raise UsageError("--watch needs a terminal.", hint="Leave it out to print once.")


def watched(app: Context, read: Callable[[BrokerClient], Result]) -> Result:
    """Draw what ``read`` brings, each time with a client and a deadline of its own.

    Ends by Ctrl-C (KeyboardInterrupt goes on to the boundary), or with an error that would come
    again; one that may pass is shown, and the next look follows.
    """
    from ibcli.broker.deadline import Deadline

    period = PERIOD / app.settings.haste
    while True:
        app.be_bounded(app.seconds + period, since=monotonic())
        _draw(app, read)
        Deadline.after(period).sleep(period)


def _draw(app: Context, read: Callable[[BrokerClient], Result]) -> None:
    from ibcli.broker.connect import connect
    from ibcli.broker.deadline import Deadline
    from ibcli.commands.options import show
    from ibcli.render.streams import say_error, write_out

    try:
        with connect(app.settings, Deadline.after(app.seconds)) as client:
            result = read(client)
        write_out(_CLEAR)
        show(result, app)
    except IbcliError as exc:
        if not exc.retryable:
            raise
        say_error(exc)
