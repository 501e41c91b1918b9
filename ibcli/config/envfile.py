"""Find the env file, and read it."""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ibcli.config import parse
from ibcli.config.folders import Folder, user_folder
from ibcli.config.table import BY_NAME, SETTINGS
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OURS = ("IB_", "IBCLI_")
_BIGGEST = 1 << 20  # bytes
_PATIENCE = 5.0  # seconds
_LONGEST_PATH = 4096
_MOST_WARNINGS = 20
_PLAIN_LINE = r"[ \t]*(?:#.*|(?:export +)?([A-Za-z_]\w*)=([\w+/=.,:@%~-]*))?[ \t]*"
_Lines = tuple[list[tuple[str, str]], list[int]]  # names with values; numbers of lines not read


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What an env file says; ``values`` may hold secrets."""

    path: Path
    values: Mapping[str, str] = field(repr=False)
    warnings: tuple[str, ...] = ()


def user_env_file() -> Path:
    """The env file in the user's configuration folder."""
    return user_folder(Folder.CONFIG) / ".env"


def find_env_file(
    named: Path | None, profile: str | None, environ: Mapping[str, str], cwd: Path
) -> Path | None:
    """The env file to read, or None when there is none and none was asked for.

    Order: ``named`` (--env-file), IBCLI_ENV_FILE, ./config/.env, the user's configuration folder.
    Raises ConfigurationError when a file or profile that was asked for does not exist.
    """
    asked = _asked(named, environ, cwd)
    places = _places(asked, cwd)
    if profile is not None:
        _check_profile(profile)
        places = [place.with_name(f".env.{profile}") for place in places]
    for place in places:
        if _is_there(place):
            return place
    if profile is not None:
        raise _no_profile(profile, places)
    if asked is not None:
        raise ConfigurationError(
            f"The env file {asked} does not exist.",
            hint="Give the path of an existing file to --env-file or IBCLI_ENV_FILE.",
            code="env-file-missing",
        )
    return None


def known_profiles(named: Path | None, environ: Mapping[str, str], cwd: Path) -> list[str]:
    """The names of the profiles that there are."""
    return _profiles(_places(_asked(named, environ, cwd), cwd))


def _asked(named: Path | None, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """The env file that was asked for."""
    written = environ.get("IBCLI_ENV_FILE")
    try:
        asked = named or (parse.path(written, cwd) if written else None)
    except ValueError as error:
        raise ConfigurationError(
            f"IBCLI_ENV_FILE {error}.",
            hint="Give the path of an existing file to --env-file or IBCLI_ENV_FILE.",
            code="setting-invalid",
        ) from None
    if asked is not None and len(str(asked)) > _LONGEST_PATH:
        raise ConfigurationError(
            f"The env file's name is too long: {len(str(asked))} characters.",
            hint="Give the path of an existing file to --env-file or IBCLI_ENV_FILE.",
            code="env-file-missing",
        )
    return cwd / asked if asked else None


def _places(asked: Path | None, cwd: Path) -> list[Path]:
    if asked:
        return [asked]
    try:
        return [cwd / "config" / ".env", user_env_file()]
    except ConfigurationError:  # no home folder: then no file in it
        return [cwd / "config" / ".env"]


def _profiles(places: list[Path]) -> list[str]:
    return sorted(
        {
            found.name.removeprefix(".env.")
            for place in places
            for found in place.parent.glob(".env.*")
            if found.name != ".env.example"
        }
    )


def _is_there(place: Path) -> bool:
    """Whether there is something, readable or not."""
    try:
        place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise _unreadable(place, error) from None
    return True


def _unreadable(path: Path, error: Exception) -> ConfigurationError:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return ConfigurationError(
        f"The env file {path} cannot be read: {why}.",
        hint=f"Check that it is a text file that you may read: ls -l {path}",
        code="env-file-unreadable",
    )


def _check_profile(profile: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", profile):
        raise ConfigurationError(
            f"{profile[:64]!r} is not a profile's name.",
            hint="Letters, digits, - and _, up to 64: --profile paper reads .env.paper.",
            code="profile-invalid",
        )


def _no_profile(profile: str, places: list[Path]) -> ConfigurationError:
    known = _profiles(places)
    return ConfigurationError(
        f"There is no profile {profile}: {' and '.join(map(str, places))} not found.",
        hint=f"Existing profiles: {', '.join(known)}." if known else f"Write {places[0]} first.",
        code="profile-missing",
    )


def read_env_file(path: Path) -> EnvFile:
    """Read ``NAME=value`` lines (quotes and ``export`` allowed, nothing interpolated).

    Raises ConfigurationError when the file cannot be read. Lines that do not parse and unknown
    names of ours become warnings.
    """
    content = _content(path)
    pairs, unread = _plain(content) or _parsed(content)
    warnings = [f"{path}, line {line}: not NAME=value, ignored." for line in unread]
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            warnings.append(f"{path}: {name} is set twice; the last one counts.")
        values[name] = value
    warnings += _unknown_names(path, values)
    if len(warnings) > _MOST_WARNINGS:
        more = f"{path}: {len(warnings) - _MOST_WARNINGS} more lines like these."
        warnings = [*warnings[:_MOST_WARNINGS], more]
    return EnvFile(path, values, tuple(warnings))


def _plain(content: str) -> _Lines | None:
    """The lines of a file without quotes, blanks and backslashes; None for any other.

    Most files are such; dotenv's parser would read the same, but takes 10 ms to import.
    """
    matches = [re.fullmatch(_PLAIN_LINE, line) for line in content.split("\n")]
    if not all(matches):
        return None
    return [(match[1], match[2]) for match in matches if match and match[1]], []


def _parsed(content: str) -> _Lines:
    """The lines as dotenv reads them."""
    from io import StringIO

    from dotenv.parser import parse_stream

    # dotenv_values() would log bad lines; the parser beneath it hands them over.
    bindings = list(parse_stream(StringIO(content)))
    pairs = [(b.key, b.value) for b in bindings if not b.error and b.key and b.value is not None]
    return pairs, [b.original.line for b in bindings if b.error]


def _content(path: Path) -> str:
    try:
        content = _bytes(path)
        if len(content) > _BIGGEST:
            raise ValueError("it is larger than 1 MiB")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable(path, ValueError("it is not UTF-8 text")) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if "\0" in text:
        raise _unreadable(path, ValueError("it is not a text file"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bytes(path: Path) -> bytes:
    """As much as may be of a file; also what comes from a pipe (``--env-file <(decrypt .env)``)."""
    # O_NONBLOCK: nobody may ever write into a named pipe
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return stream.read(_BIGGEST + 1)
        return _piped(descriptor)


def _piped(descriptor: int) -> bytes:
    """Until its end, if it comes within seconds."""
    import select

    until = time.monotonic() + _PATIENCE
    content = b""
    while len(content) <= _BIGGEST:
        left = max(0.0, until - time.monotonic())
        if not select.select([descriptor], [], [], left)[0]:
            raise ValueError(f"it is a pipe whose end did not come within {_PATIENCE:g} seconds")
        piece = os.read(descriptor, _BIGGEST)
        if not piece:
            break
        content += piece
    return content


def _unknown_names(path: Path, values: Mapping[str, str]) -> list[str]:
    warnings = []
    for name in values:
        setting = BY_NAME.get(name)
        if setting is not None and setting.choosing:
            warnings.append(f"{path}: {name} has no effect here, only in the process environment.")
        elif setting is None and name.upper().startswith(_OURS):
            import difflib

            near = difflib.get_close_matches(
                name.upper(), [each.name for each in SETTINGS], n=1, cutoff=0
            )
            warnings.append(f"{path}: {name} is not a setting. Did you mean {near[0]}?")
    return warnings
