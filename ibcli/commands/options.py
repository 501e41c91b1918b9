"""The options that commands share, each defined once, and the printing of what they return."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, overload

import click

from ibcli.commands.context import CHANGING, Context
from ibcli.errors import ConfigurationError, UsageError
from ibcli.stopping import LastWords, Speaking, Stopped

if TYPE_CHECKING:
    from ibcli.errors import IbcliError
    from ibcli.render.emit import Envelope
    from ibcli.render.result import Result

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Command = Callable[..., "Result"]

_SECONDS = r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}"
_LATEST = 86400


class Seconds(click.ParamType[float]):
    """A number of seconds above 0, up to a day."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; raises UsageError."""
        seconds = float(value) if re.fullmatch(_SECONDS, str(value)) else 0.0
        if not 0 < seconds <= _LATEST:
            raise UsageError(
                f"--deadline {value}: not a number of seconds above 0 and up to {_LATEST}.",
                hint="Example: --deadline 30",
            )
        return seconds


def _context(ctx: click.Context) -> Context:
    """The one Context of the process's command line, made by whichever option comes first."""
    return ctx.find_root().ensure_object(Context)


def _keep(put: Callable[[Context, Any], None]) -> Callable[..., None]:
    """A click callback that hands a value which was really given to ``put``."""

    def callback(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        app = _context(ctx)
        app.command = command_words(ctx)
        if value not in (None, False):
            put(app, value)

    return callback


def _keep_json(app: Context, value: bool) -> None:
    app.wish.json = value


def _keep_csv(app: Context, value: bool) -> None:
    app.wish.csv = value


def _keep_file(app: Context, value: str) -> None:
    if not value:
        raise UsageError("--output needs a file's name.", hint="Example: --output arm.json")
    from pathlib import Path

    app.wish.file = None if value == "-" else Path(value)


def _keep_deadline(app: Context, value: float) -> None:
    app.deadline_seconds = value
    app.be_bounded()


def _keep_record(app: Context, value: str) -> None:
    if value in ("", "-"):
        raise UsageError("--record needs a new file's name.", hint="Example: --record report.jsonl")
    from pathlib import Path

    app.record = Path(value)


def _keep_debug(app: Context, value: bool) -> None:
    from ibcli.commands.debug_log import log_to_stderr

    app.debug = value
    log_to_stderr()


def _keep_demo(app: Context, value: bool) -> None:
    app.demo = value


def _keep_env_file(app: Context, value: str) -> None:
    from pathlib import Path

    app.env_file = Path(value)


def _keep_profile(app: Context, value: str) -> None:
    app.profile = value


def _profiles(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The profiles whose names begin so."""
    import os
    from pathlib import Path

    from ibcli.config.envfile import known_profiles

    names = known_profiles(_context(ctx).env_file, os.environ, Path.cwd())
    return [name for name in names if name.startswith(incomplete)]


def _keep_compete(app: Context, _value: bool) -> None:
    app.overrides["IBCLI_COMPETE"] = "true"


def _option(
    *names: str, put: Callable[[Context, Any], None], **attributes: Any
) -> Callable[[bool], Callable[[Decorated], Decorated]]:
    """An option whose value goes into the Context; to be called with whether help shows it."""

    def make(shown: bool) -> Callable[[Decorated], Decorated]:
        return click.option(
            *names, callback=_keep(put), expose_value=False, hidden=not shown, **attributes
        )

    return make


# --json and --debug are eager: what goes wrong with another word is then reported in their way.
_JSON = _option(
    "--json", put=_keep_json, is_flag=True, is_eager=True, help="Print one JSON document."
)
_CSV = _option("--csv", put=_keep_csv, is_flag=True, help="Print comma-separated values.")
_OUTPUT = _option(
    "--output",
    put=_keep_file,
    type=click.Path(),
    metavar="FILE",
    help="Write to FILE, replaced in one step; its form by flag, else by .txt .json .csv .svg.",
)
_DEADLINE = _option(
    "--deadline",
    put=_keep_deadline,
    type=Seconds(),
    metavar="SECONDS",
    help="End after this long in all, a minute later at most where something has been sent.  "
    "[default: IBCLI_DEADLINE, else 60]",
)
_DEBUG = _option(
    "--debug",
    put=_keep_debug,
    is_flag=True,
    is_eager=True,
    help="Log each request to stderr, and show where an error came from.",
)
_RECORD = _option(
    "--record",
    put=_keep_record,
    type=click.Path(),
    metavar="FILE",
    help="Write requests and answers to a new FILE, free of secrets, for a bug report.",
)
_DEMO = _option(
    "--demo", put=_keep_demo, is_flag=True, help="Run against a simulated broker; needs no account."
)
_ENV_FILE = _option(
    "--env-file",
    put=_keep_env_file,
    type=click.Path(),
    metavar="FILE",
    help="Read settings from this file.",
)
_PROFILE = _option(
    "--profile",
    put=_keep_profile,
    shell_complete=_profiles,
    metavar="NAME",
    help="Use the settings of .env.NAME, and keep its state apart.",
)

_COMPETE = _option(
    "--compete",
    put=_keep_compete,
    is_flag=True,
    help="Push out another session of the same user, his TWS say, instead of stopping.",
)

_OF_COMMANDS = (_JSON, _CSV, _OUTPUT, _DEADLINE, _DEBUG, _RECORD)
_OF_ROOT = (_DEMO, _ENV_FILE, _PROFILE, _COMPETE)


def root_options(group: Decorated) -> Decorated:
    """Put the root's options on it and, not shown, the commands' ones, which hold for them."""
    for make in reversed(_OF_ROOT):
        group = make(True)(group)
    for make in _OF_COMMANDS:
        group = make(False)(group)
    return group


@overload
def output_options(command: Command) -> Callable[..., None]: ...
@overload
def output_options(*, csv: bool = True) -> Callable[[Command], Callable[..., None]]: ...
def output_options(
    command: Command | None = None, *, csv: bool = True
) -> Callable[..., None] | Callable[[Command], Callable[..., None]]:
    """Add the output options to a command function, and print the Result that it returns.

    ``csv=False`` for what is not a table. The root's options are accepted after the command too.
    Stands directly above the function or above its other decorators, and below ``@click.command``.
    An ``error`` beside the data is raised after the data is printed.
    """
    if command is None:
        return lambda function: _with_output(function, csv=csv)
    return _with_output(command, csv=csv)


def _with_output(command: Command, *, csv: bool) -> Callable[..., None]:
    @functools.wraps(command)
    def printing(*args: Any, **kwargs: Any) -> None:
        app = _context(click.get_current_context())
        app.wish.check()
        app.begin_recording()
        show(command(*args, **kwargs), app)

    decorated = printing
    for make in reversed(_OF_COMMANDS):
        if csv or make is not _CSV:
            decorated = make(True)(decorated)
    for make in _OF_ROOT:
        decorated = make(False)(decorated)
    return decorated


def command_words(ctx: click.Context) -> str:
    """The command's name without the program's: ``chain``, ``auth test``; empty for the root."""
    return ctx.command_path.removeprefix(ctx.find_root().command_path).strip()


_UNREAD = "Nobody read what was printed until the deadline."
_READ_IT = "Read from the pipe, or use --output FILE. What was sent stands: ibcli journal."


def show(result: Result, app: Context) -> None:
    """Print a result; then raise its error, if it has one, for the exit code and the message.

    That it cannot be printed is an error only where the result has none.
    """
    from ibcli.render.emit import Envelope

    warnings = tuple(dict.fromkeys((*app.setting_warnings, *result.warnings)))
    envelope = Envelope(app.command, simulated=app.simulated, warnings=warnings)
    try:
        with Speaking():  # half a document would be none
            _print(result, envelope, app)
    except (Stopped, KeyboardInterrupt) as stopped:
        if result.error is not None:
            stopped.add_note(result.error.message)
        raise
    if result.error is not None:
        raise result.error


def _print(result: Result, envelope: Envelope, app: Context) -> None:
    from ibcli.render.emit import emit

    app.begin_to_print(LastWords(_code_unread(result), "output-unwritable", _UNREAD, _READ_IT))
    try:
        emit(result, envelope, app.wish)
    except ConfigurationError as exc:
        if result.kind in CHANGING:
            exc.add_note("What was sent stands all the same: ibcli orders, ibcli journal.")
        if result.error is None:
            raise
        _add(result.error, exc)
    app.end_printing()


def _code_unread(result: Result) -> int:
    """The exit code of a result that cannot be printed: its own, unless it is all right."""
    error = result.error or ConfigurationError("")
    return int(error.exit_code)


def _add(error: IbcliError, unprinted: IbcliError) -> None:
    """Tell of both: what was found out weighs more than that it could not be printed."""
    error.add_note(f"{unprinted.message} [{unprinted.code}]")
    for note in getattr(unprinted, "__notes__", []):
        error.add_note(note)
