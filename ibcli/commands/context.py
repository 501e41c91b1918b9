"""What a command is handed: settings, deadline, the market's clock, the broker's client."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

from ibcli.errors import ConfigurationError
from ibcli.render.destination import Wish

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ibcli.broker.client import BrokerClient
    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings


DEFAULT_DEADLINE = 60.0  # seconds


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

    @cached_property
    def settings(self) -> Settings:
        """The settings in force; raises ConfigurationError."""
        from ibcli.config import load_settings

        if self.demo:
            from ibcli.commands.demo import demo_settings

            return demo_settings(self.stack)
        return load_settings(flags=self.overrides, env_file=self.env_file, profile=self.profile)

    @cached_property
    def deadline(self) -> Deadline:
        """One deadline for everything that the command does: the flag's, else the settings'.

        Settings that cannot be read are the business of whoever needs more of them than this.
        """
        from ibcli.broker.deadline import Deadline

        seconds = self.deadline_seconds
        if seconds is None:
            try:
                seconds = self.settings.deadline
            except ConfigurationError:
                seconds = DEFAULT_DEADLINE
        return Deadline.after(seconds)

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

        seconds = self.deadline_seconds or self.settings.deadline
        return self.stack.enter_context(connect(self.settings, Deadline.after(seconds)))

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
