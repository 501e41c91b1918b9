"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no bug: pytest-timeout ends what does not end by itself.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
