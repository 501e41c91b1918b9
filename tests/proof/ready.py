"""Processes that begin at once: see ``chaos.processes``."""

from __future__ import annotations

from chaos.processes import Parent, Running

__all__ = ["Parent", "Running"]
