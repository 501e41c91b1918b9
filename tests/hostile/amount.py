"""How many examples: a handful each time the tests are run, many in ``make proof``."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_HANDFUL = 100  # what a profile for every run stays below


def examples(few: int, many: int) -> settings:
    """So many, by the profile that is loaded; a slow one is no failure."""
    is_long = settings().max_examples > _HANDFUL
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=many if is_long else few, deadline=None, suppress_health_check=checks
    )
