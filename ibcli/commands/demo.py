"""``--demo``: the simulator inside the command, and settings that lead to it and nowhere else."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from ibcli.config import Settings

DEMO_DAY = "2025-08-18"  # the day of the examples' quotes; the market is always open on it
PROFILE = "demo"
NEEDED = ("aiohttp", "cryptography")  # the extra `sim`
FOLDERS = ("IBCLI_STATE_DIR", "IBCLI_CACHE_DIR")  # heeded too, as are trading settings


def demo_settings(stack: ExitStack) -> Settings:
    """Start the simulator, to be stopped with ``stack``, and return the settings that it hands out.

    The user's own login, files and account play no part; limits and habits of trading that stand in
    the environment do. Keys, tokens and the simulated account lie in the state folder, so that a
    later command finds what an earlier one left.
    Raises ConfigurationError ``demo-not-installed`` or ``state-unwritable``.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise ConfigurationError(
            f"--demo needs the simulator, which is not installed (missing: {', '.join(missing)}).",
            hint='Install it: pip install "ibcli-headless[sim]"',
            code="demo-not-installed",
        )
    with _without_certificates():
        from ibcli.sim.embedded import SimServer
    from ibcli.broker.private import private_folder
    from ibcli.sim.options import SimOptions

    folder = demo_folder()
    try:
        private_folder(folder)
        sim = stack.enter_context(SimServer(SimOptions(clock=DEMO_DAY, state=folder)))
    except OSError as exc:
        raise ConfigurationError(
            f"The demo cannot keep its state in {folder}: {exc.strerror or type(exc).__name__}.",
            hint="Make that folder writable, or set XDG_STATE_HOME to one that is.",
            code="state-unwritable",
        ) from exc
    from ibcli.config import load_settings
    from ibcli.config.trading_table import TRADING

    heeded = (*FOLDERS, *(setting.name for setting in TRADING))
    own = {name: os.environ[name] for name in heeded if os.environ.get(name)}
    return load_settings(environ=own, profile=PROFILE, demo=sim.env())


@contextmanager
def _without_certificates() -> Iterator[None]:
    """aiohttp's client, which comes with its server and has nothing to do here, reads all of the
    machine's certificates when it is imported, twice: a tenth of what a demo takes.
    """
    name, nothing = "SSL_CERT_FILE", os.devnull
    before = os.environ.get(name)
    os.environ[name] = nothing
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def demo_folder() -> Path:
    """Where the simulator of the demo keeps what outlives a command."""
    from ibcli.config.folders import Folder, user_folder

    chosen = os.environ.get("IBCLI_STATE_DIR")
    try:
        base = Path(chosen).expanduser() if chosen else user_folder(Folder.STATE)
    except RuntimeError:
        raise ConfigurationError(
            "IBCLI_STATE_DIR names a home folder that cannot be found.",
            hint="Set it to an absolute path.",
            code="setting-invalid",
        ) from None
    return base / PROFILE
