"""A client who is logged in, before a broker with empty books: as those of ``tests.proof``."""

from __future__ import annotations

from tests.proof.conftest import broker, parent, scene, warm

__all__ = ["broker", "parent", "scene", "warm"]
