"""From a result to the text on stdout or in a file, and from an error to its document.

Data alone goes to stdout; every other word goes to stderr. What one form needs is imported when
that form is asked for.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from ibcli.errors import UsageError
from ibcli.render.destination import Form, Wish
from ibcli.render.lines import height, is_coloured, plain_text
from ibcli.render.plain import to_plain
from ibcli.render.streams import is_terminal, printable, say, write_out
from ibcli.render.width import screen_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from ibcli.errors import IbcliError
    from ibcli.render.result import Result

SCHEMA = 1
# Rich takes a second for a thousand lines: what is longer is printed as it is, whatever its width.
_MOST_COLOURED = 2000
_UNBOUNDED = 10**9  # columns
_FORMULAS = frozenset("=+-@")  # what one begins with, in one spreadsheet or another


class _Renderer(Protocol):
    """A module ``ibcli.render.<kind>``."""

    def document(self, data: object) -> object: ...

    def rows(self, data: object) -> tuple[Sequence[str], Iterable[Sequence[object]]]: ...

    def draw(self, data: object, width: int) -> Iterable[RenderableType]: ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds the data in a document."""

    command: str
    simulated: bool = False
    warnings: tuple[str, ...] = ()


def emit(result: Result, envelope: Envelope, wish: Wish) -> None:
    """Print a result; raises UsageError (no such form), ConfigurationError (not writable)."""
    form = wish.form
    renderer = cast("_Renderer", importlib.import_module(f"ibcli.render.{result.kind}"))
    if form is Form.JSON:
        text = _document(renderer.document(result.data), envelope, result.error, wish)
    elif form is Form.CSV:
        text = _csv(renderer, result, envelope)
    else:
        text = _drawing(renderer, result, envelope, wish)
    if wish.file is None:
        write_out(text)
    else:
        from ibcli.render.files import write_file

        write_file(wish.file, text)
    for warning in envelope.warnings:
        say(f"Warning: {warning}")
    if envelope.simulated and is_terminal(sys.stderr):
        say("Simulated data: no account, no market, no money.")


def _drawing(renderer: _Renderer, result: Result, envelope: Envelope, wish: Wish) -> str:
    """The drawing as a picture, or as text; by Rich alone where plain text will not do."""
    to_file = wish.file is not None
    width = screen_width(to_file=to_file)
    drawn = tuple(renderer.draw(result.data, width))
    if wish.form is Form.SVG:
        from ibcli.render.page import svg

        return svg(drawn, width, title=f"ibcli {envelope.command}")
    is_long = height(drawn) > _MOST_COLOURED
    if is_long or not is_coloured(to_file=to_file):
        text = plain_text(drawn, _UNBOUNDED if is_long else width)
        if text is not None:
            return text
    from ibcli.render.page import screen

    return screen(drawn, width, to_file=to_file)


def emit_failure(error: IbcliError, envelope: Envelope) -> None:
    """Print the one document of a command that has no data."""
    write_out(_document(None, envelope, error, Wish(json=True)))


def _document(data: object, envelope: Envelope, error: IbcliError | None, wish: Wish) -> str:
    """The JSON document: numbers exact, everything else ASCII, one line unless for a terminal."""
    import simplejson

    document: dict[str, Any] = {
        "schema": SCHEMA,
        "command": envelope.command or None,
        "ok": error is None,
    }
    if envelope.simulated:
        document["simulated"] = True
    if error is None or data is not None:
        document["data"] = to_plain(data)
    if error is not None:
        document["error"] = {
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "retryable": error.retryable,
        }
    document["warnings"] = list(envelope.warnings)
    indent = 2 if wish.file is None and is_terminal(sys.stdout) else None
    return simplejson.dumps(document, use_decimal=True, indent=indent, allow_nan=False) + "\n"


def _csv(renderer: _Renderer, result: Result, envelope: Envelope) -> str:
    """Comma-separated values with a header; an absent value is an empty cell."""
    if not hasattr(renderer, "rows"):
        raise UsageError(
            f"ibcli {envelope.command} has no --csv: its result is not a table.", hint="Use --json."
        )
    import csv
    import io

    header, rows = renderer.rows(result.data)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_csv_cell(to_plain(cell)) for cell in row])
    return out.getvalue()


def _csv_cell(value: object) -> object:
    """Truth as JSON spells it, numbers as they are, text on one line and without controls.

    A text that a spreadsheet would run as a formula has an apostrophe before it:
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    text = " ".join(printable(value).split("\n"))
    return f"'{text}" if text.lstrip()[:1] in _FORMULAS else text
