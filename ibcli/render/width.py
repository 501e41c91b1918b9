"""How many columns there are to write on."""

from __future__ import annotations

import os
import sys

PIPED_WIDTH = 160  # off a terminal nothing needs to be left out
_HELP_AT_MOST = 100
_HELP_AT_LEAST = 50
_USUAL = 80


def screen_width(*, to_file: bool = False) -> int:
    """Columns to draw for: COLUMNS where it is set, the terminal's, and wide off a terminal."""
    if columns := _wanted():
        return columns
    if to_file or sys.stdout is None or not sys.stdout.isatty():
        return PIPED_WIDTH
    return _of_terminal()


def help_width() -> int:
    """Columns for help texts: those that click would find, for which it imports shutil (5 ms)."""
    columns = _wanted() or _of_terminal()
    return max(min(columns, _HELP_AT_MOST) - 2, _HELP_AT_LEAST)


def _wanted() -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else 0


def _of_terminal() -> int:
    if sys.stdout is None:
        return _USUAL
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL
