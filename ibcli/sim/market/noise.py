"""Seeded noise: every random-looking number is a hash of the seed and of what it is for.

Nothing is drawn in sequence and nothing is remembered, so two processes that ask the same question
get the same answer whatever either asked before.
"""

from __future__ import annotations

import hashlib
import struct
from statistics import NormalDist

_STANDARD = NormalDist()
_SCALE = 2.0**-32


class Noise:
    """Words, uniforms and normals, each a pure function of the seed and a key."""

    __slots__ = ("_prefix",)

    def __init__(self, seed: int) -> None:
        self._prefix = f"{seed}:"

    def words(self, count: int, *key: object) -> tuple[int, ...]:
        """``count`` independent 32-bit words."""
        text = self._prefix + ":".join(map(str, key))
        return struct.unpack(f"<{count}I", hashlib.shake_128(text.encode()).digest(4 * count))

    def uniforms(self, count: int, *key: object) -> list[float]:
        """``count`` numbers strictly between 0 and 1."""
        return [(word + 0.5) * _SCALE for word in self.words(count, *key)]

    def normals(self, count: int, *key: object) -> list[float]:
        """``count`` standard normal deviates."""
        inverse = _STANDARD.inv_cdf
        return [inverse((word + 0.5) * _SCALE) for word in self.words(count, *key)]
