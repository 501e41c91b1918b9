"""What a command is handed: settings, deadline, the market's clock and, on demand, the broker's client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings

DEFAULT_DEADLINE = 60.0


@dataclass
class Context:
    """Lives as long as the command; nothing is loaded or connected before it is asked for."""

    demo: bool = False
    env_file: Path | None = None
    profile: str | None = None
    deadline_seconds: float = DEFAULT_DEADLINE
    overrides: dict[str, str] = field(default_factory=dict)  # settings given as flags
    stack: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def settings(self) -> Settings:
        """The settings in force; raises ConfigurationError."""
        from ibcli.config import load_settings

        if self.demo:
            from ibcli.commands.demo import demo_settings

            return demo_settings(self.stack)
        return load_settings(
            flags=self.overrides, env_file=self.env_file, profile=self.profile
        )

    @cached_property
    def deadline(self) -> Deadline:
        """One deadline for everything that the command does."""
        from ibcli.broker.deadline import Deadline

        return Deadline.after(self.deadline_seconds)

    @cached_property
    def client(self) -> BrokerClient:
        """A client that logs in when it must; raises ConfigurationError, LoginError, UnreachableError."""
        from ibcli.broker.connect import connect

        return self.stack.enter_context(connect(self.settings, self.deadline))

    @property
    def market_now(self) -> Callable[[], datetime]:
        """The market's present moment (aware UTC): the real one, but for a simulator's own clock."""
        return self.settings.market_now


pass_app = click.make_pass_decorator(Context, ensure=True)
