"""To whom a signed request is given: the broker whose certificate was checked, and nobody else."""

from __future__ import annotations

import base64
import logging
import ssl
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ibcli.broker.authorities import bundled_context, usual_context
from ibcli.broker.doubt import DoubtError
from ibcli.config import load_settings
from ibcli.errors import ConfigurationError, IbcliError, LoginError, NotFoundError
from tests.broker.orders import ORDERS
from tests.secrets.proxy import proxy_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ibcli.broker.client import BrokerClient
    from tests.broker.conftest import Bench

BODY = {"orders": [{"conid": 756733, "orderType": "LMT", "price": 1, "side": "BUY", "quantity": 1}]}
ELSEWHERE = [  # none of them can only mean this machine, for every library alike
    "http://[::1]evil.test",
    "http://[::1%25eth0]",
    "http://[::1%eth0]",
    "http://127.0.0.1@evil.test/",
    "http://127.0.0.1:80@evil.test/",
    "http://127.0.0.1\\@evil.test",
    "http://127.0.0.1\\.evil.test",
    "http://localhost\\.evil.test",
    "http://127.0.0.1?.evil.test",
    "http://127.0.0.1?",
    "http://127.0.0.1#",
    "http://127.0.0.1#@evil.test",
    "http://127.0.0.1;evil.test",
    "http://127.0.0.1%2eevil.test",
    "http://127.0.0.1.",
    "http://localhost.",
    "http://localhost.evil.test",
    "http://evil.test:127",
    "http://127.0.0.1.nip.io",
    "http://127.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://0x7f000001",
    "http://0",
    "http://[::]",
    "http://[fe80::1]",
    "http://127\u30020\u30020\u30021",
    "http://\uff11\uff12\uff17.0.0.1",
    "http:/127.0.0.1",
    "http:127.0.0.1",
    "http:\\\\127.0.0.1",
    "http:///127.0.0.1",
    "http://127.0.0.1:80:80",
    "http://127.0.0.1:99999",
    "http://127.0.0.1/\r\nX-Evil: 1",
    "http://127.0.0.1/\n",
    "https://broker.test/\r\nX-Evil: 1",
    "https://us%65r.test",
    "https://user:open-sesame@broker.test",
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "//127.0.0.1",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_addresses_that_are_refused(tmp_path: Path, address: str) -> None:
    environ = {"IB_API_URL": f"{address}/x" if address.endswith("\n") else address}
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ=environ, cwd=tmp_path)
    assert caught.value.code in {"insecure-url", "setting-invalid"}
    assert "open-sesame" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTP://127.0.0.1:5000/v1/api/", "http://127.0.0.1:5000/v1/api"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("HTTPS://api.ibkr.com/v1/api", "https://api.ibkr.com/v1/api"),
    ],
)
def test_addresses_that_are_taken(tmp_path: Path, written: str, meant: str) -> None:
    assert load_settings(environ={"IB_API_URL": written}, cwd=tmp_path).api_url == meant


@pytest.mark.parametrize(
    "name", ["IB_CONSUMER_KEY", "IB_ACCESS_TOKEN", "IB_REALM", "IB_ACCOUNT_ID"]
)
@pytest.mark.parametrize("ends", ["\r\nX-Evil: 1", "\nX", "\x00", '"', "\u2028"], ids=ascii)
def test_no_setting_can_add_a_header(tmp_path: Path, name: str, ends: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ={name: f"ABCDEFGHI{ends}x"}, cwd=tmp_path)
    assert "ABCDEFGHI" not in caught.value.message


def test_localhost_that_is_another_machine(tmp_path: Path) -> None:
    """Who answers for a name is not up to us: over plain http, only this machine is told."""
    script = (
        "import socket, sys, threading; folder = sys.argv[1]\n"
        "probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"  # nothing is sent
        "try: probe.connect(('192.0.2.1', 9)); own = probe.getsockname()[0]\n"
        "except OSError: sys.exit('no other address')\n"
        "from ibcli.broker.client import BrokerClient\n"
        "from ibcli.broker.deadline import Deadline\n"
        "from ibcli.config import load_settings\n"
        "listener = socket.create_server(('0.0.0.0', 0)); heard = []\n"
        "def hear():\n"
        "    while True:\n"
        "        near = listener.accept()[0]; near.settimeout(9); heard.append(near.recv(99))\n"
        "threading.Thread(target=hear, daemon=True).start()\n"
        "real = socket.getaddrinfo\n"
        "socket.getaddrinfo = lambda host, *more, **named: real(\n"
        "    own if host == 'localhost' else host, *more, **named)\n"
        "url = f'http://localhost:{listener.getsockname()[1]}/v1/api'\n"
        "settings = load_settings(environ={'IB_API_URL': url, 'IBCLI_STATE_DIR': folder})\n"
        "with BrokerClient(settings, Deadline.after(2)) as client:\n"
        "    try: client._exchange.send('GET', '/x', dict)\n"
        "    except Exception as error: print(error, error.said)\n"
        "print(any(heard))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "state"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if "no other address" in ended.stderr:
        pytest.skip("this machine has no other address")
    assert ended.stdout.splitlines() == [
        "connect another machine answers there, and over plain http",
        "False",
    ]


def context_of(bundle: Path | None) -> ssl.SSLContext:
    if bundle is None:
        return usual_context()
    environ = {"IBCLI_CA_BUNDLE": str(bundle)}
    made = bundled_context(load_settings(environ=environ, cwd=bundle.parent))
    assert made
    return made


@pytest.mark.parametrize("own", [False, True])
def test_nothing_in_the_environment_changes_whom_tls_trusts(
    certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    bundle = certificate[0] if own else None
    before = context_of(bundle)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate[0]))
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    context = context_of(bundle)
    assert context.get_ca_certs() == before.get_ca_certs()
    assert len(context.get_ca_certs()) == 1 if own else len(context.get_ca_certs()) > 50
    assert context.check_hostname
    keys: object = context.keylog_filename
    assert keys is None
    checks = context.verify_mode, context.minimum_version
    assert checks == (ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_2)
    assert not (tmp_path / "keys.log").exists()


def secure(bench: Bench, certificate: tuple[Path, Path], **more: str) -> BrokerClient:
    return bench.client(None, IBCLI_CA_BUNDLE=str(certificate[0]), **more)


@pytest.mark.proof
def test_no_session_keys_are_logged(
    bench_of: Callable[..., Bench],
    certificate: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = bench_of(tls=certificate)
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    assert secure(bench, certificate).read("GET", "/trsrv/stocks", params={"symbols": "ARM"})
    assert not (tmp_path / "keys.log").exists()


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_a_certificate_that_only_the_environment_trusts(
    bench_of: Callable[..., Bench],
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    bench = bench_of(tls=certificate)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate[0]))
    client = bench.client(IB_API_URL=bench.sim.url.replace("https", scheme))
    with pytest.raises(LoginError) as caught:
        client.read("GET", "/trsrv/stocks", params={"symbols": "ARM"})
    assert caught.value.code == "tls-failed"
    assert len(bench.sim.requests) == 0


NETRC = "machine broker.test login them password theirs\ndefault login them password theirs\n"


def all_ways(client: BrokerClient) -> None:
    """A login, a read and a write."""
    assert client.read("GET", "/trsrv/stocks", params={"symbols": "ARM"})
    client.ensure_accounts()
    client.write("POST", ORDERS, BODY)


@pytest.mark.parametrize(
    ("tls", "way"),
    [
        (True, "environment"),
        pytest.param(False, "setting", marks=pytest.mark.proof),
        pytest.param(True, "setting", marks=pytest.mark.proof),
        pytest.param(False, "environment", marks=pytest.mark.proof),
    ],
)
def test_a_proxy_that_was_asked_for_is_told_only_where_to(
    bench_of: Callable[..., Bench],
    certificate: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tls: bool,
    way: str,
) -> None:
    """All goes well through it: it passes on what it cannot read."""
    bench = bench_of(tls=certificate, public_url="https://broker.test:8443/v1/api")
    (tmp_path / "home" / ".netrc").write_text(NETRC)
    (tmp_path / "home" / ".netrc").chmod(0o600)
    with proxy_to(bench.sim.port, certificate if tls else None) as proxy:
        place = f"{'https' if tls else 'http'}://me:open%20sesame@127.0.0.1:{proxy.port}"
        monkeypatch.setenv("HTTPS_PROXY", place if way == "environment" else "http://127.0.0.1:9")
        settings = {"IBCLI_PROXY": place if way == "setting" else "environment"}
        with secure(
            bench, certificate, IB_API_URL="https://broker.test:8443/v1/api", **settings
        ) as client:
            all_ways(client)
    assert len(proxy.asked) >= 2  # the write has a connection of its own
    login = base64.b64encode(b"me:open sesame")
    for head in proxy.asked:
        assert head.startswith(b"CONNECT broker.test:8443 HTTP/1.")
        assert b"Proxy-Authorization: Basic " + login in head.replace(b"proxy-auth", b"Proxy-Auth")
        assert b"OAuth" not in head
        assert b"them" not in head
    through = b"".join(proxy.passed)
    assert through
    assert b"OAuth" not in through
    assert login not in through
    assert bench.count("/oauth/live_session_token") == 1
    assert all(each.consumer for each in bench.sim.requests), "who signed is the user, not netrc"


def test_a_proxy_that_was_not_asked_for_hears_nothing(
    bench_of: Callable[..., Bench], certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(tls=certificate)
    with proxy_to(bench.sim.port) as proxy:
        place = f"http://127.0.0.1:{proxy.port}"
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, place)
        monkeypatch.setenv("ALL_PROXY", place)
        all_ways(secure(bench, certificate))
        # nor where there is no other way
        lost = secure(bench, certificate, IB_API_URL="https://broker.invalid/v1/api")
        with pytest.raises(IbcliError):
            lost.read("GET", "/trsrv/stocks")
        # nor for what is on this machine, though asked for
        all_ways(secure(bench, certificate, IBCLI_PROXY=place))
    assert proxy.asked == []


def test_a_proxy_of_the_environment_that_is_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for written in (
        "http://me:open-sesame@[x",
        "http://me:open-sesame@h:port",
        "socks5://me:open-sesame@h:1080",
        "me:open-sesame@:3128",
        "http://me:open-sesame@h\x01:1",
    ):
        monkeypatch.setenv("HTTPS_PROXY", written)
        client = bench.client(IB_API_URL="https://broker.test/v1/api", IBCLI_PROXY="environment")
        with pytest.raises(ConfigurationError) as caught:
            client.ask_server_time()
        assert caught.value.code == "setting-invalid"
        assert "open-sesame" not in f"{caught.value.message}{caught.value.hint}"
        assert caught.value.__cause__ is None


REDIRECTS = {
    "the same host": "/v1/api/elsewhere",
    "the same path": "",
    "another host": "https://evil.test/v1/api",
    "no scheme": "//evil.test/v1/api",
    "a file": "file:///etc/passwd",
}


def test_no_redirect_is_followed(bench: Bench) -> None:
    """Neither of the login, nor of a read, nor of a write."""
    client = bench.client(IBCLI_MAX_RPS="50")
    for status, to in zip((301, 302, 303, 307, 308), REDIRECTS.values(), strict=True):
        client.forget_login()
        for path, ask in (
            ("/oauth/live_session_token", client.log_in),
            ("/trsrv/stocks", lambda: client.read("GET", "/trsrv/stocks")),
            (ORDERS, lambda: client.write("POST", ORDERS, BODY)),
        ):
            if path == ORDERS:
                client.ensure_accounts()
            before = bench.count(path)
            bench.sim.faults.add(path, status=status, headers={"Location": to})
            with pytest.raises((IbcliError, DoubtError)) as caught:
                ask()
            error: object = getattr(caught.value, "cause", caught.value)
            assert isinstance(error, IbcliError)
            assert error.code == "redirected", path
            assert bench.count(path) == before + 1
    assert bench.count("/elsewhere") == 0


@contextmanager
def logged() -> Iterator[StringIO]:
    """What somebody hears who has set up logging for all that is told."""
    said = StringIO()
    handler, root = logging.StreamHandler(said), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def test_what_logging_was_set_up_to_tell(bench: Bench) -> None:
    """urllib3 would log every address, with the account in it."""
    with logged() as said, pytest.raises(NotFoundError):
        bench.client().read("GET", "/iserver/account/DU1234567/nothing")
    assert "DU***67/nothing" in said.getvalue()
    assert "DU1234567" not in said.getvalue()
