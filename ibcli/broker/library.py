"""ibind, imported so that nothing on this machine changes what it does.

On import ibind reads a ``.env`` found upward from its own folder and every ``IBIND_*`` variable,
and raises on an empty ``IBIND_USE_OAUTH=`` (measured on 0.2.2). Here it sees neither: whatever
matters is passed explicitly.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

_hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("IBIND_")}
os.environ["IBIND_ENV_FILE"] = os.devnull
try:
    from ibind import ExternalBrokerError, IbkrClient, Result
finally:
    del os.environ["IBIND_ENV_FILE"]
    os.environ.update(_hidden)

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["ExternalBrokerError", "IbkrClient", "Result", "oauth1a"]


def oauth1a() -> ModuleType:
    """ibind's OAuth 1.0a functions; loads the cryptography library, which only a login needs."""
    from ibind.oauth import oauth1a as functions

    return functions
