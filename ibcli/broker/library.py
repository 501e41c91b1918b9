"""ibind's OAuth 1.0a functions, imported alone and so that nothing on this machine changes them.

Only a login needs them. ``import ibind`` runs its whole package, with the models of its socket
(pydantic) and its HTTP client: a quarter of a second of a processor, of which the functions need
nothing. So they are imported below a package that is not run, and nothing of that stays in
``sys.modules``: whoever imports ibind later gets all of it. Where ibind is laid out differently it
is imported as usual.

On import ibind also reads a ``.env`` found upward from its own folder and every ``IBIND_*``
variable, and raises on an empty ``IBIND_USE_OAUTH=`` (measured on 0.2.2). Here it sees neither:
whatever matters is passed explicitly.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_PACKAGE = "ibind"
_MODULE = "ibind.oauth.oauth1a"
_NEEDED = (
    "OAuth1aConfig",
    "calculate_live_session_token",
    "generate_oauth_headers",
    "prepare_oauth",
    "validate_live_session_token",
)


@cache
def oauth1a() -> ModuleType:
    """ibind's OAuth 1.0a functions; loads the cryptography library, which only a login needs."""
    with _unseen_environment():
        if _PACKAGE not in sys.modules:
            alone = _imported_alone()
            if alone is not None and all(hasattr(alone, name) for name in _NEEDED):
                return alone
        return import_module(_MODULE)


def _imported_alone() -> ModuleType | None:
    """The module, imported without running the package above it; None when that does not do."""
    spec = find_spec(_PACKAGE)
    if spec is None:
        return None
    sys.modules[_PACKAGE] = module_from_spec(spec)
    try:
        return import_module(_MODULE)
    except (ImportError, AttributeError):  # it needs more of the package than is there
        return None
    finally:
        for name in [each for each in sys.modules if each.split(".")[0] == _PACKAGE]:
            del sys.modules[name]


@contextmanager
def _unseen_environment() -> Iterator[None]:
    names = [name for name in os.environ if name.startswith("IBIND_")]
    hidden = {name: os.environ.pop(name) for name in names}
    os.environ["IBIND_ENV_FILE"] = os.devnull
    try:
        yield
    finally:
        del os.environ["IBIND_ENV_FILE"]
        os.environ.update(hidden)
