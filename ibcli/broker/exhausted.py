"""What the system gives this user no more of: open files, threads."""

from __future__ import annotations

import errno
import os

from ibcli.errors import ConfigurationError

_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE}
NO_MORE_FILES = frozenset(os.strerror(number) for number in _NO_MORE_FILES)
_CODE = "system-limit"


def exhausted(error: BaseException) -> ConfigurationError | None:
    """What to say of an error that comes from such a limit; None: it does not."""
    if isinstance(error, OSError) and error.errno in _NO_MORE_FILES:
        return too_many_files()
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return too_many_threads()
    return None


def has_no_file_left() -> bool:
    """Whether this process may not open another file at the moment."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno in _NO_MORE_FILES
    return False


def too_many_files() -> ConfigurationError:
    """No file, and so no connection, can be opened any more."""
    return ConfigurationError(
        "The system lets ibcli open no more files or connections.",
        hint="Raise the limit (ulimit -n; ibcli needs some thirty), or run fewer programs at a "
        "time.",
        code=_CODE,
        retryable=True,
    )


def too_many_threads() -> ConfigurationError:
    """No thread can be started, not even one for a request."""
    return ConfigurationError(
        "The system starts no more threads or processes for this user.",
        hint="Raise the limit (ulimit -u; in a container, its pids limit), or run fewer programs "
        "at a time.",
        code=_CODE,
        retryable=True,
    )
