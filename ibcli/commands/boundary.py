"""Where exceptions end: each becomes a message on stderr, a document if asked, an exit code."""

from __future__ import annotations

import io
import os
import sys
from time import monotonic
from typing import TYPE_CHECKING

import click

from ibcli.commands.context import Context
from ibcli.commands.options import command_words
from ibcli.errors import ExitCode, IbcliError, UsageError
from ibcli.render.destination import Form
from ibcli.render.width import help_width
from ibcli.stopping import Speaking, Stopped, ending, forget_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST = 1024  # characters of a word


def guarded(
    root: click.Command,
    argv: Sequence[str],
    *,
    program: str,
    example_for: Callable[[str], str],
    started: float | None = None,
) -> int:
    """Run ``root`` over ``argv`` and return the exit code; every exception ends here.

    ``started`` is the instant from which the deadline counts, if it is not this one.
    """
    app = Context(argv=tuple(argv), started=monotonic() if started is None else started)
    ending.begin(wants_document="--json" in _options(argv))
    try:
        return _heard(root, argv, program, example_for, app)
    finally:
        if app.debug:
            from ibcli.commands.debug_log import end_log

            end_log()


def _heard(
    root: click.Command,
    argv: Sequence[str],
    program: str,
    example_for: Callable[[str], str],
    app: Context,
) -> int:
    """The exit code; of a signal, too, that comes while another end is dealt with."""
    try:
        ending.said = _guarded(root, argv, program, example_for, app)
    except (KeyboardInterrupt, Stopped) as exc:
        return _stopped(exc, app, argv)
    return ending.said


def _guarded(
    root: click.Command,
    argv: Sequence[str],
    program: str,
    example_for: Callable[[str], str],
    app: Context,
) -> int:
    try:
        _check_lengths(argv)
        code = root.main(
            list(argv),
            prog_name=program,
            standalone_mode=False,
            obj=app,
            terminal_width=help_width(),
        )
        return _flushed(code if isinstance(code, int) else ExitCode.OK)
    except click.exceptions.NoArgsIsHelpError as exc:
        if not _asks_json(app, argv):
            _say(exc.format_message())
            return ExitCode.USAGE
        return _fail(UsageError("A command is missing.", hint=_hint("", example_for)), app, argv)
    except click.ClickException as exc:
        words = _words(exc, root, argv)
        misused = UsageError(exc.format_message(), hint=_hint(words, example_for))
        return _fail(misused, app, argv, words)
    except IbcliError as exc:
        return _fail(exc, app, argv)
    except (KeyboardInterrupt, click.Abort, Stopped) as exc:
        return _stopped(exc, app, argv)
    except SystemExit as exc:
        return _flushed(_as_click_ended(exc, argv))
    except Exception as exc:  # noqa: BLE001 -- the boundary: whatever it is, the user gets one line
        return _fail(_unprinted(exc) or _foreseen(exc) or _bug(exc), app, argv, cause=exc)


def _check_lengths(argv: Sequence[str]) -> None:
    """Nothing has a name so long, and no message should repeat it. Raises UsageError."""
    for number, word in enumerate(argv, start=1):
        if len(word) > _LONGEST:
            raise UsageError(
                f"Word {number} of the command line is too long: {len(word)} characters.",
                hint=f"Up to {_LONGEST} are taken; an unclosed quote?",
            )


def _fail(
    error: IbcliError,
    app: Context,
    argv: Sequence[str],
    words: str | None = None,
    *,
    cause: BaseException | None = None,
    exit_code: int | None = None,
) -> int:
    """Report an error in every form that was asked for, and return its exit code.

    A signal that comes meanwhile changes nothing any more: it ends, and says why.
    """
    with Speaking():
        _report(error, app, argv, words, cause)
        ending.said = _flushed(error.exit_code if exit_code is None else exit_code)
        forget_all()
    return ending.said


def _report(
    error: IbcliError,
    app: Context,
    argv: Sequence[str],
    words: str | None,
    cause: BaseException | None,
) -> None:
    from ibcli.render.streams import say, say_error

    noticed = getattr(error, "__notes__", [])
    warnings = () if app.printed else (*app.setting_warnings, *noticed)
    if _asks_json(app, argv) and not app.printed:
        from ibcli.render.emit import Envelope, emit_failure

        command = app.command if words is None else words
        try:
            emit_failure(error, Envelope(command, app.simulated, warnings))
        except IbcliError as exc:  # nowhere to print it
            if exc.code != error.code:
                say_error(exc)
    if app.debug or "--debug" in _options(argv):
        _say(_traceback(cause or error, app))
    for warning in noticed:
        say(f"Warning: {warning}")
    say_error(error)


def _stopped(exc: BaseException, app: Context, argv: Sequence[str]) -> int:
    """The end by a signal: nothing was lost, but the data is not all there."""
    if isinstance(exc, Stopped):
        error = IbcliError(exc.words, hint=exc.hint, code=exc.how, retryable=True)
        exit_code = exc.exit_code
    else:
        error = IbcliError("ibcli was interrupted.", code="interrupted", retryable=True)
        exit_code = ExitCode.INTERRUPTED
    if ending.said is not None:  # it came between that and the end
        return ending.said
    for each in (exc, exc.__cause__):  # click turns Ctrl-C into an exception of its own
        for note in getattr(each, "__notes__", []):
            error.add_note(note)
    return _fail(error, app, argv, cause=exc, exit_code=exit_code)


def _as_click_ended(exc: SystemExit, argv: Sequence[str]) -> int:
    """The code of a completion; of a pipe whose reader has gone away, 0 if only help was due.

    Whoever was to be asked something on stderr, say, has not been asked.
    """
    code = exc.code if isinstance(exc.code, int) else ExitCode.OK
    is_cut = not isinstance(sys.stdout, io.TextIOBase)  # click has put something in its place
    helps = {"--help", "-h", "--version"} & set(_options(argv))
    return ExitCode.OK if is_cut and helps else code


def _unprinted(exc: Exception) -> IbcliError | None:
    """The error of a help page that could not be printed; None: it is something else's."""
    if not isinstance(exc, OSError):
        return None
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not trace.tb_frame.f_globals.get("__name__", "").startswith("click."):
        return None
    from ibcli.render.streams import unwritable

    return unwritable(exc.strerror or type(exc).__name__)


def _hint(words: str, example_for: Callable[[str], str]) -> str:
    """A right use of the command, and where to read more."""
    return f"Example: {example_for(words)}   ({' '.join(['ibcli', *words.split(), '--help'])})"


def _words(exc: click.ClickException, root: click.Command, argv: Sequence[str]) -> str:
    """The command whose words were wrong: as far as click got, else the first one named."""
    ctx = exc.ctx if isinstance(exc, click.UsageError) else None
    if ctx is not None:
        return command_words(ctx)
    known = root.list_commands(click.Context(root)) if isinstance(root, click.Group) else []
    return next((word for word in argv if word in known), "")


def _foreseen(exc: Exception) -> IbcliError | None:
    """A limit of the system's may be met anywhere."""
    from ibcli.broker.exhausted import exhausted

    return exhausted(exc)


def _bug(exc: Exception) -> IbcliError:
    """An exception that nobody foresaw: its kind and place; its text might hold a secret."""
    import traceback

    frames = traceback.extract_tb(exc.__traceback__)
    own = [f for f in frames if f"{os.sep}ibcli{os.sep}" in f.filename]
    places = [(f.filename.rpartition(os.sep)[2], f.lineno) for f in own or frames]
    where = "".join(f" in {name}, line {line}" for name, line in places[-1:])
    return IbcliError(
        f"A bug in ibcli: {type(exc).__name__}{where}.",
        hint="Run the same command with --debug and report what it prints.",
    )


def _traceback(exc: BaseException, app: Context) -> str:
    """Frames without locals; exceptions' own texts, which may quote anything, made fit to show."""
    import traceback

    from ibcli.broker.scrub import scrub

    settings = vars(app).get("settings")
    secrets = None if settings is None else settings.secrets
    parts: list[str] = []
    told: set[int] = set()
    inner: BaseException | None = exc
    while inner is not None and id(inner) not in told:
        told.add(id(inner))
        frames = "".join(traceback.format_tb(inner.__traceback__)).rstrip()
        is_ours = isinstance(inner, IbcliError)
        # Before the settings are there nobody knows what in the words of others is secret.
        text = scrub(str(inner), secrets or ()) if is_ours or secrets is not None else "***"
        parts.append(f"{frames}\n{type(inner).__qualname__}: {text}".strip("\n"))
        inner = inner.__cause__ or (None if inner.__suppress_context__ else inner.__context__)
    return "\n\n".join(["Traceback (most recent call last):", *reversed(parts)])


def _options(argv: Sequence[str]) -> Sequence[str]:
    """The words before a ``--``, beyond which nothing is an option."""
    return argv[: argv.index("--")] if "--" in argv else argv


def _asks_json(app: Context, argv: Sequence[str]) -> bool:
    """Whether a document is due, also when the words could not be parsed as far as its option."""
    if "--json" in _options(argv):
        return True
    try:
        return app.wish.form is Form.JSON and app.wish.file is None
    except UsageError:
        return False


def _say(text: str) -> None:
    """Print to stderr, wherever that leads."""
    try:
        click.echo(text, err=True)
    except OSError:
        return


def _flushed(code: int) -> int:
    """Flush both streams; a reader who has gone away (``| head``) is no error.

    Nor is a stderr that takes nothing: all that was to be said is said by the exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:
            # What remains in the buffer must not be tried again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except (OSError, ValueError):
            if stream is sys.stdout:
                code = code or ExitCode.CONFIGURATION
    return code
