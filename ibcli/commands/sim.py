"""``ibcli sim``: a simulator of IBKR's Web API for any client in any language."""

from __future__ import annotations

import shlex
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ibcli.commands.context import Context, pass_app
from ibcli.commands.demo import PROFILE, demo_folder
from ibcli.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ibcli.sim.core import Simulator
    from ibcli.sim.options import SimOptions

DEFAULT_PORT = 5080
_STRICT_LINES = 100
_STRICT_POLLS = 2

_port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one and says which.",
)
_state = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keys, tokens, sessions and books lie here; servers may share it.  [default: the user's "
    "state folder, or IBCLI_STATE_DIR]",
)
_file = click.Path(path_type=Path, dir_okay=False)


_replay = click.option(
    "--replay",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Answer from a recording made with --record, instead of a market; several for several "
    "runs.",
)
_real_time = click.option(
    "--real-time", is_flag=True, help="With --replay: answers take as long as they took."
)


@click.group(invoke_without_command=True, no_args_is_help=True)
@_replay
@_real_time
@click.option("--port", type=click.IntRange(0, 65535), hidden=True)
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), hidden=True)
@click.pass_context
def sim(
    ctx: click.Context,
    replay: tuple[Path, ...],
    real_time: bool,
    port: int | None,
    state: Path | None,
) -> None:
    """Run a simulator of IBKR's Web API, with OAuth 1.0a and a moving market.

    Any client can be pointed at it: start `ibcli sim serve`, then `set -a; . <(ibcli sim env)`.
    """
    if ctx.invoked_subcommand is not None:
        if replay or real_time or port is not None or state is not None:
            raise UsageError(
                "--replay, --real-time, --port and --state stand after the subcommand.",
                hint=f"Example: ibcli sim {ctx.invoked_subcommand} --port 5080",
            )
        return
    if not replay:
        raise UsageError(
            "--replay FILE is missing, or a subcommand.",
            hint="Example: ibcli sim --replay report.jsonl",
        )
    ctx.invoke(
        serve,
        replay=replay,
        real_time=real_time,
        port=DEFAULT_PORT if port is None else port,
        state=state,
    )


def _checked_url(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """An address that a client can sign."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or any(sign in value for sign in "?#@") or value != "".join(value.split()):
        raise click.BadParameter(f"{value!r} is no address such as https://api.ibkr.com/v1/api.")
    return value


@sim.command()
@_port
@click.option(
    "--public-url",
    metavar="URL",
    callback=_checked_url,
    help="What clients sign, when it is not the address.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other prices.")
@click.option(
    "--clock",
    default="now",
    show_default=True,
    metavar="TIME",
    help="The market's clock: now; 2025-08-18 (that day, always in session, moving); or an instant "
    "to start from, 2025-08-18T09:45 (New York) or 2025-08-18T13:45:00Z.",
)
@click.option(
    "--account",
    default="DU1234567",
    show_default=True,
    metavar="ID",
    help="The account: paper when it begins with D, live-looking otherwise.",
)
@click.option(
    "--cash",
    type=click.IntRange(0),
    default=1_000_000,
    show_default=True,
    metavar="USD",
    help="What the account starts with.",
)
@click.option("--gateway", is_flag=True, help="Without OAuth, as the Client Portal gateway.")
@click.option("--tls", type=_file, nargs=2, metavar="CERT KEY", help="Serve HTTPS with these PEMs.")
@click.option("--latency", type=click.IntRange(0), default=0, metavar="MS", help="Delay answers.")
@click.option(
    "--pacing",
    type=click.Choice(["record", "excess", "strict"]),
    help="What becomes of what comes too fast: it is counted only; it is answered 429; everything "
    "is, for 15 minutes.  [default: excess]",
)
@click.option(
    "--max-rps",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    metavar="N",
    help="Requests a second over everything; an endpoint's own limit stays.",
)
@click.option(
    "--lines",
    type=click.IntRange(0),
    metavar="N",
    help="Concurrent market-data lines; what is opened beyond them gets no data.  [default: no "
    "limit]",
)
@click.option(
    "--strict",
    is_flag=True,
    help="As unforgiving as IBKR: --pacing strict, --lines 100 (unless they are given otherwise), "
    "and a session that is established late.",
)
@click.option("--log", type=_file, help="Write a JSON line for each request.")
@_replay
@_real_time
@_state
def serve(
    port: int,
    public_url: str | None,
    seed: int,
    clock: str,
    account: str,
    cash: int,
    gateway: bool,
    tls: tuple[Path, Path] | None,
    latency: int,
    pacing: str | None,
    max_rps: int,
    lines: int | None,
    strict: bool,
    log: Path | None,
    replay: tuple[Path, ...],
    real_time: bool,
    state: Path | None,
) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    _require_sim()
    from ibcli.sim.options import Pacing, SimOptions, default_state_folder

    options = SimOptions(
        port=port,
        public_url=public_url,
        seed=seed,
        clock=clock,
        account=account,
        cash=Decimal(cash),
        gateway=gateway,
        tls=tls or None,
        latency_ms=latency,
        pacing=Pacing(pacing or ("strict" if strict else "excess")),
        max_rps=max_rps,
        lines=_STRICT_LINES if strict and lines is None else lines,
        establish_polls=_STRICT_POLLS if strict else 0,
        log=log,
        replay=replay,
        real_time=real_time,
        say=_say,
        state=state or default_state_folder(),
        data_after_ms=100,
        greeks_after_polls=1,  # they come with time, also to clients that wait and ask once more
        greeks_after_ms=400,
        midnight_reset=True,
        unknown_order_seconds=5.0,
    )
    if replay:
        from ibcli.commands.replayed import serve_replay

        serve_replay(options, own_state=state is not None, serve=_serve)
    else:
        _serve(options, _say_ready)


def _say(why: str) -> None:
    from ibcli.broker.signs import shown_signs

    click.echo(shown_signs(why), err=True)  # quotes a request of anybody's


def _serve(options: SimOptions, ready: Callable[[Simulator], None]) -> None:
    from ibcli.sim.server import serve as run

    app = click.get_current_context().ensure_object(Context)

    def opened(simulator: Simulator) -> None:
        app.be_unbounded()  # the deadline is for the start: it serves until it is told to end
        ready(simulator)

    try:
        run(options, opened)
    except ValueError as error:
        raise UsageError(
            f"--clock: {error}.",
            hint="Example: ibcli sim serve --clock 2025-08-18",
        ) from error
    except OSError as error:
        where = error.filename or f"127.0.0.1:{options.port}"
        raise ConfigurationError(
            f"The simulator cannot use {where}: {error.strerror or error}.",
            hint="Choose another with --port, --state, --log or --tls; --port 0 takes a free port.",
            code="simulator-cannot-start",
        ) from error


def _say_ready(simulator: Simulator) -> None:
    port = simulator.port
    login = "without OAuth" if simulator.options.gateway else "with OAuth 1.0a"
    click.echo(f"Simulated IBKR Web API at {simulator.public_url} ({login}).", err=True)
    click.echo(f"Market clock: {simulator.clock}. Ready.", err=True)
    if not simulator.options.gateway:
        state = shlex.quote(str(simulator.options.state))
        words = f"ibcli sim env --port {port} --state {state}"
        click.echo(f"Settings for a client: set -a; . <({words})", err=True)


@sim.command(short_help="Print the settings with which a client logs in.")
@_port
@_state
def env(port: int, state: Path | None) -> None:
    """Print the settings with which a client logs in, for `set -a; . <(ibcli sim env)`."""
    _require_sim()
    from ibcli.sim.options import default_state_folder
    from ibcli.sim.state import environment_of

    folder = state or default_state_folder()
    try:
        found = environment_of(folder, port)
    except OSError as error:
        raise _unusable(folder, error) from error
    for name, value in found.items():
        click.echo(f"{name}={shlex.quote(value)}")


@sim.command(short_help="Forget sessions, tokens, rates and books; keys stay.")
@_state
@pass_app
def reset(app: Context, state: Path | None) -> None:
    """Forget sessions, tokens, rates and books; the keys stay, so clients need no new settings.

    With --demo (ibcli --demo sim reset) it is the demo's account that begins anew, and the journal
    of its orders is put aside under another name.
    """
    _require_sim()
    from ibcli.sim.options import default_state_folder
    from ibcli.sim.state import reset as forget

    is_demo = app.demo and state is None
    folder = demo_folder() if is_demo else state or default_state_folder()
    try:
        aside = _journal_aside(folder) if is_demo else None
        there_was = forget(folder)
    except OSError as error:
        raise _unusable(folder, error) from error
    what = "The simulator has forgotten everything but its keys" if there_was else "Nothing to do"
    click.echo(f"{what}: {folder}", err=True)
    if aside is not None:
        click.echo(f"The journal of its orders is kept as {aside}", err=True)


def _journal_aside(folder: Path) -> Path | None:
    """Rename the demo's journal: the account that it is about is no more."""
    from datetime import UTC, datetime

    from ibcli.trading.journal.opening import journal_file, put_aside

    return put_aside(journal_file(folder.parent, PROFILE), datetime.now(UTC))


def _require_sim() -> None:
    """The simulator's own dependencies are an extra."""
    missing = [name for name in ("aiohttp", "cryptography") if not find_spec(name)]
    if missing:
        raise ConfigurationError(
            f"The simulator needs {', '.join(missing)}.",
            hint="Install it: pip install 'ibcli-headless[sim]'",
            code="demo-not-installed",
        )


def _unusable(folder: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The simulator cannot keep its state in {error.filename or folder}: "
        f"{error.strerror or error}.",
        hint="Choose another folder with --state or IBCLI_STATE_DIR.",
        code="state-unwritable",
    )
