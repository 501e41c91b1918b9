"""The request rate, kept by all processes of the user together."""

from __future__ import annotations

from ibcli.broker.pace.gate import Pace
from ibcli.broker.pace.rules import RULES, Rule

__all__ = ["RULES", "Pace", "Rule"]
