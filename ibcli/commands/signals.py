"""Ctrl-C, SIGTERM, SIGHUP and the deadline: unwind what is open, but be gone soon in any case.

The first of them raises an exception in the main thread (``ibcli.stopping``). Python does so only
between two steps of its own, and the step may last: a disk that does not answer, a pipe that nobody
reads, a lock. So a thread beside, which the system itself tells, ends the process over its head.
"""

from __future__ import annotations

import _thread
import os
import select
import signal
import sys
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from ibcli.errors import ExitCode
from ibcli.stopping import (
    HungUp,
    LastWords,
    Overdue,
    Speaking,
    Stopped,
    Terminated,
    ending,
    put_off,
    stop,
)

if TYPE_CHECKING:
    from types import FrameType

GRACE = 0.75  # seconds; a process that was told to end is gone within one
LATE = 0.5  # seconds after the deadline in which what is being done may end by itself
HOLD = 0.15  # seconds more for whoever is saying just then how it ended
HOLD_LATE = 2.0  # the same at the deadline, where nobody counts the seconds
OVERTIME = 60.0  # seconds more for what has been sent: see Deadline.extend

_INTERRUPTED = LastWords(ExitCode.INTERRUPTED, "interrupted", "ibcli was interrupted.", "")
_HEEDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


class _Watch:
    """What the handlers and the thread beside know."""

    reader = -1
    heard = 0  # the signal by which it is on its way out
    alarm: float | None = None  # an instant of the monotonic clock
    terminal: list[Any] | None = None  # how the terminal was set at the start


_watch = _Watch()


def heed_signals() -> None:
    """Install the handlers; to be called from the main thread. Once is enough."""
    for number in _HEEDED:
        # nohup, and a shell that starts something in the background, mean what they ignore
        is_ignored = signal.getsignal(number) is signal.SIG_IGN
        if not (is_ignored and number in (signal.SIGINT, signal.SIGHUP)):
            signal.signal(number, _hear)
    _watch.heard = 0
    sys.unraisablehook = _not_raised
    if _watch.reader < 0:
        _remember_terminal()
        _watch.reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            _thread.start_new_thread(_wait_beside, ())
        except RuntimeError:  # no memory for one more: then without
            return


def end_by(at: float | None) -> None:
    """Be told at this instant of the monotonic clock, or never; without handlers nothing is."""
    if _watch.reader < 0:
        return
    _watch.alarm = at
    if _watch.heard == signal.SIGALRM:  # what it ended has ended, and something else is done now
        _watch.heard = 0
    signal.setitimer(signal.ITIMER_REAL, 0 if at is None else max(0.001, at - monotonic()))


def hear_no_more() -> None:
    """It is over, and said: from now on only the thread beside ends what does not end."""
    _watch.heard = -1


def say_stopped(how: BaseException) -> int:
    """Say that it was stopped where nothing else could, and return the exit code."""
    with Speaking():
        if ending.said is None:
            words = _INTERRUPTED
            if isinstance(how, Stopped):
                words = LastWords(how.exit_code, how.how, how.words, how.hint)
            _say(words)
            ending.said = words.exit_code
    return ending.said


def _hear(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGALRM and not _is_due():
        return
    if _watch.heard:
        return  # it is on its way out
    _watch.heard = number
    stop(_exception(number))


def _exception(number: int) -> BaseException:
    kinds: dict[int, type[Stopped]] = {
        signal.SIGTERM: Terminated,
        signal.SIGHUP: HungUp,
        signal.SIGALRM: Overdue,
    }
    return kinds[number]() if number in kinds else KeyboardInterrupt()


def _is_due() -> bool:
    """Whether the alarm was not put off when it had rung already."""
    return _watch.alarm is not None and monotonic() >= _watch.alarm - 0.01


def _not_raised(unraisable: Any) -> None:
    """An exception where Python can raise none, in a destructor say: nothing is printed.

    If it was a signal's, it is heard later, or the thread beside ends the process.
    """
    put_off(unraisable.exc_value)


def _wait_beside() -> None:
    """The thread that the system tells of signals, whatever the main thread is doing."""
    while True:
        for number in os.read(_watch.reader, 16):
            if number in _HEEDED and (number != signal.SIGALRM or _is_due()):
                sleep(GRACE)
                if number != signal.SIGALRM or _is_due():  # still
                    _end(number)


def _end(number: int) -> None:
    """End the process as it stands. What was sent is in the journal, or announced in it."""
    _wait_for_the_mouth(number)
    if ending.said is not None:
        os._exit(ending.said)
    words = _last_words(number)
    _restore_terminal()
    _say(words)
    os._exit(words.exit_code)


def _wait_for_the_mouth(number: int) -> None:
    """Whoever is saying how it ended may finish; but a reader who does not read is not waited for.

    Once it is ours, or was waited for long enough, the main thread says nothing more.
    """
    if not ending.mouth.acquire(timeout=HOLD) and number == signal.SIGALRM:
        ending.mouth.acquire(timeout=0.0 if ending.has_begun else HOLD_LATE)


def _say(words: LastWords) -> None:
    """The document, if it is due and nothing is on stdout, and a sentence on stderr."""
    if ending.take_stdout():
        _put(1, _document(words))
    hint = f"Hint: {words.hint}\n" if words.hint else ""
    warning = f"Warning: {ending.warning}\n" if ending.warning else ""
    _put(2, f"{warning}Error: {words.message} [{words.code}]\n{hint}")


def _last_words(number: int) -> LastWords:
    if number == signal.SIGALRM:
        return ending.at_deadline
    if number == signal.SIGINT:
        return _INTERRUPTED
    kind = HungUp if number == signal.SIGHUP else Terminated
    return LastWords(kind.exit_code, kind.how, kind.words, kind.hint)


def _document(words: LastWords) -> str:
    """The one document, without what would have to be imported now."""
    error = f'"code": "{words.code}", "message": "{words.message}", "hint": "{words.hint}"'
    warnings = f'"{ending.warning}"' if ending.warning else ""
    return (
        '{"schema": 1, "command": null, "ok": false, '
        f'"error": {{{error}, "retryable": true}}, "warnings": [{warnings}]}}\n'
    )


def _put(descriptor: int, text: str) -> None:
    """Write without waiting, if that is possible at all."""
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        if any(what & select.POLLOUT for _, what in poll.poll(0)):
            os.write(descriptor, text.encode("ascii", "replace"))
    except OSError:
        return


def _remember_terminal() -> None:
    try:
        if os.isatty(0):
            import termios

            _watch.terminal = termios.tcgetattr(0)
    except (OSError, ValueError, ImportError):
        _watch.terminal = None


def _restore_terminal() -> None:
    """Echo and cursor, which a prompt and a progress bar have taken away."""
    if _watch.terminal is None:
        return
    try:
        import termios

        if os.tcgetpgrp(0) == os.getpgrp():
            termios.tcsetattr(0, termios.TCSANOW, _watch.terminal)
            if os.isatty(2) and "rich.progress" in sys.modules:
                _put(2, "\x1b[?25h")
    except (OSError, termios.error):
        return
