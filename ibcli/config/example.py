"""The example env file, written from the table of settings."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ibcli.config.table import SETTINGS

if TYPE_CHECKING:
    from ibcli.config.setting import Setting

_HEAD = """\
# ibcli's settings. Copy this file to .env beside it, fill it in and keep it to yourself:
#   cp .env.example .env && chmod 600 .env
# Order of precedence: flag, process environment, this file, default.
# This file is generated from the table of settings (ibcli/config/table.py).
"""


def example_env_file() -> str:
    """The text of ``config/.env.example``: every setting with a comment, none of them set."""
    parts = [_HEAD]
    group = ""
    for setting in SETTINGS:
        if setting.group != group:
            group = setting.group
            parts.append(f"\n# ---- {group} ----\n")
        parts.append(_lines(setting))
    return "".join(parts)


def _lines(setting: Setting) -> str:
    default = setting.default or setting.default_note
    words = setting.help + (f" Default: {default}." if default else "")
    comment = textwrap.fill(words, 100, initial_indent="# ", subsequent_indent="# ")
    value = setting.default if setting.default is not None else setting.example
    return f"\n{comment}\n#{setting.name}={value}\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(example_env_file())
