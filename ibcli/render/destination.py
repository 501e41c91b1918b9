"""In which form a result is printed, and where: ``--json``, ``--csv`` and ``--output`` together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ibcli.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


class Form(StrEnum):
    """The forms of a printed result."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    SVG = "svg"


_FORM_OF_SUFFIX = {
    "": Form.TEXT,
    ".txt": Form.TEXT,
    ".json": Form.JSON,
    ".csv": Form.CSV,
    ".svg": Form.SVG,
}


@dataclass
class Wish:
    """What the command line asks for; ``file`` None is stdout."""

    json: bool = False
    csv: bool = False
    file: Path | None = None

    @property
    def form(self) -> Form:
        """The form by flag, else by the file's extension; raises UsageError."""
        if self.json and self.csv:
            raise UsageError("--json and --csv exclude each other.", hint="Give one of the two.")
        if self.json:
            return Form.JSON
        if self.csv:
            return Form.CSV
        if self.file is None:
            return Form.TEXT
        try:
            return _FORM_OF_SUFFIX[self.file.suffix.lower()]
        except KeyError:
            raise UsageError(
                f"--output {self.file}: no form is known for files named {self.file.suffix}.",
                hint="Name it .txt, .json, .csv or .svg, or add --json or --csv.",
            ) from None

    def check(self) -> None:
        """Raise UsageError for what could not be fulfilled, before anything is fetched."""
        _ = self.form
        if self.file is None:
            return
        try:
            target = self.file.expanduser()
            is_folder = target.is_dir()
        except (OSError, RuntimeError) as error:  # a name too long, no such home folder
            why = getattr(error, "strerror", None) or "there is no such home folder"
            raise UsageError(
                f"--output {self.file}: {why}.", hint="Example: --output arm.json"
            ) from None
        if is_folder:
            raise UsageError(f"--output {self.file} is a folder.", hint="Name a file in it.")
        if not target.parent.is_dir():
            raise UsageError(
                f"--output {self.file}: there is no folder {target.parent}.",
                hint=f"Make it first: mkdir -p {target.parent}",
            )
