"""Every known way to set it up wrongly has its own code, cause and next step."""

from __future__ import annotations

import base64
import datetime as dt
import math
import os
import secrets
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from Crypto.PublicKey import DSA, ECC, RSA

from tests.auth.conftest import Desk
from tests.scenes.certificate import self_signed

if TYPE_CHECKING:
    from pathlib import Path

Break = Callable[[Desk], object]


def setting(name: str, value: str) -> Break:
    return lambda desk: desk.env.update({name: value})


def without(*names: str) -> Break:
    def remove(desk: Desk) -> None:
        for name in names:
            del desk.env[name]

    return remove


def key_file(text: str | bytes | Callable[[RSA.RsaKey], str | bytes]) -> Break:
    """Replace the signature key's file by this, or by what this makes of the key."""

    def write(desk: Desk) -> None:
        path = desk.keys / "private_signature.pem"
        made = text(RSA.import_key(path.read_bytes())) if callable(text) else text
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    return write


def dh_file(text: str) -> Break:
    def write(desk: Desk) -> None:
        (desk.keys / "dhparam.pem").write_text(text)

    return write


def swapped(desk: Desk) -> None:
    one, two = "IB_SIGNATURE_KEY_PATH", "IB_ENCRYPTION_KEY_PATH"
    desk.env[one], desk.env[two] = desk.env[two], desk.env[one]


def folder_for_a_key(desk: Desk) -> None:
    (desk.keys / "private_encryption.pem").unlink()
    (desk.keys / "private_encryption.pem").mkdir()


def pipe_for_a_key(desk: Desk) -> None:
    (desk.keys / "private_signature.pem").unlink()
    os.mkfifo(desk.keys / "private_signature.pem")


def other_encryption_key(desk: Desk) -> None:
    key = RSA.generate(2048)
    (desk.keys / "private_encryption.pem").write_bytes(key.export_key())
    (desk.keys / "public_encryption.pem").write_bytes(key.public_key().export_key())


def der_integer(number: bytes) -> bytes:
    length = len(number).to_bytes(2, "big")
    return b"\x02\x82" + length + number


def dh_pem(prime: bytes, generator: bytes = b"\x02") -> str:
    numbers = der_integer(prime) + b"\x02\x01" + generator
    der = b"\x30\x82" + len(numbers).to_bytes(2, "big") + numbers
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN DH PARAMETERS-----\n{body}-----END DH PARAMETERS-----\n"


def damaged(key: RSA.RsaKey) -> str:
    lines = key.export_key().decode().splitlines()
    return "\n".join([*lines[:3], *lines[5:]])


OFFLINE: dict[str, tuple[Break, str]] = {
    "no settings": (lambda desk: desk.env.clear(), "setting-missing"),
    "no token": (without("IB_ACCESS_TOKEN"), "setting-missing"),
    "no key": (without("IB_SIGNATURE_KEY_PATH"), "setting-missing"),
    "no parameters": (without("IB_DH_PARAM_PATH"), "setting-missing"),
    "no such file": (setting("IB_SIGNATURE_KEY_PATH", "keys/gone.pem"), "file-missing"),
    "no such dh file": (setting("IB_DH_PARAM_PATH", "keys/gone.pem"), "file-missing"),
    "a folder": (folder_for_a_key, "file-unreadable"),
    "public half": (key_file(lambda key: key.public_key().export_key()), "key-wrong-kind"),
    "elliptic curve": (
        key_file(ECC.generate(curve="P-256").export_key(format="PEM")),
        "key-wrong-kind",
    ),
    "DSA": (key_file(DSA.generate(1024).export_key(pkcs8=False)), "key-wrong-kind"),
    "parameters as key": (key_file(dh_pem(b"\x00" + b"\xff" * 256)), "key-wrong-kind"),
    "certificate": (
        key_file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        "key-wrong-kind",
    ),
    "DER": (key_file(lambda key: key.export_key("DER")), "key-wrong-kind"),
    "text": (key_file("hello"), "key-wrong-kind"),
    "empty": (key_file(""), "key-wrong-kind"),
    "damaged": (key_file(damaged), "key-damaged"),
    "passphrase": (
        key_file(lambda key: key.export_key(passphrase="x", pkcs=8)),
        "key-passphrase",
    ),
    "old passphrase": (
        key_file(lambda key: key.export_key(passphrase="x", pkcs=1)),
        "key-passphrase",
    ),
    "swapped": (swapped, "keys-swapped"),
    "no base64": (setting("IB_ACCESS_TOKEN_SECRET", "no*base64"), "secret-not-base64"),
    "another key": (other_encryption_key, "secret-key-mismatch"),
    "short secret": (setting("IB_ACCESS_TOKEN_SECRET", "AAAA"), "secret-key-mismatch"),
    "a key as parameters": (
        setting("IB_DH_PARAM_PATH", "keys/private_signature.pem"),
        "dh-not-parameters",
    ),
    "no parameters inside": (
        dh_file("-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n"),
        "dh-not-parameters",
    ),
    "no PEM": (dh_file("hello"), "dh-not-parameters"),
    "short prime": (setting("IB_DH_PRIME", "ff"), "dh-not-parameters"),
    "no sign byte": (dh_file(dh_pem(b"\xff" * 256)), "dh-prime-sign"),
    "generator 1": (dh_file(dh_pem(b"\x00" + b"\xff" * 256, b"\x01")), "dh-not-parameters"),
    "even prime": (dh_file(dh_pem(b"\x00" + b"\xfe" * 256)), "dh-not-parameters"),
    "huge prime": (setting("IB_DH_PRIME", "f" * 5000), "dh-not-parameters"),
    "cut off": (key_file(lambda key: key.export_key()[:400]), "key-damaged"),
    "a pipe": (pipe_for_a_key, "file-unreadable"),
    "a device": (setting("IB_SIGNATURE_KEY_PATH", "/dev/zero"), "file-unreadable"),
    "a CA bundle without certificates": (
        setting("IBCLI_CA_BUNDLE", "keys/private_signature.pem"),
        "ca-bundle-invalid",
    ),
    "plain http": (setting("IB_API_URL", "http://api.ibkr.com/v1/api"), "insecure-url"),
    "no CA bundle": (setting("IBCLI_CA_BUNDLE", "gone.pem"), "file-missing"),
}


@pytest.mark.parametrize("name", OFFLINE)
def test_broken_on_this_machine(desk: Desk, name: str) -> None:
    """``auth test`` and ``auth check`` say the same; nothing is sent."""
    breaks, code = OFFLINE[name]
    breaks(desk)
    for command in (["auth", "test"], ["auth", "check", "--offline"]):
        ended = desk.ibcli(*command, "--json", "--debug")
        assert (ended.code, ended.failure["code"]) == (3, code), command
        assert len(ended.failure["message"]) > 20
        assert len(ended.failure["hint"]) > 20
        assert f"[{code}]" in ended.err
    assert desk.sim.requests == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(desk: Desk) -> None:
    (desk.keys / "private_signature.pem").chmod(0)
    ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (3, "file-unreadable")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: "friendlyName: Müller\n".encode("latin-1") + text + b"\nafter it\n",
    ],
    ids=["byte order mark", "Windows line ends", "words around it"],
)
def test_what_tools_do_to_key_files_does_no_harm(
    desk: Desk, change: Callable[[bytes], bytes]
) -> None:
    for name in ("private_signature.pem", "private_encryption.pem", "dhparam.pem"):
        path = desk.keys / name
        path.write_bytes(change(path.read_bytes()))
    assert desk.ibcli("auth", "test", "--json").code == 0


def test_a_secret_folded_into_lines(desk: Desk) -> None:
    secret = desk.env["IB_ACCESS_TOKEN_SECRET"]
    desk.env["IB_ACCESS_TOKEN_SECRET"] = f"{secret[:76]}\\n{secret[76:]}\\n"
    assert desk.ibcli("auth", "test", "--json").code == 0


def test_a_secret_cut_off_is_said_to_be(desk: Desk) -> None:
    desk.env["IB_ACCESS_TOKEN_SECRET"] = desk.env["IB_ACCESS_TOKEN_SECRET"][:300]
    ended = desk.ibcli("auth", "check", "--offline", "--json")
    assert "225 bytes" in ended.failure["message"]
    assert "not the whole secret" in ended.failure["hint"]


def test_one_key_for_both_draws_a_warning(desk: Desk) -> None:
    desk.env["IB_SIGNATURE_KEY_PATH"] = desk.env["IB_ENCRYPTION_KEY_PATH"]
    ended = desk.ibcli("auth", "check", "--offline")
    assert ended.code == 0
    assert "one and the same" in ended.out


def short_consumer(desk: Desk) -> None:
    desk.env["IB_CONSUMER_KEY"] = "SHORT"


def other_public_file(desk: Desk) -> None:
    public = RSA.generate(2048).public_key().export_key()
    (desk.keys / "public_signature.pem").write_bytes(public)


def composite_prime(desk: Desk) -> None:
    factors = (secrets.randbits(1024) | 3 << 1022 | 1 for _ in range(2))
    desk.env["IB_DH_PRIME"] = f"{math.prod(factors):x}"


@pytest.mark.parametrize(
    ("breaks", "code"),
    [
        (short_consumer, "consumer-key-length"),
        (other_public_file, "public-key-mismatch"),
        (composite_prime, "dh-not-parameters"),
    ],
)
def test_what_only_the_check_sees(desk: Desk, breaks: Break, code: str) -> None:
    breaks(desk)
    ended = desk.ibcli("auth", "check", "--offline", "--json")
    assert (ended.code, ended.failure["code"]) == (3, code)


def small_key(desk: Desk) -> None:
    (desk.keys / "private_signature.pem").write_bytes(RSA.generate(1024).export_key())
    (desk.keys / "public_signature.pem").unlink()


@pytest.mark.parametrize(
    ("breaks", "name"),
    [
        (setting("IB_ACCESS_TOKEN", "short"), "access token"),
        (setting("IB_DH_GENERATOR", "5"), "Diffie-Hellman group"),
        (small_key, "signature key size"),
    ],
)
def test_what_is_unusual_draws_a_warning(desk: Desk, breaks: Break, name: str) -> None:
    breaks(desk)
    ended = desk.ibcli("auth", "check", "--offline", "--json")
    found = {each["name"]: each for each in ended.document["data"]}
    assert ended.code == 0
    assert found[name]["outcome"] == "warning"
    assert found[name]["hint"]


def test_the_check_goes_on_after_a_failure(desk: Desk) -> None:
    for name in ("no such file", "no PEM"):
        OFFLINE[name][0](desk)
    found = desk.ibcli("auth", "check", "--offline", "--json").document["data"]
    outcomes = {each["name"]: (each["outcome"], each["code"]) for each in found}
    assert outcomes["signature key"] == ("failed", "file-missing")
    assert outcomes["encryption key"] == ("ok", None)
    assert outcomes["access token secret"] == ("skipped", None)
    assert outcomes["Diffie-Hellman"] == ("failed", "dh-not-parameters")


def unregistered_signature_key(desk: Desk) -> None:
    (desk.keys / "private_signature.pem").write_bytes(RSA.generate(2048).export_key())


def other_prime(desk: Desk) -> None:
    """A smaller prime than the registered one, so that the challenge is in the server's range."""
    desk.env["IB_DH_PRIME"] = f"{2**2047 + 1919:x}"


ONLINE: dict[str, tuple[Break, str]] = {
    "wrong consumer": (setting("IB_CONSUMER_KEY", "NOTKNOWNX"), "wrong-consumer"),
    "unknown token": (setting("IB_ACCESS_TOKEN", "0123456789abcdef0123"), "token-unknown"),
    "not yet active": (lambda desk: desk.sim.session.token_active(False), "token-unknown"),
    "unregistered key": (unregistered_signature_key, "signature-refused"),
    "other prime": (other_prime, "lst-signature-mismatch"),
    "challenge refused": (
        lambda desk: desk.sim.faults.add(
            "/oauth/*", status=500, body={"error": "failed to generate sso dh token"}, count=None
        ),
        "dh-refused",
    ),
    "another session": (
        lambda desk: desk.sim.session.another_session(),
        "competing-session",
    ),
    "read-only user": (lambda desk: desk.sim.session.read_only(), "read-only-user"),
    "blocked by a proxy": (
        lambda desk: desk.sim.faults.add("*", status=407, body="", count=None),
        "proxy-needed",
    ),
    "a sign-in page": (
        lambda desk: (
            desk.sim.faults.add(
                "*", status=200, body="<html>Welcome to our hotel</html>", count=None
            )
            and None
        ),
        "proxy-needed",
    ),
}


@pytest.mark.parametrize("name", ONLINE)
def test_refused_by_the_broker(desk: Desk, name: str) -> None:
    breaks, code = ONLINE[name]
    breaks(desk)
    ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (4, code)
    assert len(ended.failure["message"]) > 20
    assert len(ended.failure["hint"]) > 20
    assert ended.document["data"]["steps"][-1]["outcome"] == "failed"


@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
def test_a_clock_that_is_off(desk_of: Callable[..., Desk], ahead: float) -> None:
    ended = desk_of(ahead=ahead).ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (4, "clock-off")
    assert "timestamp" in ended.failure["message"]


@pytest.mark.parametrize(("hours", "side"), [(1, "behind"), (-1, "ahead of")])
def test_a_clock_that_the_servers_date_belies(desk: Desk, hours: int, side: str) -> None:
    there = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
    date = {"Date": format_datetime(there, usegmt=True)}
    desk.sim.faults.add("*", status=401, body={"error": "no"}, headers=date, count=None)
    ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (4, "clock-off")
    assert f"60 min {side} the server's" in ended.failure["message"]
    checked = desk.ibcli("auth", "check", "--json")
    assert (checked.code, checked.failure["code"]) == (3, "clock-off")
    assert f"60 min {side} the server's" in checked.failure["message"]


def test_nobody_listens(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        port = taken.getsockname()[1]
        desk.env["IB_API_URL"] = f"http://127.0.0.1:{port}/v1/api"
        ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (10, "unreachable")
    assert "Connection refused" in ended.failure["message"]
    assert ended.failure["retryable"] is True


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


def test_a_certificate_nobody_trusts(
    desk_of: Callable[..., Desk], certificate: tuple[Path, Path]
) -> None:
    desk = desk_of(tls=certificate)
    assert desk.env["IB_API_URL"].startswith("https://")
    ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (4, "tls-failed")
    assert "self" in ended.failure["message"]
    assert "IBCLI_CA_BUNDLE" in ended.failure["hint"]
    desk.env["IBCLI_CA_BUNDLE"] = str(certificate[0])
    assert desk.ibcli("auth", "test").code == 0


def test_no_tls_at_all(desk: Desk) -> None:
    desk.env["IB_API_URL"] = desk.env["IB_API_URL"].replace("http://", "https://")
    ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (4, "tls-failed")


@contextmanager
def proxy(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Accepts connections, keeps what is asked first, gives one answer."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_proxy_that_wants_a_login(desk: Desk) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with proxy(refusal) as (port, asked):
        desk.env["IB_API_URL"] = "https://api.ibkr.com/v1/api"
        desk.env["IBCLI_PROXY"] = f"http://127.0.0.1:{port}"
        ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (4, "proxy-needed")
    assert asked[0].startswith(b"CONNECT api.ibkr.com:443")
    assert b"OAuth" not in b"".join(asked)


def test_a_proxy_of_the_environment_is_used_when_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with proxy(refusal) as (port, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        desk.env["IB_API_URL"] = "https://api.ibkr.com/v1/api"
        desk.env["IBCLI_PROXY"] = "environment"
        ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert ended.failure["code"] == "proxy-needed"
    assert asked


def test_a_body_that_is_cut_off(desk: Desk) -> None:
    half = b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"diffie'
    with proxy(half) as (port, asked):
        desk.env["IB_API_URL"] = f"http://127.0.0.1:{port}/v1/api"
        ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (10, "unreachable")
    assert len(asked) == 4


@contextmanager
def outdated_tls(certificate: tuple[Path, Path]) -> Iterator[int]:
    """A server that speaks no later protocol than TLS 1.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                with suppress(OSError), connection:
                    context.wrap_socket(connection, server_side=True).close()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_old_protocols_are_refused(desk: Desk, certificate: tuple[Path, Path]) -> None:
    with outdated_tls(certificate) as port:
        desk.env["IB_API_URL"] = f"https://127.0.0.1:{port}/v1/api"
        desk.env["IBCLI_CA_BUNDLE"] = str(certificate[0])
        ended = desk.ibcli("auth", "test", "--json", "--debug")
    assert (ended.code, ended.failure["code"]) == (4, "tls-failed")
