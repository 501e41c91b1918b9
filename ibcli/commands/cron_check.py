"""The examination of ``ibcli cron check``: ibcli asks itself, in the environment of cron."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ibcli.commands.context import CHANGING, Context
from ibcli.commands.debug_log import end_log
from ibcli.config.folders import Folder, user_folder
from ibcli.domain.crontab import (
    CronCheck,
    Finding,
    Schedule,
    crontab_command,
    is_new_york,
    new_york_words,
)
from ibcli.domain.newyork import NEW_YORK
from ibcli.errors import ConfigurationError, GuardError, IbcliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROGRAM = "ibcli"
_PATH = "/usr/bin:/bin"
_NOT_THERE = {"default", "not set"}
_LIMITS = ("IBCLI_MAX_PREMIUM", "IBCLI_MAX_LOSS")  # have no default
_EXAMPLE = "Example: ibcli cron check order SPY --side both"


def checked_words(words: Sequence[str]) -> tuple[str, ...]:
    """The command's words, without the program's name. Raises UsageError when they are not right.

    They are read as the command itself would read them; nothing is run. --help among them is
    heeded: click's Exit.
    """
    root = click.get_current_context().find_root().command
    found = tuple(words[1:] if words and Path(words[0]).name == _PROGRAM else words)
    if not found:
        return ()
    try:
        group, rest = root, list(found)
        ctx = root.make_context(_PROGRAM, rest, obj=Context())
        while isinstance(group, click.Group):
            name, command, rest = group.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
            if command is None:
                raise UsageError(f"There is no command {name!r}.", hint=_EXAMPLE)
            group = command
            ctx = command.make_context(name, rest, parent=ctx)
    except click.ClickException as error:
        raise UsageError(f"{' '.join(found)}: {error.format_message()}", hint=_EXAMPLE) from None
    finally:
        end_log()  # of --debug among them
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """What ibcli has said there: its exit code, and the document's data and error."""

    code: int
    data: Any
    error: dict[str, Any]


class Examination:
    """One command, the environment of cron, and what was found."""

    def __init__(
        self, app: Context, words: tuple[str, ...], at: str | None, schedule: Schedule | None
    ) -> None:
        self._app = app
        self._words = words
        self._at = at
        self._schedule = schedule
        self._findings: list[Finding] = []
        self._program = _program()
        self._account = _account()
        self._home = _home_of(self._account)
        self._named: dict[str, str] = {}  # variables that the crontab has to set
        self.error: IbcliError | None = None

    @property
    def result(self) -> CronCheck:
        """What was found, and the crontab's lines."""
        return CronCheck(tuple(self._findings), self._crontab())

    def look_at_all(self, *, offline: bool) -> None:
        """Look at one thing after the other; a failure stops none of the rest."""
        self._look_at_program()
        self._name_env_file()
        there = self._settings()
        if there is not None:
            self._look_at_folders(there)
            self._look_at_login(offline=offline)
            self._look_at_journal()
            self._look_at_halt()
            self._look_at_locks()
            self._look_at_orders(there)
        self._look_at_time()
        self._look_at_output()

    # -- what is noted ---------------------------------------------------------------------------

    def _note(self, name: str, detail: str, outcome: str = "ok", hint: str = "") -> None:
        self._findings.append(Finding(name, outcome, detail, hint))

    def _fail(self, name: str, error: IbcliError) -> None:
        self.error = self.error or error
        self._findings.append(Finding(name, "failed", error.message, error.hint, error.code))

    def _look(self, name: str, check: Callable[[], str]) -> None:
        try:
            self._note(name, check())
        except IbcliError as error:
            self._fail(name, error)

    # -- what is looked at -----------------------------------------------------------------------

    def _look_at_program(self) -> None:
        if self._program is None:
            error = ConfigurationError(
                "There is no program named ibcli: cron needs its absolute path.",
                hint="Install it: pipx install ibcli-headless.",
                code="cron-no-program",
            )
            self._fail("program", error)
        else:
            self._note("program", f"{self._program} (cron looks in {_PATH} alone)")

    def _name_env_file(self) -> None:
        """An env file that cron would not find by itself gets its variable in the crontab."""
        if self._app.demo:
            self._note("env file", "the demo needs none")
            return
        file = self._app.settings.env_file
        if file is None:
            hint = "Put the settings into one, and its path into IBCLI_ENV_FILE."
            self._note("env file", "none is found", "warning", hint)
            return
        try:
            by_itself = user_folder(Folder.CONFIG) == file.parent and self._home == Path.home()
        except (ConfigurationError, RuntimeError):
            by_itself = False
        if self._app.profile is None and not by_itself:
            self._named["IBCLI_ENV_FILE"] = str(file)
        elif self._app.profile is not None and not by_itself:
            self._named["IBCLI_ENV_FILE"] = str(file.with_name(".env"))
        how = ", named by IBCLI_ENV_FILE below" if self._named else ", found without being named"
        self._note("env file", f"{file}{how}")

    def _settings(self) -> dict[str, dict[str, Any]] | None:
        """The settings as they are there, by name; None when they cannot be read."""
        said = self._asked("config", "show")
        if said.data is None:
            self._fail("environment", _error_of(said))
            return None
        there = {entry["name"]: entry for entry in said.data}
        lost = [
            entry.name
            for entry in self._app.settings.entries
            if entry.origin.startswith(("environment", "flag"))
            and there.get(entry.name, {}).get("origin") in _NOT_THERE
            and entry.name not in {"IBCLI_ENV_FILE", "IBCLI_PROFILE"}
        ]
        if lost:
            file = self._app.settings.env_file or "an env file"
            error = ConfigurationError(
                f"Set in this shell alone, and unknown to cron: {', '.join(lost)}.",
                hint=f"Write them into {file}, or above the line in the crontab.",
                code="cron-settings-missing",
            )
            self._fail("environment", error)
        else:
            self._note("environment", "the same settings there as here")
        return there

    def _look_at_folders(self, there: dict[str, dict[str, Any]]) -> None:
        for name, words in (("IBCLI_STATE_DIR", "state folder"), ("IBCLI_CACHE_DIR", "cache")):
            folder = Path(str(there[name]["value"]))
            self._look(words, lambda folder=folder, name=name: _writable(folder, name))  # type: ignore[misc]

    def _look_at_login(self, *, offline: bool) -> None:
        said = self._asked("auth", "check", *(["--offline"] if offline else []))
        bad = [each for each in said.data or [] if each["outcome"] in {"warning", "failed"}]
        for each in bad:
            self._findings.append(
                Finding(
                    each["name"],
                    each["outcome"],
                    each["detail"],
                    each["hint"] or "",
                    each["code"] or "",
                )
            )
        if said.code:
            self.error = self.error or _error_of(said)
            if not bad:
                self._fail("keys", _error_of(said))
        elif not bad:
            self._note("keys and secrets", "they can be read there, and fit one another")
        if offline:
            self._note("login", "not tried: offline", "skipped")
            return
        said = self._asked("auth", "test")
        if said.code:
            self._fail("login", _error_of(said))
            return
        kind = "paper" if said.data["paper"] else "live"
        self._note("login", f"it works; a {kind} account")

    def _look_at_journal(self) -> None:
        said = self._asked("journal")
        if said.code:
            self._fail("journal", _error_of(said))
        else:
            self._note("journal", "whole, and readable there")

    def _look_at_halt(self) -> None:
        from ibcli.trading.halt import halted

        halt = halted(self._app.settings)
        if halt is not None:
            self._note("halt", f"trading is halted: {halt.reason}", "warning", "ibcli resume")
        else:
            self._note("halt", "trading is not halted")

    def _look_at_locks(self) -> None:
        """See whether somebody holds what orders need, and does not go on."""
        from ibcli.broker.deadline import Deadline
        from ibcli.broker.lock_order import Rank
        from ibcli.broker.locks import locked

        try:
            for path in sorted(self._app.settings.base_state_dir.glob("orders-*.lock")):
                with locked(path, Deadline.after(1), Rank.ACCOUNT, busy="an account"):
                    pass
        except IbcliError as error:
            self._note("locks", error.message, "warning", error.hint)
        else:
            self._note("locks", "nobody holds an account")

    def _look_at_orders(self, there: dict[str, dict[str, Any]]) -> None:
        """Whether the command may send with nobody there to ask."""
        if not (CHANGING - {"cancel"}) & set(self._words[:3]) or "--dry-run" in self._words:
            return
        settings = self._app.settings
        unattended = str(there["IBCLI_UNATTENDED"]["value"])
        live = settings.is_live
        if unattended == "never" or (live and unattended != "live"):
            kind = "a live" if live else "any"
            error = GuardError(
                f"IBCLI_UNATTENDED={unattended}: nothing is sent to {kind} account from cron.",
                hint=f"Set IBCLI_UNATTENDED={'live' if live else 'paper'} in the env file.",
                code="guard-unattended",
            )
            self._fail("unattended", error)
        else:
            self._note("unattended", f"orders may be sent to {unattended} accounts")
        free = [name for name in _LIMITS if there[name]["value"] in {None, "none"}]
        if free:
            hint = "Set them in the env file: a job that runs while you sleep should have a limit."
            self._note("limits", f"no limit is set by {' and '.join(free)}", "warning", hint)

    def _look_at_time(self) -> None:
        now = datetime.now(UTC)
        here = now.astimezone()
        same = is_new_york(None, here.year)
        zone = here.tzname() or "an unnamed zone"
        if same:
            self._note("clock", f"this machine has New York's time ({zone})")
        else:
            self._note(
                "clock",
                f"this machine has another time than New York ({zone}), and cron goes by it",
                "warning",
                "CRON_TZ=America/New_York in the crontab is heeded by cronie (Fedora, Red Hat, "
                "Arch), not by Debian's and Ubuntu's cron: there, timedatectl set-timezone "
                "America/New_York, or a systemd timer with that zone.",
            )
        if self._schedule is None:
            self._note("schedule", 'not said: --at "0 11 * * 1-5"', "skipped")
            return
        moment = self._schedule.first(now, None)
        if moment is None:
            self._note("schedule", "does not fire within a year", "warning", "See day and month.")
            return
        words = new_york_words(moment)
        if not same and (other := self._schedule.first(now, NEW_YORK)):
            words += f"; with CRON_TZ, where it is heeded: {new_york_words(other)}"
        self._note("schedule", f"fires next {words}")

    def _look_at_output(self) -> None:
        if not self._words:
            return
        if "--output" not in self._words:
            self._note(
                "output",
                "cron mails what is printed on stdout too, each time",
                "warning",
                "Add --output FILE (an absolute path): then only errors are mailed, to MAILTO.",
            )
        if "--deadline" not in self._words:
            seconds = f"{self._app.settings.deadline:g}"
            self._note("deadline", f"{seconds} s, as IBCLI_DEADLINE says; --deadline to choose")

    # -- cron's environment ----------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        """What cron sets (crontab(5)), and what the crontab's lines say."""
        return {
            "HOME": str(self._home),
            "LOGNAME": self._account,
            "USER": self._account,
            "SHELL": "/bin/sh",
            "PATH": _PATH,
            **self._named,
        }

    def _roots(self) -> list[str]:
        roots = ["--demo"] if self._app.demo else []
        if self._app.profile is not None:
            roots += ["--profile", self._app.profile]
        return roots

    def _asked(self, *words: str) -> _Said:
        """What ibcli says there; it has as long as is left here."""
        left = max(1.0, self._app.deadline.remaining)
        program = [str(self._program)] if self._program else [sys.executable, "-m", "ibcli"]
        command = [*program, *self._roots(), *words, "--json", "--deadline", f"{left:.3f}"]
        home = self._home if self._home.is_dir() else Path("/")
        try:
            ended = subprocess.run(
                command,
                env=self._environment(),
                cwd=home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                start_new_session=True,
                check=False,
                timeout=left + 5,
            )
            document = json.loads(ended.stdout)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return _Said(1, None, {"message": f"ibcli cannot be run there: {error}"})
        return _Said(ended.returncode, document.get("data"), document.get("error") or {})

    def _crontab(self) -> tuple[str, ...]:
        program = str(self._program) if self._program else "ibcli"
        words = self._words or ("COMMAND",)
        lines = [f"{name}={value}" for name, value in self._named.items()]
        if not is_new_york(None, datetime.now(UTC).year):
            lines.insert(0, "CRON_TZ=America/New_York")
        when = self._at or "0 11 * * 1-5"
        return (*lines, f"{when}  {crontab_command([program, *self._roots(), *words])}")


def _program() -> Path | None:
    """The absolute path of the program that runs here."""
    beside = Path(sys.executable).with_name("ibcli")
    candidates = (sys.argv[0], str(beside), shutil.which("ibcli") or "")
    for candidate in candidates:
        path = Path(candidate)
        if path.name == "ibcli" and path.is_file() and os.access(path, os.X_OK):
            return path.absolute()
    return None


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return os.environ.get("LOGNAME", str(os.getuid()))


def _home_of(account: str) -> Path:
    """cron takes it from the system's list of users, whatever HOME says here."""
    try:
        return Path(pwd.getpwnam(account).pw_dir)
    except KeyError:
        return Path(os.environ.get("HOME") or "/")


def _writable(folder: Path, name: str) -> str:
    """That it can be written, or made."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        raise ConfigurationError(
            f"{folder} cannot be written.",
            hint=f"Set {name} to a folder of your own.",
            code="state-unwritable",
        )
    return str(folder)


def _error_of(said: _Said) -> IbcliError:
    """The error that ibcli ended with there, with its exit code."""
    kinds: list[type[IbcliError]] = IbcliError.__subclasses__()
    kind = next((each for each in kinds if each.exit_code == said.code), IbcliError)
    name = said.error.get("code")
    return kind(
        str(said.error.get("message", "ibcli failed there.")),
        hint=str(said.error.get("hint") or ""),
        code=name,
        retryable=bool(said.error.get("retryable")),
    )
