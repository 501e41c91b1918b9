"""The user's folders, where the system keeps such things."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path

from ibcli.errors import ConfigurationError

_NAME = "ibcli"


class Folder(StrEnum):
    """What is kept in it."""

    CONFIG = "config"
    STATE = "state"
    CACHE = "cache"


# https://specifications.freedesktop.org/basedir-spec/latest/
_XDG = {
    Folder.CONFIG: ("XDG_CONFIG_HOME", ".config"),
    Folder.STATE: ("XDG_STATE_HOME", ".local/state"),
    Folder.CACHE: ("XDG_CACHE_HOME", ".cache"),
}


def user_folder(folder: Folder) -> Path:
    """The folder as platformdirs says it.

    The usual case on Linux is answered here, since platformdirs takes a tenth of the start of a
    command to import: an absolute XDG variable, or none and an absolute HOME. Without a HOME, as
    in an empty environment, it is that of the system's list of users.

    Raises ConfigurationError ``no-home-folder`` when that does not know the user either.
    """
    if sys.platform == "linux":
        variable, otherwise = _XDG[folder]
        chosen, home = os.environ.get(variable, ""), os.environ.get("HOME", "")
        if chosen.startswith("/") and chosen == chosen.rstrip():
            return Path(chosen, _NAME)
        if not chosen:
            return (Path(home) if home.startswith("/") else _home()) / otherwise / _NAME
    import platformdirs

    try:
        found: Path = getattr(platformdirs, f"user_{folder}_path")(_NAME, appauthor=False)
    except RuntimeError:
        raise _homeless() from None
    return found


def _home() -> Path:
    """The home folder of the user as whom this runs, by the system's list of users."""
    import pwd

    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        raise _homeless() from None
    if not home.startswith("/"):
        raise _homeless()
    return Path(home)


def _homeless() -> ConfigurationError:
    return ConfigurationError(
        "HOME is not set, and the system does not know where this user's home folder is.",
        hint="Set HOME; or IBCLI_STATE_DIR and IBCLI_ENV_FILE, to absolute paths.",
        code="no-home-folder",
    )
