"""A state folder: shared by servers, kept between them, private."""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization

from ibcli.sim import keys, state
from ibcli.sim.embedded import SimServer
from ibcli.sim.options import SimOptions, default_state_folder
from ibcli.sim.store import Store
from tests.sim.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sim.conftest import Serve

ARM = {"conid": 653400472, "sectype": "OPT", "month": "AUG25"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_private_and_once(tmp_path: Path) -> None:
    folder = tmp_path / "sim"
    made = keys.load_or_make(folder)
    files = made.files
    assert mode(folder) == 0o700
    for private in (files.private_signature, files.private_encryption, files.credentials):
        assert mode(private) == 0o600
    for public in (files.public_signature, files.public_encryption, files.dhparam):
        assert mode(public) == 0o644
    for pem in (files.private_signature, files.private_encryption):
        key = serialization.load_pem_private_key(pem.read_bytes(), None)
        public_key = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        assert public_key.decode() in (made.signature_pem, made.encryption_pem)
    assert keys.load_or_make(folder) == made


def test_openssl_prints_the_prime(tmp_path: Path) -> None:
    """Other clients' set-up scripts read it there; a group with a name is printed by its name."""
    made = keys.load_or_make(tmp_path)
    command = ["openssl", "dhparam", "-in", str(made.files.dhparam), "-text", "-noout"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    printed = re.search(r"(?:prime|P):\s*((?:\s*[0-9a-fA-F:]+\s*)+)", text)
    assert printed is not None
    assert int(re.sub(r"[\s:]", "", printed[1]), 16) == made.dh_prime


def test_keys_that_are_there_keep_their_group(tmp_path: Path) -> None:
    made = keys.load_or_make(tmp_path)
    made.files.dhparam.write_text(keys.dh_parameters_pem(2**521 - 1, 2))
    assert keys.load_or_make(tmp_path).dh_prime == 2**521 - 1


def test_a_half_made_set_is_made_again(tmp_path: Path) -> None:
    made = keys.load_or_make(tmp_path)
    made.files.credentials.unlink()
    assert keys.load_or_make(tmp_path) != made


def test_starting_at_once_makes_one_set(tmp_path: Path) -> None:
    found: list[keys.KeySet] = []
    threads = [
        threading.Thread(target=lambda: found.append(keys.load_or_make(tmp_path))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(one == found[0] for one in found)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    made = keys.load_or_make(tmp_path)
    shown = repr(made)
    for credential in made.credentials:
        assert credential.secret not in shown
        assert credential.access_token not in shown
    assert "PRIVATE" not in shown


def test_what_one_server_learns_the_other_knows(serve: Serve, tmp_path: Path) -> None:
    first, second = serve(state=tmp_path), serve(state=tmp_path)
    one = Client(first.env()).login()
    one.get("/iserver/secdef/search", symbol="ARM")
    other = Client(second.env(), lst=one.lst)
    assert 143.0 in other.get("/iserver/secdef/strikes", **ARM).body["call"]
    other.get("/iserver/marketdata/snapshot", conids=653400472, fields="31")
    rows = one.get("/iserver/marketdata/snapshot", conids=653400472, fields="31").body
    assert "31" in rows[0]
    other.post("/logout")
    assert one.post("/tickle").status == 401


def test_a_nonce_is_used_up_for_all_servers(serve: Serve, tmp_path: Path) -> None:
    first, second = serve(state=tmp_path), serve(state=tmp_path)
    one = Client(first.env()).login()
    other = Client(second.env(), lst=one.lst)
    one.changes = other.changes = {"oauth_nonce": "abcdef0123456789"}
    assert one.post("/tickle").status == 200
    assert other.post("/tickle").status == 401


def test_state_outlives_a_server(tmp_path: Path) -> None:
    with SimServer(SimOptions(clock="2025-08-18", state=tmp_path)) as sim:
        client, url = Client(sim.env()).login(), sim.url
    with SimServer(SimOptions(clock="2025-08-18", state=tmp_path)) as sim:
        assert sim.url == url
        again = Client(sim.env(), lst=client.lst)
        assert again.get("/iserver/accounts").status == 200
    assert mode(tmp_path / "sim.sqlite3") == 0o600


def test_parallel_clients_of_parallel_servers(serve: Serve, tmp_path: Path) -> None:
    servers = [serve(state=tmp_path) for _ in range(3)]
    lst = Client(servers[0].env()).login().lst
    statuses: list[int] = []

    def ask(sim: SimServer) -> None:
        client = Client(sim.env(), lst=lst)
        statuses.extend(client.get("/iserver/accounts").status for _ in range(15))

    threads = [threading.Thread(target=ask, args=(sim,)) for sim in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 45


def test_reset_forgets_sessions_and_keeps_keys(serve: Serve, tmp_path: Path) -> None:
    sim = serve(state=tmp_path, keys=None)
    client = Client(sim.env()).login()
    before = sim.env()
    assert state.reset(tmp_path)
    assert client.post("/tickle").status == 401
    assert sim.env() == before
    assert client.login().post("/tickle").status == 200


def test_reset_of_nothing_makes_nothing(tmp_path: Path) -> None:
    assert not state.reset(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_environment_knows_the_server_that_runs(serve: Serve, tmp_path: Path) -> None:
    sim = serve(state=tmp_path, keys=None, clock="2025-08-18")
    assert state.environment_of(tmp_path, sim.port) == sim.env()
    other = state.environment_of(tmp_path, 5080)
    assert other["IB_API_URL"] == "http://127.0.0.1:5080/v1/api"
    assert other["IBCLI_MARKET_CLOCK"] == "now"


def test_a_clock_that_starts_at_an_instant_goes_on(serve: Serve, tmp_path: Path) -> None:
    start = "2025-08-18T13:45:00Z"
    first, second = serve(state=tmp_path, clock=start), serve(state=tmp_path, clock=start)
    assert first.env()["IBCLI_MARKET_CLOCK"] == second.env()["IBCLI_MARKET_CLOCK"]
    assert first.env()["IBCLI_MARKET_CLOCK"].startswith(f"{start}@")


def test_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("IBCLI_STATE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_state_folder() == tmp_path / "ibcli" / "sim"
    monkeypatch.setenv("IBCLI_STATE_DIR", str(tmp_path / "own"))
    assert default_state_folder() == tmp_path / "own" / "sim"


def test_transactions_are_all_or_nothing() -> None:
    store = Store()
    try:
        with store.transaction():
            store.set_setting("a", 1)
            with store.transaction():
                store.set_setting("b", 2)
            raise KeyError
    except KeyError:
        pass
    assert (store.setting("a"), store.setting("b")) == (None, None)
    store.close()


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sim.sqlite3"
    for damage in (b"no database at all " * 100, path):
        path.unlink(missing_ok=True)
        if isinstance(damage, bytes):
            path.write_bytes(damage)
        else:
            damage.mkdir()
        with pytest.raises(OSError, match="delete it") as failure:
            Store(tmp_path)
        assert failure.value.filename == str(path)


def test_tables_of_another_version_are_made_anew(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "sim.sqlite3") as db:
        db.execute("DROP TABLE session")
        db.execute("CREATE TABLE session (something_else)")
        db.execute("PRAGMA user_version = 0")
    db.close()
    store = Store(tmp_path)
    assert store.rows("SELECT username, polls_left FROM session") == []
    store.set_setting("kept", 1)
    store.close()
    store = Store(tmp_path)
    assert store.setting("kept") == 1
    store.close()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("credentials.json", "{"),
        ("credentials.json", "[]"),
        ("credentials.json", '[{"consumer_key": 1}]'),
        ("dhparam.pem", "hello"),
        ("dhparam.pem", ""),
        ("public_signature.pem", "hello"),
        ("public_signature.pem", ""),
        ("public_signature.pem", "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----"),
        ("public_signature.pem", "-----BEGIN PUBLIC KEY-----\nhello\n-----END PUBLIC KEY-----"),
        ("public_encryption.pem", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"),
    ],
)
def test_damaged_keys_are_named(tmp_path: Path, name: str, text: str) -> None:
    keys.load_or_make(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(OSError, match="damaged") as failure:
        keys.load_or_make(tmp_path)
    assert failure.value.filename == str(tmp_path)
