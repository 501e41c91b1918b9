"""Text made safe for a terminal and written to stdout, and what is said on stderr.

Errors of usage end here without anything heavier being imported.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from ibcli.errors import ConfigurationError
from ibcli.stopping import ending

if TYPE_CHECKING:
    from ibcli.errors import IbcliError

# C0 and C1 controls but for the line feed, the marks that turn the direction of writing, what is
# not seen at all, and half characters: from another's text they could move the cursor or dress one
# symbol up as another. (What the broker says is rid of them before: broker/signs.py.)
_CONTROLS = (
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

_NO_TEXT = "[\ud800-\udfff]"  # bytes of a file's name that are no text, as Python keeps them

# One character for one, so that columns stay where they are.
_SIGNS, _IN_ASCII = "–—…▸◂·×≈’▲▼✓✗─│┼┌┐└┘├┤┬┴", "--~><.x~'^v+x-|+++++++++"


def printable(text: str) -> str:
    """The text with each control character replaced by a visible stand-in."""
    return re.sub(_CONTROLS, "\N{REPLACEMENT CHARACTER}", text)


def ascii_only(text: str) -> str:
    """Our own signs in ASCII; what else is not ASCII stays for the encoder."""
    return text.translate(str.maketrans(_SIGNS, _IN_ASCII))


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
        stream.write(_for_stream(_folded(printable(text), stream), stream) + "\n")
        stream.flush()
    except (OSError, ValueError):
        return


def _folded(text: str, stream: Any) -> str:
    """Broken between words where a terminal would break it within one; no word is broken."""
    width = _columns(stream)
    if not width or all(len(line) <= width for line in text.split("\n")):
        return text
    from textwrap import TextWrapper

    wrapper = TextWrapper(width, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\n".join(wrapper.wrap(line)) for line in text.split("\n"))


def _columns(stream: Any) -> int:
    """Of the terminal that it is; 0 of what is none, or does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def write_out(text: str) -> None:
    """Write to stdout in one go; a reader who has gone away is no error, a full disk is one."""
    stream = sys.stdout
    if stream is None:
        raise unwritable("it is closed")
    text = _for_stream(text, stream)
    try:
        _make_patient(stream)
        ending.begin_output()
        _write_all(text, stream)
        stream.flush()
    except OSError as exc:
        # What remains in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if isinstance(exc, BrokenPipeError):
            return
        raise unwritable(exc.strerror or type(exc).__name__) from exc


def _write_all(text: str, stream: Any) -> None:
    """Write it to its last byte.

    With ``PYTHONUNBUFFERED`` (``python -u``) Python asks the system once and drops what it did not
    take: where a signal arrives meanwhile, or the disk is nearly full.
    """
    raw = getattr(stream, "buffer", None)
    if raw is None:  # a stream of no file
        stream.write(text)
        return
    stream.flush()
    rest = memoryview(text.encode(stream.encoding or "utf-8", stream.errors or "strict"))
    while rest:
        rest = rest[raw.write(rest) or 0 :]


def _make_patient(stream: Any) -> None:
    """Another program may have left the pipe such that a write fails instead of waiting."""
    try:
        os.set_blocking(stream.fileno(), True)
    except (OSError, ValueError):
        return


def is_terminal(stream: Any) -> bool:
    """Whether somebody is looking."""
    return stream is not None and stream.isatty()


def unwritable(reason: str) -> ConfigurationError:
    """The error of a stdout that does not take what is printed."""
    return ConfigurationError(
        f"Standard output could not be written: {reason}.",
        code="output-unwritable",
        hint="Free some space, or redirect it elsewhere.",
    )


def _for_stream(text: str, stream: Any) -> str:
    """The text as the stream's encoding can carry it."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if encoding.lower().startswith("utf"):
        return re.sub(_NO_TEXT, "\N{REPLACEMENT CHARACTER}", text)
    return ascii_only(text).encode(encoding, "replace").decode(encoding)
