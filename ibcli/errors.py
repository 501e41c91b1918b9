"""Everything that can go wrong, and the exit code each has.

::

    IbcliError                      1  (a bug when raised bare)
    ├── UsageError                  2  a word of the command line is not of the right form
    ├── ConfigurationError          3  settings, keys and files on this machine
    ├── LoginError                  4  the broker refuses the login or the brokerage session
    ├── NotFoundError               5  no such symbol, month, expiry, strike or contract
    ├── RefusedError                6  the broker refuses what was asked
    ├── IncompleteError             7  required data had not arrived at the deadline
    ├── OutcomeUnknownError         8  whether an order was placed is not known
    ├── GuardError                  9  one of the user's own limits refuses
    └── UnreachableError           10  no connection, time-out, rate limit, server failure

Every error carries a ``code`` (kebab-case, stable, explained in docs/errors.md), a ``message`` that
says what happened and to what, a ``hint`` that says the next step, and ``retryable``: whether the
same command may succeed later unchanged.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The process's exit codes; the one table that code and docs share."""

    OK = 0
    BUG = 1
    USAGE = 2
    CONFIGURATION = 3
    LOGIN = 4
    NOT_FOUND = 5
    REFUSED = 6
    INCOMPLETE = 7
    OUTCOME_UNKNOWN = 8
    GUARD = 9
    UNREACHABLE = 10
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """One line for the docs and ``--help``."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "done (also: it had already been done)",
    ExitCode.BUG: "a bug in ibcli",
    ExitCode.USAGE: "the command line is not of the right form",
    ExitCode.CONFIGURATION: "settings, keys or files on this machine",
    ExitCode.LOGIN: "login or brokerage session refused",
    ExitCode.NOT_FOUND: "no such symbol, month, expiry, strike or contract",
    ExitCode.REFUSED: "refused by the broker",
    ExitCode.INCOMPLETE: "data incomplete at the deadline (what arrived is printed)",
    ExitCode.OUTCOME_UNKNOWN: "order outcome unknown",
    ExitCode.GUARD: "refused by a guard",
    ExitCode.UNREACHABLE: "broker unreachable, or rate-limited",
    ExitCode.HUNG_UP: "hung up on (SIGHUP)",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}


class IbcliError(Exception):
    """Base of all errors that ibcli raises on purpose; ``str()`` gives the message alone."""

    exit_code = ExitCode.BUG
    default_code = "bug"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code
        self.retryable = retryable


class UsageError(IbcliError):
    """A word of the command line is not of the right form; the hint shows one that is."""

    exit_code = ExitCode.USAGE
    default_code = "usage"


class ConfigurationError(IbcliError):
    """Something on this machine: a setting, a key file, a folder, the clock."""

    exit_code = ExitCode.CONFIGURATION
    default_code = "configuration"


class LoginError(IbcliError):
    """The broker refuses the OAuth login or the brokerage session."""

    exit_code = ExitCode.LOGIN
    default_code = "login-refused"


class NotFoundError(IbcliError):
    """No such symbol, month, expiry, strike or contract; the hint names the nearest ones."""

    exit_code = ExitCode.NOT_FOUND
    default_code = "not-found"


class RefusedError(IbcliError):
    """The broker understood the request and refuses it."""

    exit_code = ExitCode.REFUSED
    default_code = "refused"


class IncompleteError(IbcliError):
    """Data that was required had not arrived at the deadline."""

    exit_code = ExitCode.INCOMPLETE
    default_code = "incomplete"


class OutcomeUnknownError(IbcliError):
    """An order may or may not have been placed."""

    exit_code = ExitCode.OUTCOME_UNKNOWN
    default_code = "outcome-unknown"


class GuardError(IbcliError):
    """One of the user's own limits refuses the order."""

    exit_code = ExitCode.GUARD
    default_code = "guard"


class UnreachableError(IbcliError):
    """No connection, a time-out, a rate limit or a failing server; usually try again later."""

    exit_code = ExitCode.UNREACHABLE
    default_code = "unreachable"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str | None = None,
        retryable: bool = True,
    ) -> None:
        super().__init__(message, hint=hint, code=code, retryable=retryable)
