"""The settings with which a client logs in to a simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.sim import keys

if TYPE_CHECKING:
    from collections.abc import Mapping


def environment(
    key_set: keys.KeySet,
    *,
    url: str,
    clock: str,
    account: str,
    consumer_key: str = keys.CONSUMER_KEY,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The settings with which a client logs in to a simulator at ``url``; ``more`` stands for what
    a recording adds to them.

    Raises:
        KeyError: for a consumer key that is not registered.
    """
    credential = key_set.credential(consumer_key)
    files = key_set.files
    return {
        "IB_CONSUMER_KEY": credential.consumer_key,
        "IB_ACCESS_TOKEN": credential.access_token,
        "IB_ACCESS_TOKEN_SECRET": credential.access_token_secret,
        "IB_SIGNATURE_KEY_PATH": str(files.private_signature.absolute()),
        "IB_ENCRYPTION_KEY_PATH": str(files.private_encryption.absolute()),
        "IB_DH_PARAM_PATH": str(files.dhparam.absolute()),
        "IB_REALM": credential.realm,
        "IB_API_URL": url,
        "IB_ACCOUNT_ID": account,
        "IB_IS_LIVE": "false" if account.startswith("D") else "true",
        "IBCLI_MARKET_CLOCK": clock,
        **(more or {}),
    }
