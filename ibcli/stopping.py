"""How a command is told to end before it is done: by a signal, or by its deadline.

A signal's exception may be raised between any two steps. Where that would leave something half
done, ``Uninterrupted`` puts it off to the next place that is made for it, or to the end of the
block. Whoever does not get there in time is ended over his head: see ``commands.signals``.
"""

from __future__ import annotations

from _thread import LockType, allocate_lock
from dataclasses import dataclass, field
from threading import get_ident, main_thread
from time import sleep
from typing import TYPE_CHECKING, ClassVar

from ibcli.errors import ExitCode

if TYPE_CHECKING:
    from types import TracebackType


class Stopped(BaseException):
    """The command is to end now; ``how`` is its error code, ``words`` says it."""

    how: ClassVar[str] = "terminated"
    words: ClassVar[str] = "ibcli was terminated."
    hint: ClassVar[str] = ""
    exit_code: ClassVar[int] = ExitCode.TERMINATED


class Terminated(Stopped):
    """SIGTERM arrived."""


class HungUp(Stopped):
    """SIGHUP arrived: the terminal or the connection is gone."""

    how = "hung-up"
    words = "ibcli was hung up on."
    exit_code = ExitCode.HUNG_UP


class Overdue(Stopped):
    """The deadline has passed, and what was being done does not end by itself."""

    how = "deadline"
    words = "The deadline passed."
    hint = "Give it longer with --deadline SECONDS."
    exit_code = ExitCode.INCOMPLETE


@dataclass(frozen=True, slots=True)
class LastWords:
    """What is said, and the exit code, when the deadline has passed and nothing else ends it."""

    exit_code: int
    code: str
    message: str
    hint: str


OVERDUE = LastWords(Overdue.exit_code, Overdue.how, Overdue.words, Overdue.hint)


@dataclass
class Ending:
    """What the end of this process has to know; ``at_deadline`` changes with what is being done.

    Two may say how it ended: the command, and the thread beside, once it has had enough. Who is
    saying it holds ``mouth``; what is on stdout is one's alone, whatever becomes of the other.
    """

    wants_document: bool = False  # on stdout, where nothing has been printed yet
    at_deadline: LastWords = OVERDUE
    warning: str = ""  # what has to be known of what is being done, should it end here
    said: int | None = None  # the exit code that goes with what has been said to its end
    mouth: LockType = field(default_factory=allocate_lock)
    _stdout: dict[str, str] = field(default_factory=dict)

    def begin(self, *, wants_document: bool) -> None:
        """A command line begins."""
        self.wants_document = wants_document
        self.at_deadline = OVERDUE
        self.warning = ""
        self.said = None
        self.mouth = allocate_lock()
        self._stdout = {}

    def begin_output(self) -> None:
        """The command is about to write to stdout; never returns where the other has."""
        while self._stdout.setdefault("whose", "command's") != "command's":
            sleep(1)  # the process is about to end
        self.wants_document = False

    def take_stdout(self) -> bool:
        """Whether a document is due that the command has not begun, nor can begin from now on."""
        return self.wants_document and self._stdout.setdefault("whose", "beside") == "beside"

    @property
    def has_begun(self) -> bool:
        """Whether something of the command's may be on stdout."""
        return self._stdout.get("whose") == "command's"


ending = Ending()


class _Hearing:
    """Whether signals are put off, and the one that is."""

    deaf = 0  # blocks within each other
    pending: BaseException | None = None


_hearing = _Hearing()


def _is_main() -> bool:
    return get_ident() == main_thread().ident


def stop(how: BaseException) -> None:
    """Raise it, or put it off; called in the main thread, where signals are handled."""
    if not _hearing.deaf:
        raise how
    if _hearing.pending is None:
        _hearing.pending = how


def put_off(how: BaseException) -> None:
    """It could not be raised where it was: at the next safe point then."""
    if isinstance(how, Stopped | KeyboardInterrupt) and _hearing.pending is None:
        _hearing.pending = how


def safe_point() -> None:
    """Raise what was put off: here nothing is half done. Other threads are told by the first."""
    if _hearing.pending is not None and _is_main():
        how, _hearing.pending = _hearing.pending, None
        raise how


def forget_deadline() -> None:
    """All is done: a deadline that was put off has nothing to end any more."""
    if isinstance(_hearing.pending, Overdue):
        _hearing.pending = None


def forget_all() -> None:
    """It has ended, and how has been said: nothing that was put off changes that any more."""
    _hearing.pending = None


def is_put_off() -> bool:
    """Whether signals wait for a safe point in this thread."""
    return _hearing.deaf > 0 and _is_main()


class Uninterrupted:
    """A block at whose safe points and end alone the main thread is stopped."""

    def __enter__(self) -> None:
        if _is_main():
            _hearing.deaf += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if _is_main():
            _hearing.deaf -= 1
            if not _hearing.deaf:
                safe_point()


class Speaking(Uninterrupted):
    """Such a block in which is printed how it ended, by nobody else meanwhile."""

    def __enter__(self) -> None:
        super().__enter__()
        self._mouth = ending.mouth
        self._mouth.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._mouth.release()
        super().__exit__(kind, error, trace)


class Interruptible:
    """A block within such a one that may be stopped anywhere: somebody is asked something."""

    def __enter__(self) -> None:
        self._deaf = 0
        if _is_main():
            self._deaf, _hearing.deaf = _hearing.deaf, 0
            try:
                safe_point()
            except BaseException:
                _hearing.deaf = self._deaf
                raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if _is_main():
            _hearing.deaf = self._deaf
