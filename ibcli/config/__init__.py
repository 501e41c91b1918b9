"""Settings: read from flags, the environment and an env file into one frozen value."""

from __future__ import annotations

from ibcli.config.load import load_settings
from ibcli.config.settings import Entry, Settings

__all__ = ["Entry", "Settings", "load_settings"]
