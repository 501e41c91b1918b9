"""A small command line to try the shared options and the error boundary without a broker."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import pytest

from ibcli.commands.boundary import guarded
from ibcli.commands.context import Context, pass_app
from ibcli.commands.options import output_options, root_options
from ibcli.errors import IncompleteError, NotFoundError, UsageError
from ibcli.render.result import Result
from ibcli.stopping import Terminated
from tests.render.values import ARM, CHAIN

SECRET = "c2VjcmV0LXRva2VuLW9mLXRoZS11c2Vy"


@click.group()
@root_options
@click.pass_context
def shop(ctx: click.Context) -> None:
    """Commands that end in every possible way."""
    ctx.with_resource(ctx.ensure_object(Context).stack)


@shop.command()
@output_options
@click.argument("symbol", required=False)
@pass_app
def good(app: Context, symbol: str | None) -> Result:
    """Returns two warnings and a chain."""
    return Result("chain", CHAIN, warnings=("the clock runs late",))


@shop.command()
@output_options
def partial() -> Result:
    """Returns data, and says that it is not all."""
    error = IncompleteError("Bid of 3 contracts is missing.", hint="Try --deadline 60.")
    return Result("chain", CHAIN, error=error)


@shop.command()
@output_options
def unknown() -> Result:
    """Finds nothing."""
    raise NotFoundError(
        "No month SEP99.", hint="Nearest: SEP25.", code="no-such-month", retryable=False
    )


@shop.command()
@output_options
@click.option("--month")
@click.argument("word")
def picky(word: str, month: str | None) -> Result:
    """Finds fault with its word."""
    raise UsageError(f"{word} is no month.", hint="Example: AUG25")


@shop.command()
@output_options
def buggy() -> Result:
    """Fails in a way that nobody foresaw, holding a secret."""
    header = f"Bearer {SECRET}"
    raise KeyError(f"no such header: {header}")


@shop.command()
@output_options
def impatient() -> Result:
    """Is interrupted by Ctrl-C."""
    raise KeyboardInterrupt


@shop.command()
@output_options
def ended() -> Result:
    """Is ended by SIGTERM."""
    raise Terminated


@shop.command()
@output_options(csv=False)
def found() -> Result:
    """Has no table."""
    return Result("search", (ARM,))


@shop.command()
@output_options
@pass_app
def waiting(app: Context) -> Result:
    """Fails with the deadline in its message."""
    raise NotFoundError(f"{app.deadline_seconds} {app.demo} {app.profile}")


@dataclass
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


Shop = Callable[..., Ended]


@pytest.fixture
def run_shop(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Run a command line of the shop in this process, 160 columns wide and without colour."""
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*argv: str) -> Ended:
        code = guarded(shop, argv, program="shop", example_for=lambda words: f"shop {words} ARM")
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


def environment(**changes: str) -> dict[str, Any]:
    """This process's environment, with changes, for a subprocess."""
    return {**os.environ, **changes}
