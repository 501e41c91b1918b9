"""From a result to the bytes on stdout or in a file, and from an error to stderr.

Data alone goes to stdout; every other word goes to stderr. Consoles are made per call, for the
streams and the environment of that moment.
"""

from __future__ import annotations

import csv
import importlib
import io
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from ibcli.errors import ConfigurationError, IbcliError, UsageError
from ibcli.render.destination import Form, Wish
from ibcli.render.files import write_file
from ibcli.render.plain import ascii_only, printable, to_plain
from ibcli.render.width import screen_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from ibcli.render.result import Result

SCHEMA = 1


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
        from ibcli.render.page import screen, svg

        width = screen_width(to_file=wish.file is not None)
        drawn = renderer.draw(result.data, width)
        if form is Form.SVG:
            text = svg(drawn, width, title=f"ibcli {envelope.command}")
        else:
            text = screen(drawn, width, to_file=wish.file is not None)
    if wish.file is None:
        write_out(text)
    else:
        write_file(wish.file, text)
    for warning in envelope.warnings:
        say(f"Warning: {warning}")
    if envelope.simulated and _is_terminal(sys.stderr):
        say("Simulated data: no account, no market, no money.")


def emit_failure(error: IbcliError, envelope: Envelope) -> None:
    """Print the one document of a command that has no data."""
    write_out(_document(None, envelope, error, Wish(json=True)))


def say_error(error: IbcliError) -> None:
    """Tell the user on stderr what happened and what to do next."""
    say(f"Error: {error.message} [{error.code}]")
    if error.hint:
        say(f"Hint: {error.hint}")


def say(text: str) -> None:
    """Print a line to stderr; when even that is not possible there is nobody to tell."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(_for_stream(printable(text), stream) + "\n")
        stream.flush()
    except (OSError, ValueError):
        return


def write_out(text: str) -> None:
    """Write to stdout in one go; a reader who has gone away is no error, a full disk is one."""
    stream = sys.stdout
    if stream is None:
        raise _unwritable("it is closed")
    try:
        stream.write(_for_stream(text, stream))
        stream.flush()
    except OSError as exc:
        # What remains in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if isinstance(exc, BrokenPipeError):
            return
        raise _unwritable(exc.strerror or type(exc).__name__) from exc


def _unwritable(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"Standard output could not be written: {reason}.",
        code="output-unwritable",
        hint="Free some space, or redirect it elsewhere.",
    )


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
    indent = 2 if wish.file is None and _is_terminal(sys.stdout) else None
    return simplejson.dumps(document, use_decimal=True, indent=indent, allow_nan=False) + "\n"


def _csv(renderer: _Renderer, result: Result, envelope: Envelope) -> str:
    """Comma-separated values with a header; an absent value is an empty cell."""
    if not hasattr(renderer, "rows"):
        raise UsageError(
            f"ibcli {envelope.command} has no --csv: its result is not a table.", hint="Use --json."
        )
    header, rows = renderer.rows(result.data)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_csv_cell(to_plain(cell)) for cell in row])
    return out.getvalue()


def _csv_cell(value: object) -> object:
    """Truth as JSON spells it, text without control characters, numbers as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(value) if isinstance(value, str) else value


def _for_stream(text: str, stream: Any) -> str:
    """The text as the stream's encoding can carry it."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if encoding.lower().startswith("utf"):
        return text
    return ascii_only(text).encode(encoding, "replace").decode(encoding)


def _is_terminal(stream: Any) -> bool:
    """Whether somebody is looking."""
    return stream is not None and stream.isatty()
