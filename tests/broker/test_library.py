"""ibind's OAuth functions: imported alone where that does, with the whole package where not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IMPORTS = "import sys; from ibcli.broker.library import oauth1a;"
HEAVY = (
    "[name for name in ('ibind', 'ibind.var', 'pydantic', 'requests', 'websocket')"
    " if name in sys.modules]"
)


def python(code: str, folder: Path, **environ: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def test_only_what_a_login_needs_is_imported_and_nothing_stays_behind(tmp_path: Path) -> None:
    code = f"{IMPORTS} print(oauth1a() is oauth1a(), hasattr(oauth1a(), 'RSA'), {HEAVY})"
    assert python(code, tmp_path) == "True True []\n"


def test_who_imports_ibind_afterwards_gets_all_of_it(tmp_path: Path) -> None:
    code = (
        f"{IMPORTS} oauth1a(); import ibind; import ibind.oauth.oauth1a as whole;"
        "print(ibind.IbkrClient.__name__, ibind.events.__name__, ibind.oauth.oauth1a is whole)"
    )
    assert python(code, tmp_path) == "IbkrClient ibind.events True\n"


def test_who_imported_ibind_before_shares_it(tmp_path: Path) -> None:
    code = f"import ibind.oauth.oauth1a as whole; {IMPORTS} print(oauth1a() is whole)"
    assert python(code, tmp_path) == "True\n"


def laid_out(folder: Path, package: str, functions: str) -> None:
    """An ibind of another kind, which Python finds first."""
    below = folder / "ibind" / "oauth"
    below.mkdir(parents=True)
    (folder / "ibind" / "__init__.py").write_text(package)
    (below / "__init__.py").write_text("")
    (below / "oauth1a.py").write_text(functions)


def test_an_ibind_that_needs_its_whole_package_is_imported_as_usual(tmp_path: Path) -> None:
    laid_out(tmp_path, "SHARED = 7", "from ibind import SHARED\ndef prepare_oauth(): return SHARED")
    code = f"{IMPORTS} print(oauth1a().prepare_oauth(), {HEAVY})"
    assert python(code, tmp_path) == "7 ['ibind']\n"


def test_an_ibind_whose_package_adds_the_functions_is_imported_as_usual(tmp_path: Path) -> None:
    laid_out(
        tmp_path, "from ibind.oauth import oauth1a\noauth1a.prepare_oauth = lambda: 7", "X = 1"
    )
    code = f"{IMPORTS} print(oauth1a().prepare_oauth(), {HEAVY})"
    assert python(code, tmp_path) == "7 ['ibind']\n"


def test_it_finds_neither_its_variables_nor_its_env_file(tmp_path: Path) -> None:
    """Empty, IBIND_USE_OAUTH= makes ibind's import raise; set, it would log in on its own."""
    (tmp_path / ".env").write_text("IBIND_USE_OAUTH=true\nIBIND_LOG_TO_FILE=x\n")
    code = (
        f"import os; {IMPORTS} v = oauth1a().var;"
        "print(v.IBIND_USE_OAUTH, v.IBIND_ACCOUNT_ID, os.environ['IBIND_USE_OAUTH'] == '',"
        " 'IBIND_ENV_FILE' in os.environ, 'IBIND_LOG_TO_FILE' in os.environ)"
    )
    said = python(code, tmp_path, IBIND_USE_OAUTH="", IBIND_ACCOUNT_ID="U1")
    assert said == "False None True False False\n"
