"""What a command is handed: settings, deadline, the market's clock, the broker's client."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

import click

from ibcli.commands.signals import LATE, OVERTIME, end_by
from ibcli.errors import ConfigurationError
from ibcli.render.destination import Wish
from ibcli.stopping import ending, forget_deadline

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings
    from ibcli.stopping import LastWords


DEFAULT_DEADLINE = 60.0  # seconds
CHANGING = frozenset({"order", "cancel", "modify", "close"})  # commands that send something


@dataclass
class Context:
    """Lives as long as the command; nothing is loaded or connected before it is asked for."""

    demo: bool = False
    env_file: Path | None = None
    profile: str | None = None
    deadline_seconds: float | None = None  # as a flag; the settings say it otherwise
    debug: bool = False
    record: Path | None = None  # a file to be made
    argv: tuple[str, ...] = ()  # the words of the command line
    wish: Wish = field(default_factory=Wish)  # how and where the result is to be printed
    command: str = ""  # its words without the program's: chain, auth test
    printed: bool = False  # whether the one document is out already
    overrides: dict[str, str] = field(default_factory=dict)  # settings given as flags
    stack: ExitStack = field(default_factory=ExitStack)
    started: float = field(default_factory=monotonic)  # from when on the deadline counts

    def __post_init__(self) -> None:
        self.be_bounded()

    @cached_property
    def settings(self) -> Settings:
        """The settings in force; raises ConfigurationError."""
        found = self._loaded()
        if self.deadline_seconds is None:
            self.be_bounded(found.deadline)
        return found

    def _loaded(self) -> Settings:
        from ibcli.config import load_settings

        if self.demo:
            from ibcli.commands.demo import demo_settings

            return demo_settings(self.stack)
        return load_settings(flags=self.overrides, env_file=self.env_file, profile=self.profile)

    def be_bounded(self, seconds: float | None = None, *, since: float | None = None) -> None:
        """See that the command ends soon after so many seconds, whatever it is doing then.

        The deadline itself ends what waits for the broker or for a lock, with better words. What
        has been sent may take longer: it is heard out, and no entry is left without its stop.
        """
        seconds = seconds or self.deadline_seconds or DEFAULT_DEADLINE
        late = LATE + (OVERTIME if self.command in CHANGING else 0.0)
        end_by((self.started if since is None else since) + seconds + late)

    def be_bounded_anew(self) -> None:
        """The same from now on: somebody has answered."""
        self.be_bounded(self.seconds, since=monotonic())

    def be_answered(self) -> None:
        """From now on somebody is asked something, before anything was sent."""
        end_by(monotonic() + self.seconds + LATE)

    def be_unbounded(self) -> None:
        """It ends when it is told to."""
        end_by(None)

    def begin_to_print(self, unread: LastWords) -> None:
        """From now on it waits for whoever reads; ``unread`` is the end if nobody does.

        Somebody at a terminal may take his time: he can see it, and end it.
        """
        if self.wish.file is not None:
            ending.wants_document = False
        if sys.stderr is not None and sys.stderr.isatty():
            self.be_unbounded()
            return
        ending.at_deadline = unread
        known = "deadline" in vars(self)
        at = self.deadline.at if known else self.started + self._seconds_known
        end_by(max(at, monotonic() + LATE) + LATE)

    def end_printing(self) -> None:
        """All is said: the deadline has nothing more to end."""
        self.printed = True
        self.be_unbounded()
        forget_deadline()

    @property
    def _seconds_known(self) -> float:
        """The deadline's length as far as is known without loading anything."""
        loaded = self.settings.deadline if "settings" in vars(self) else DEFAULT_DEADLINE
        return self.deadline_seconds or loaded

    @property
    def seconds(self) -> float:
        """The deadline's length: the flag's, else the settings'; raises ConfigurationError."""
        return self.deadline_seconds or self.settings.deadline

    @cached_property
    def deadline(self) -> Deadline:
        """One deadline for everything that the command does: the flag's, else the settings'.

        It counts from the command's start. Settings that cannot be read are the business of
        whoever needs more of them than this.
        """
        from ibcli.broker.deadline import Deadline

        try:
            seconds = self.seconds
        except ConfigurationError:
            seconds = DEFAULT_DEADLINE
        self.be_bounded(seconds)
        return Deadline(self.started + seconds)

    def begin_recording(self) -> None:
        """Make the file of ``--record``, if that was asked for. Raises UsageError when there is one
        of that name, ConfigurationError when none can be made."""
        if self.record is not None:
            from ibcli.commands.recorded import begin

            begin(self, self.record)

    @cached_property
    def client(self) -> BrokerClient:
        """Logs in when it must; raises ConfigurationError, LoginError, UnreachableError."""
        from ibcli.broker.connect import connect

        return self.stack.enter_context(connect(self.settings, self.deadline))

    def anew(self) -> BrokerClient:
        """Another client, with all its time still to come: thinking about a question took some."""
        from ibcli.broker.connect import connect
        from ibcli.broker.deadline import Deadline

        self.be_bounded_anew()
        return self.stack.enter_context(connect(self.settings, Deadline.after(self.seconds)))

    @property
    def market_now(self) -> Callable[[], datetime]:
        """The market's present moment (aware UTC): the real one, or a simulator's own."""
        return self.settings.market_now

    @property
    def simulated(self) -> bool:
        """Whether the data is a simulator's, as far as is known without loading anything."""
        return self.demo or ("settings" in vars(self) and self.settings.simulated)

    @property
    def setting_warnings(self) -> tuple[str, ...]:
        """What the settings warn of; empty while they have not been loaded."""
        return self.settings.warnings if "settings" in vars(self) else ()


pass_app = click.make_pass_decorator(Context, ensure=True)
