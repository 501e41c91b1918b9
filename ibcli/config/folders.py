"""The user's folders, where the system keeps such things."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path

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
    command to import: an absolute XDG variable, or none and an absolute HOME.
    """
    if sys.platform == "linux":
        variable, otherwise = _XDG[folder]
        chosen, home = os.environ.get(variable, ""), os.environ.get("HOME", "")
        if chosen.startswith("/") and chosen == chosen.rstrip():
            return Path(chosen, _NAME)
        if not chosen and home.startswith("/"):
            return Path(home, otherwise, _NAME)
    import platformdirs

    found: Path = getattr(platformdirs, f"user_{folder}_path")(_NAME, appauthor=False)
    return found
