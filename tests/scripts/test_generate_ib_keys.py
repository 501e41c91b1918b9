"""The keys script, run with this machine's openssl, and with ones that fail half-way."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_ib_keys.sh"
PRIVATE = {"private_signature.pem", "private_encryption.pem"}
PUBLIC = {"public_signature.pem", "public_encryption.pem", "dhparam.pem"}
OPENSSL = shutil.which("openssl")

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


def make(
    *argv: str | Path, cwd: Path, path: Path | None = None, bits: int = 512
) -> subprocess.CompletedProcess[str]:
    """Run the script with small keys; ``path`` stands before the PATH."""
    found = os.environ["PATH"] if path is None else f"{path}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", SCRIPT, "--bits", str(bits), *argv],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PATH": found},
    )


def fake_openssl(folder: Path, body: str) -> Path:
    """A folder with an openssl that does ``body`` and hands on to the real one."""
    folder.mkdir()
    script = folder / "openssl"
    script.write_text(f'#!/usr/bin/env bash\n{body}\nexec {OPENSSL} "$@"\n')
    script.chmod(0o755)
    return folder


def modes(folder: Path) -> dict[str, int]:
    """Name and permission bits of everything in a folder, hidden things too."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_a_set_of_keys(tmp_path: Path) -> None:
    ended = make("keys", cwd=tmp_path, bits=1024)
    assert ended.returncode == 0, ended.stderr
    folder = tmp_path / "keys"
    assert modes(folder) == dict.fromkeys(PRIVATE, 0o600) | dict.fromkeys(PUBLIC, 0o644)
    for use in ("signature", "encryption"):
        private = load_pem_private_key((folder / f"private_{use}.pem").read_bytes(), None)
        assert isinstance(private, RSAPrivateKey)
        assert private.key_size == 1024
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        assert (folder / f"public_{use}.pem").read_bytes() == public
    shown = subprocess.run(
        ["openssl", "dhparam", "-in", folder / "dhparam.pem", "-check", "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "(1024 bit)" in shown.stdout


def test_the_two_pairs_differ(tmp_path: Path) -> None:
    make("keys", cwd=tmp_path)
    keys = [(tmp_path / "keys" / name).read_text() for name in sorted(PRIVATE)]
    assert keys[0] != keys[1]


def test_the_default_folder_and_size(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    path = fake_openssl(
        tmp_path / "bin",
        f'echo "$*" >>{calls}; set -- "${{@/#2048/512}}"',
    )
    ended = subprocess.run(
        ["bash", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"},
    )
    assert ended.returncode == 0, ended.stderr
    assert set(modes(tmp_path / "config" / "keys")) == PRIVATE | PUBLIC
    sizes = [line.split()[-1] for line in calls.read_text().splitlines() if "-pubout" not in line]
    assert sizes == ["2048"] * 3


def test_what_goes_where_is_said_at_the_end(tmp_path: Path) -> None:
    out = make("keys", cwd=tmp_path).stdout
    portal, env = out.split("config/.env")
    for name in PUBLIC:
        assert str(tmp_path / "keys" / name) in portal
    for name in PRIVATE:
        assert name not in portal
    for line in (
        "IB_CONSUMER_KEY=",
        "IB_ACCESS_TOKEN=",
        "IB_ACCESS_TOKEN_SECRET=",
        f"IB_SIGNATURE_KEY_PATH={tmp_path}/keys/private_signature.pem",
        f"IB_ENCRYPTION_KEY_PATH={tmp_path}/keys/private_encryption.pem",
        f"IB_DH_PARAM_PATH={tmp_path}/keys/dhparam.pem",
    ):
        assert line in env
    assert "PRIVATE KEY" not in out


@pytest.mark.parametrize("name", sorted(PRIVATE | PUBLIC))
def test_no_file_is_overwritten_unasked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("old")
    ended = make(tmp_path, cwd=tmp_path)
    assert ended.returncode == 2
    assert name in ended.stderr
    assert "--force" in ended.stderr
    assert modes(tmp_path).keys() == {name}
    assert (tmp_path / name).read_text() == "old"


def test_force_replaces_the_whole_set(tmp_path: Path) -> None:
    for name in PRIVATE | PUBLIC:
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o666)
    assert make("--force", tmp_path, cwd=tmp_path).returncode == 0
    assert modes(tmp_path) == dict.fromkeys(PRIVATE, 0o600) | dict.fromkeys(PUBLIC, 0o644)
    assert all((tmp_path / name).read_text() != "old" for name in PRIVATE | PUBLIC)


@pytest.mark.parametrize("failing", ["genrsa", "rsa", "dhparam"])
def test_a_failure_half_way_leaves_nothing(tmp_path: Path, failing: str) -> None:
    path = fake_openssl(
        tmp_path / "bin", f'[ "$1" != {failing} ] || {{ echo "no entropy" >&2; exit 1; }}'
    )
    ended = make("keys", cwd=tmp_path, path=path)
    assert ended.returncode == 1
    assert not (tmp_path / "keys").exists()
    assert "failed at making " in ended.stderr
    assert "no entropy" in ended.stderr
    assert "self-service" not in ended.stdout


def test_an_openssl_that_writes_nothing_is_a_failure(tmp_path: Path) -> None:
    path = fake_openssl(tmp_path / "bin", '[ "$1" != dhparam ] || exit 0')
    ended = make("keys", cwd=tmp_path, path=path)
    assert ended.returncode == 1
    assert "dhparam.pem" in ended.stderr
    assert not (tmp_path / "keys").exists()


def test_a_failure_with_force_leaves_the_old_set(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in PRIVATE | PUBLIC:
        (keys / name).write_text(f"old {name}")
    path = fake_openssl(tmp_path / "bin", '[ "$1" != dhparam ] || exit 1')
    assert make("--force", "keys", cwd=tmp_path, path=path).returncode == 1
    assert modes(keys).keys() == PRIVATE | PUBLIC
    assert all((keys / name).read_text() == f"old {name}" for name in PRIVATE | PUBLIC)


def _replace_with_failing_mv(tmp_path: Path, pattern: str) -> str:
    """Replace a set while every move of what matches ``pattern`` fails; what was said."""
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in PRIVATE | PUBLIC:
        (keys / name).write_text(f"old {name}")
    path = fake_openssl(tmp_path / "bin", "")
    mover = path / "mv"
    mover.write_text(
        "#!/usr/bin/env bash\n"
        f'case "$*" in {pattern}) exit 1 ;; esac\n'
        f'exec {shutil.which("mv")} "$@"\n'
    )
    mover.chmod(0o755)
    ended = make("--force", "keys", cwd=tmp_path, path=path)
    assert ended.returncode == 1
    return ended.stderr


def test_a_failure_while_replacing_puts_the_old_set_back(tmp_path: Path) -> None:
    said = _replace_with_failing_mv(tmp_path, "*.making.??????/public_signature.pem*")
    assert "public_signature.pem" in said
    keys = tmp_path / "keys"
    assert modes(keys).keys() == PRIVATE | PUBLIC
    assert all((keys / name).read_text() == f"old {name}" for name in PRIVATE | PUBLIC)


def test_old_keys_that_cannot_be_put_back_are_not_lost(tmp_path: Path) -> None:
    said = _replace_with_failing_mv(
        tmp_path, "*.making.*/public_signature.pem*keys/public_signature.pem"
    )
    kept = Path(said.split("they are in ")[1].split(". Move")[0])
    assert (kept / "public_signature.pem").read_text() == "old public_signature.pem"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    path = fake_openssl(
        tmp_path / "bin",
        '[ "$1" != dhparam ] || { trap "exit 1" INT TERM; echo here >"$PWD/fifo"; kill -STOP $$; }',
    )
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen(
        ["bash", SCRIPT, "--bits", "512", "keys"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A shell's job in the background starts with SIGINT ignored, which a script cannot undo.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert (tmp_path / "fifo").read_text() == "here\n"
        os.killpg(process.pid, sent)
        os.killpg(process.pid, signal.SIGCONT)
        _, error = process.communicate(timeout=20)
    assert process.returncode == code, error
    assert not (tmp_path / "keys").exists()


def test_private_files_are_private_while_they_are_made(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    path = fake_openssl(
        tmp_path / "bin",
        f'[ "$1" != rsa ] || stat -c "%a %n" "$3" "$(dirname "$3")" >>{seen}',
    )
    assert make("keys", cwd=tmp_path, path=path).returncode == 0
    found = [line.split(" ")[0] for line in seen.read_text().splitlines()]
    assert found == ["600", "700"] * 2


def test_options_stand_before_the_size(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    path = fake_openssl(tmp_path / "bin", f'echo "$*" >>{calls}')
    make("keys", cwd=tmp_path, path=path)
    for line in calls.read_text().splitlines():
        words = line.split()
        assert "512" not in words[:-1], line


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--forse"], "--forse"),
        (["a", "b"], "one folder"),
        ([""], "empty"),
        (["--bits"], "2048"),
        (["--bits", "many"], "2048"),
    ],
)
def test_wrong_words_are_refused(tmp_path: Path, argv: list[str], said: str) -> None:
    ended = make(*argv, cwd=tmp_path)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_says_how(tmp_path: Path) -> None:
    ended = make("--help", cwd=tmp_path)
    assert ended.returncode == 0
    assert "--force" in ended.stdout


def test_a_folder_with_blanks(tmp_path: Path) -> None:
    assert make("my keys", cwd=tmp_path).returncode == 0
    assert set(modes(tmp_path / "my keys")) == PRIVATE | PUBLIC
