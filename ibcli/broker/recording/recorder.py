"""The file of a recording: written line by line, and never in an order's way."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ibcli.broker.recording.cleaning import (
    clean_answer,
    clean_body,
    clean_headers,
    clean_path,
    clean_query,
)
from ibcli.broker.wire import WireError
from ibcli.errors import ConfigurationError, IbcliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ibcli.broker.recording.words import Words
    from ibcli.broker.wire import Answer

VERSION = 1


def open_recording(path: Path) -> int:
    """A new file's descriptor, for its owner alone. Raises UsageError when there is one already."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        os.fchmod(descriptor, 0o600)  # whatever the umask is
    except FileExistsError:
        raise UsageError(
            f"--record {path}: there is something of that name already.",
            hint="Name a new file: a recording never replaces anything.",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The recording {path} cannot be written: {error.strerror or type(error).__name__}.",
            hint="Name a file in a folder that you may write to, on a disk with space.",
            code="recording-unwritable",
        ) from None
    return descriptor


class Recorder:
    """Writes a line for each exchange once it is over. Usable from several threads.

    ``warn`` is called once, with a sentence for the user, when nothing more can be written; the
    command goes on without. ``stopwatch`` gives seconds.
    """

    def __init__(
        self,
        descriptor: int,
        words: Words,
        warn: Callable[[str], None],
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._descriptor: int | None = descriptor
        self._words = words
        self._warn = warn
        self._stopwatch = stopwatch
        self._began = stopwatch()
        self._lock = threading.Lock()

    def begin(self, header: Mapping[str, object]) -> None:
        """The first line; what is in it has been cleaned."""
        self._began = self._stopwatch()
        self._write({"ibcli-recording": VERSION, **header})

    def noted(
        self, method: str, path: str, content: bytes | None, send: Callable[[], Answer]
    ) -> Answer:
        """What ``send`` returns or raises; nothing that goes wrong here is raised."""
        began = self._stopwatch()
        try:
            answer = send()
        except BaseException as failure:
            with suppress(Exception):
                self._note(method, path, content, began, _failed(failure))
            raise
        with suppress(Exception):
            self._note(method, path, content, began, {}, answer)
        return answer

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)

    def _note(
        self,
        method: str,
        path: str,
        content: bytes | None,
        began: float,
        failed: dict[str, str],
        answer: Answer | None = None,
    ) -> None:
        ended = self._stopwatch()
        with self._lock:  # the words are learnt from one answer after the other
            line: dict[str, Any] = {
                "from": self._since(began),
                "to": self._since(ended),
                "method": method,
                "path": clean_path(path, self._words),
                "query": clean_query(path, self._words),
                "body": clean_body(content, self._words),
            }
            if said := failed.get("said"):
                failed["said"] = self._words.clean(said)
            line |= failed
            if answer is not None:
                line |= self._told(path, answer)
        self._write(line)

    def _told(self, path: str, answer: Answer) -> dict[str, Any]:
        cleaned = clean_answer(path, answer.text, self._words)
        told: dict[str, Any] = {
            "status": answer.status,
            "headers": clean_headers(answer.headers),
            "text": cleaned.text,
        }
        if cleaned.left_out:
            told["left_out"] = cleaned.left_out
        if cleaned.instead:
            told["instead"] = cleaned.instead
        return told

    def _since(self, instant: float) -> float:
        """Milliseconds since the recording began."""
        return round((instant - self._began) * 1000, 1)

    def _write(self, line: Mapping[str, object]) -> None:
        """The whole line or, when the disk is full, nothing of it."""
        text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
        with self._lock:
            if self._descriptor is None:
                return
            data = text.encode() + b"\n"
            before = written = 0
            try:
                before = os.fstat(self._descriptor).st_size
                while written < len(data):
                    written += os.write(self._descriptor, data[written:])
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, before)
                with suppress(OSError):
                    os.close(self._descriptor)
                self._descriptor = None
                why = error.strerror or type(error).__name__
                self._warn(f"The recording ends here, as it cannot be written any more: {why}.")


def _failed(failure: BaseException) -> dict[str, str]:
    """How a request came to nothing."""
    if isinstance(failure, WireError):
        return {"failed": str(failure.kind), "said": failure.said}
    if isinstance(failure, TimeoutError):
        return {"failed": "timeout"}
    if isinstance(failure, IbcliError):
        return {"failed": "not sent"}
    if isinstance(failure, Exception):
        return {"failed": "not sent" if type(failure).__name__ == "CalledOffError" else "unknown"}
    return {"failed": "interrupted"}
