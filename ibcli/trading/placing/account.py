"""Whose orders these are, and whether that account is the one that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.errors import GuardError, LoginError

if TYPE_CHECKING:
    from ibcli.broker.client import BrokerClient
    from ibcli.config import Settings

_PAPER = "D"  # how the ids of paper accounts begin


def chosen_account(client: BrokerClient) -> tuple[str, bool]:
    """The account of the settings, else the one the broker selects; and whether it is paper.

    Raises LoginError ``account-unknown``, and what ``BrokerClient.read`` raises.
    """
    accounts = client.ensure_accounts()
    wanted = client.settings.account_id
    account = wanted or accounts.selected or accounts.ids[0]
    if account not in accounts.ids:
        raise LoginError(
            "IB_ACCOUNT_ID is none of the accounts that the broker lists.",
            hint="Correct it, or leave it out to use the account that the broker selects.",
            code="account-unknown",
        )
    # Money is at stake: both signs must say paper before an account counts as one.
    return account, accounts.paper is not False and account.startswith(_PAPER)


def check_account(settings: Settings, *, paper: bool) -> None:
    """Raise GuardError ``guard-account`` when IB_IS_LIVE says otherwise than the broker."""
    if settings.is_live is not paper:
        return
    is_what, says = ("a paper account", "true") if paper else ("a live account", "false")
    raise GuardError(
        f"The account is {is_what}, and IB_IS_LIVE is {says}: orders are refused.",
        hint=f"Set IB_IS_LIVE={'false' if paper else 'true'} if that account is meant; else check "
        "IB_ACCOUNT_ID and the keys.",
        code="guard-account",
    )
