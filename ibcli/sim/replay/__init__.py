"""Recordings answered from: ``ibcli sim --replay FILE``."""

from __future__ import annotations

from ibcli.sim.replay.reading import RecordingError
from ibcli.sim.replay.replay import Replay

__all__ = ["RecordingError", "Replay"]
