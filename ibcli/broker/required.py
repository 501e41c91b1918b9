"""The settings without which there is no login; looked at without loading what a login needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.errors import ConfigurationError

if TYPE_CHECKING:
    from ibcli.config import Settings


def require_settings(settings: Settings) -> None:
    """Raise ConfigurationError ``setting-missing`` that names every setting a login lacks."""
    given: tuple[tuple[str, object], ...] = (
        ("IB_CONSUMER_KEY", settings.consumer_key),
        ("IB_ACCESS_TOKEN", settings.access_token),
        ("IB_ACCESS_TOKEN_SECRET", settings.access_token_secret),
        ("IB_SIGNATURE_KEY_PATH", settings.signature_key or settings.signature_key_path),
        ("IB_ENCRYPTION_KEY_PATH", settings.encryption_key or settings.encryption_key_path),
        ("IB_DH_PARAM_PATH", settings.dh_prime or settings.dh_param_path),
    )
    missing = [name for name, value in given if not value]
    if missing:
        where = settings.env_file or "config/.env"
        raise ConfigurationError(
            f"Not set: {', '.join(missing)}.",
            hint=f"Put {'it' if len(missing) == 1 else 'them'} into {where} "
            "(see config/.env.example) or the environment; ibcli config show lists all settings. "
            "No account yet? ibcli --demo auth test",
            code="setting-missing",
        )
