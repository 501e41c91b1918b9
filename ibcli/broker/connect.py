"""Where a client comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibcli.broker.client import BrokerClient
from ibcli.broker.required import require_settings

if TYPE_CHECKING:
    from ibcli.broker.deadline import Deadline
    from ibcli.config import Settings


def connect(settings: Settings, deadline: Deadline) -> BrokerClient:
    """A client, to be used as a context manager; nothing is sent before the first request.

    Raises ConfigurationError when a setting is missing that every login needs.
    """
    require_settings(settings)
    return BrokerClient(settings, deadline)
