"""Bring flags, process environment, env file and defaults together, in this order of precedence."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibcli.config.envfile import EnvFile, find_env_file, read_env_file
from ibcli.config.folders import Folder, user_folder
from ibcli.config.market_clock import market_clock, utc_now
from ibcli.config.setting import Mask, Setting
from ibcli.config.settings import Entry, Settings
from ibcli.config.table import BY_NAME, DEFAULT_REALM, SETTINGS, TEST_CONSUMER, TEST_REALM
from ibcli.config.trading import guards_of, order_of
from ibcli.config.trading_table import DEFAULT_DELTA
from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class _Source:
    """A place where settings are written. Relative paths in it start at ``base``."""

    label: str
    values: Mapping[str, str] = field(repr=False)
    base: Path
    explicit: bool = False  # a flag: whatever else is said, this was meant


@dataclass(frozen=True, slots=True)
class _Found:
    name: str  # as written: the setting's own name or an alias
    written: str = field(repr=False)
    source: _Source


def load_settings(
    *,
    flags: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    demo: Mapping[str, str] | None = None,
) -> Settings:
    """The settings in force.

    ``flags`` maps setting names to what the command line said. ``demo`` is what a simulator within
    the command hands out: no env file is looked for then, so that the user's own keys cannot mix
    with the simulator's.

    Raises ConfigurationError: an env file or profile that was asked for is missing or unreadable,
    two names of one setting disagree, or a value is not of the right form. Missing settings are no
    error here: what needs them says so.
    """
    flags = {} if flags is None else flags
    environ = os.environ if environ is None else environ
    cwd = _current_folder() if cwd is None else cwd
    profile = profile or environ.get("IBCLI_PROFILE") or None
    sources = [_Source("flag", flags, cwd, explicit=True), _Source("environment", environ, cwd)]
    if demo is not None:
        sources.append(_Source("the demo", demo, cwd))
    file = None if demo is not None else _env_file(env_file, profile, environ, cwd)
    if file is not None:
        sources.append(_Source(str(file.path), file.values, file.path.parent))
    found = {setting.name: _find(setting, sources) for setting in SETTINGS if not setting.choosing}
    values: dict[str, Any] = {name: _value(name, where) for name, where in found.items()}
    _complete(values)
    entries = [
        _entry(each, found[each.name], values[each.name]) for each in SETTINGS if not each.choosing
    ]
    settings = _assemble(
        values,
        entries=(*entries, *_choices(named=env_file, file=file, profile=profile, environ=environ)),
        file=file,
        profile=profile,
        simulated=demo is not None,
    )
    settings = _with_haste(settings, values["IBCLI_HASTE"])
    return _with_market_clock(settings, values["IBCLI_MARKET_CLOCK"])


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigurationError(
            "The current folder does not exist any more.", hint="Change to one that does: cd"
        ) from None


def _complete(values: dict[str, Any]) -> None:
    """Fill in the defaults that depend on other settings or on the machine."""
    is_test = values["IB_CONSUMER_KEY"] == TEST_CONSUMER
    values["IB_REALM"] = values["IB_REALM"] or (TEST_REALM if is_test else DEFAULT_REALM)
    _choose_strikes(values)
    chosen = values["IBCLI_STATE_DIR"]
    values["IBCLI_STATE_DIR"] = chosen or user_folder(Folder.STATE)
    if values["IBCLI_CACHE_DIR"] is None:
        try:
            values["IBCLI_CACHE_DIR"] = user_folder(Folder.CACHE)
        except ConfigurationError:  # no home folder
            values["IBCLI_CACHE_DIR"] = chosen / "cache"


def _choose_strikes(values: dict[str, Any]) -> None:
    """One way to find strikes; by delta where none is set."""
    ways = ("IBCLI_ORDER_DELTA", "IBCLI_ORDER_OTM", "IBCLI_ORDER_OFFSET")
    chosen = [name for name in ways if values[name] is not None]
    if len(chosen) > 1:
        raise ConfigurationError(
            f"{' and '.join(chosen)} are both set: each is a way to find strikes.",
            hint="Keep one of them.",
            code="settings-disagree",
        )
    if not chosen:
        values["IBCLI_ORDER_DELTA"] = Decimal(DEFAULT_DELTA)


def _choices(
    *, named: Path | None, file: EnvFile | None, profile: str | None, environ: Mapping[str, str]
) -> tuple[Entry, Entry]:
    """Which env file and profile were chosen, and by what."""

    def origin(flag: object, variable: str, otherwise: str) -> str:
        return "flag" if flag else "environment" if environ.get(variable) else otherwise

    path = str(file.path) if file else None
    from_file = origin(named, "IBCLI_ENV_FILE", "default" if path else "not set")
    by_flag = profile is not None and profile != environ.get("IBCLI_PROFILE")
    return (
        Entry("IBCLI_ENV_FILE", path, from_file, secret=False),
        Entry("IBCLI_PROFILE", profile, origin(by_flag, "IBCLI_PROFILE", "not set"), secret=False),
    )


def _env_file(
    named: Path | None, profile: str | None, environ: Mapping[str, str], cwd: Path
) -> EnvFile | None:
    path = find_env_file(named, profile, environ, cwd)
    return None if path is None else read_env_file(path)


def _find(setting: Setting, sources: list[_Source]) -> _Found | None:
    """The value that wins. Two names for one setting must agree, wherever they stand.

    A forgotten IBIND_ACCOUNT_ID in the environment would otherwise silently beat the account in the
    env file, or the other way round.
    """
    found = [
        _Found(name, written, source)
        for source in sources
        for name in (setting.name, *setting.aliases)
        if (written := source.values.get(name, "").strip())
    ]
    if not found:
        return None
    first = found[0]
    for other in found[1:]:
        if first.source.explicit or other.name == first.name:
            continue
        if _comparable(setting, other) != _comparable(setting, first):
            raise ConfigurationError(
                f"{first.name} ({first.source.label}) and {other.name} ({other.source.label}) "
                "are two names of one setting and disagree.",
                hint=f"Keep one of them; {setting.name} is ibcli's own name.",
                code="settings-disagree",
            )
    return first


def _comparable(setting: Setting, found: _Found) -> object:
    try:
        return setting.value(found.written, found.source.base)
    except ValueError:
        return found.written


def _value(name: str, found: _Found | None) -> object:
    setting = BY_NAME[name]
    if found is None:
        return None if setting.default is None else setting.value(setting.default, Path())
    try:
        return setting.value(found.written, found.source.base)
    except ValueError as error:
        raise ConfigurationError(
            f"{found.name} ({found.source.label}) {error}.",
            hint=setting.help,
            code="insecure-url" if "plain http" in str(error) else "setting-invalid",
        ) from None


def _entry(setting: Setting, found: _Found | None, value: object) -> Entry:
    secret = setting.mask is Mask.HIDDEN
    if found is None:
        origin = "not set" if value is None else "default"
        shown = setting.default or (None if value is None else _words(value))
        return Entry(setting.name, shown, origin, secret)
    written = str(value) if isinstance(value, Path) else found.written
    origin = found.source.label
    if found.name != setting.name:
        origin += f" ({found.name})"
    return Entry(setting.name, setting.shown(written), origin, secret)


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _assemble(
    values: Mapping[str, Any],
    *,
    entries: tuple[Entry, ...],
    file: EnvFile | None,
    profile: str | None,
    simulated: bool,
) -> Settings:
    return Settings(
        consumer_key=values["IB_CONSUMER_KEY"],
        access_token=values["IB_ACCESS_TOKEN"],
        access_token_secret=values["IB_ACCESS_TOKEN_SECRET"],
        signature_key=values["IB_SIGNATURE_KEY"],
        signature_key_path=values["IB_SIGNATURE_KEY_PATH"],
        encryption_key=values["IB_ENCRYPTION_KEY"],
        encryption_key_path=values["IB_ENCRYPTION_KEY_PATH"],
        dh_prime=values["IB_DH_PRIME"],
        dh_param_path=values["IB_DH_PARAM_PATH"],
        dh_generator=values["IB_DH_GENERATOR"],
        realm=values["IB_REALM"],
        is_live=values["IB_IS_LIVE"],
        account_id=values["IB_ACCOUNT_ID"],
        api_url=values["IB_API_URL"],
        profile=profile,
        env_file=file.path if file else None,
        base_state_dir=values["IBCLI_STATE_DIR"],
        cache_dir=values["IBCLI_CACHE_DIR"],
        compete=values["IBCLI_COMPETE"],
        max_rps=values["IBCLI_MAX_RPS"],
        deadline=values["IBCLI_DEADLINE"],
        proxy=values["IBCLI_PROXY"],
        ca_bundle=values["IBCLI_CA_BUNDLE"],
        market_now=utc_now,
        confirm=values["IBCLI_CONFIRM"],
        unattended=values["IBCLI_UNATTENDED"],
        guards=guards_of(values),
        order=order_of(values),
        simulated=simulated,
        entries=entries,
        warnings=file.warnings if file else (),
    )


def _with_market_clock(settings: Settings, written: str | None) -> Settings:
    """Honour the market clock towards this machine alone: elsewhere New York's real day counts."""
    from dataclasses import replace

    if written is None:
        return settings
    if not settings.is_loopback:
        ignored = "IBCLI_MARKET_CLOCK is ignored: IB_API_URL is not on this machine."
        return replace(settings, warnings=(*settings.warnings, ignored))
    try:
        return replace(settings, market_now=market_clock(written))
    except ValueError as error:
        raise ConfigurationError(
            f"IBCLI_MARKET_CLOCK {error}.",
            hint="Leave it unset but for a simulator; ibcli sim env prints the right one.",
            code="setting-invalid",
        ) from None


def _with_haste(settings: Settings, haste: int) -> Settings:
    """Honour the haste towards this machine alone: a real broker's limits count in real seconds."""
    from dataclasses import replace

    if haste == 1:
        return settings
    if not settings.is_loopback:
        ignored = "IBCLI_HASTE is ignored: IB_API_URL is not on this machine."
        return replace(settings, warnings=(*settings.warnings, ignored))
    return replace(settings, haste=haste)
