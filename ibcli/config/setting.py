"""What one setting is: its name, its help, how it is read and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ibcli.config import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Mask(StrEnum):
    """How a value may be shown."""

    PLAIN = "plain"
    HIDDEN = "hidden"
    PROXY = "proxy"  # its password is hidden


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. ``example`` stands in the example env file; ``aliases`` are ibind's names."""

    name: str
    group: str
    help: str
    parse: Callable[[str], object] | None = None  # None: a path, relative to where it was written
    default: str | None = None
    default_note: str = ""
    example: str = ""
    mask: Mask = Mask.PLAIN
    aliases: tuple[str, ...] = ()
    choosing: bool = False  # says which env file is read, so it cannot stand in one

    def value(self, written: str, base: Path) -> object:
        """The parsed value; ``ValueError`` says what is wrong without repeating it."""
        return parse.path(written, base) if self.parse is None else self.parse(written)

    def shown(self, written: str) -> str:
        """The text that may be printed: secrets masked."""
        if self.mask is Mask.HIDDEN:
            return f"{'*' * 8} ({len(written)} characters)"
        if self.mask is Mask.PROXY and "@" in written:
            return f"{written.partition('://')[0]}://***@{written.rpartition('@')[2]}"
        return written
