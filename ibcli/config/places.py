"""The files and folders that settings lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ibcli.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder; ``path`` is None when the settings name none."""

    name: str
    path: Path | None

    @property
    def exists(self) -> bool:
        """Whether there is something."""
        return self.path is not None and self.path.exists()


def places(settings: Settings) -> tuple[Place, ...]:
    """All of them. Keys given as text have no file."""
    return (
        Place("env file", settings.env_file),
        Place("signature key", None if settings.signature_key else settings.signature_key_path),
        Place("encryption key", None if settings.encryption_key else settings.encryption_key_path),
        Place("Diffie-Hellman parameters", None if settings.dh_prime else settings.dh_param_path),
        Place("CA bundle", settings.ca_bundle),
        Place("state folder", settings.state_dir),
        Place("cache folder", settings.cache_dir),
    )
