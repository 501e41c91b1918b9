"""Any key and parameter file: key material of a useful size, or one sentence without it, soon."""

from __future__ import annotations

import base64
from time import process_time

import pytest
from Crypto.PublicKey import ECC, RSA
from Crypto.Util.asn1 import DerOctetString, DerSequence
from hypothesis import given
from hypothesis import strategies as st

from ibcli.broker.credentials import decrypted_secret
from ibcli.broker.pem import Material, checked, dh_parameters, rsa_private_key
from ibcli.errors import ConfigurationError
from tests.hostile.local_scene import COSTLY

KEY = RSA.generate(1024)
EC = ECC.generate(curve="P-256")
# The prime of 2048 bits of RFC 3526, section 3.
_RFC_3526 = """
FFFFFFFF FFFFFFFF C90FDAA2 2168C234 C4C6628B 80DC1CD1 29024E08 8A67CC74 020BBEA6 3B139B22 514A0879
8E3404DD EF9519B3 CD3A431B 302B0A6D F25F1437 4FE1356D 6D51C245 E485B576 625E7EC6 F44C42E9 A637ED6B
0BFF5CB6 F406B7ED EE386BFB 5A899FA5 AE9F2411 7C4B1FE6 49286651 ECE45B3D C2007CB8 A163BF05 98DA4836
1C55D39A 69163FA8 FD24CF5F 83655D23 DCA3AD96 1C62F356 208552BB 9ED52907 7096966D 670C354E 4ABC9804
F1746C08 CA18217C 32905E46 2E36CE3B E39E772C 180E8603 9B2783A2 EC07A28F B5C55DF0 6F4C52C9 DE2BCBF6
95581718 3995497C EA956AE5 15D22618 98FA0510 15728E5A 8AACAA68 FFFFFFFF FFFFFFFF
"""
PRIME = int("".join(_RFC_3526.split()), 16)


def pem(der: bytes, kind: str) -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(der).decode()}-----END {kind}-----\n"


def dh(*numbers: int) -> str:
    return pem(DerSequence(list(numbers)).encode(), "DH PARAMETERS")


WHOLE = [
    KEY.export_key().decode(),
    KEY.export_key(pkcs=8).decode(),
    KEY.export_key(passphrase="x").decode(),
    KEY.export_key(passphrase="x", pkcs=8).decode(),
    KEY.public_key().export_key().decode(),
    EC.export_key(format="PEM"),
    EC.export_key(format="PEM", use_pkcs8=False),
    EC.public_key().export_key(format="PEM"),
    dh(PRIME, 2),
]
CODES = {"key-wrong-kind", "key-passphrase", "key-damaged", "dh-not-parameters", "dh-prime-sign"}


def refusal(text: str, *, parameters: bool = False) -> str:
    """What is said of it, or nothing; in no time and without any of it."""
    began = process_time()
    error = _refused(Material("key", "in IB_X", text), parameters=parameters)
    assert process_time() - began < 5
    if error is None:
        return ""
    assert error.code in CODES
    words = f"{error.message} {error.hint}"
    assert len(words) < 400
    assert all(line[:20] not in words for line in text.split() if len(line) > 40)
    return words


def _refused(material: Material, *, parameters: bool) -> ConfigurationError | None:
    try:
        if parameters:
            assert dh_parameters(material).prime.bit_length() >= 1024
        else:
            key = rsa_private_key(material)
            assert key.has_private()
            assert 1024 <= key.size_in_bits() <= 8192
    except ConfigurationError as refused:
        return refused
    return None


@given(text=st.sampled_from(WHOLE), data=st.data(), parameters=st.booleans())
def test_cut_off_anywhere_or_changed_anywhere(
    text: str, data: st.DataObject, parameters: bool
) -> None:
    at = data.draw(st.integers(0, len(text)))
    to = data.draw(st.integers(at, min(at + 70, len(text))))
    put = data.draw(
        st.sampled_from(["", "A", "\n", "\r\n", "\0", "=", "/", "-----", "\ufffd", "1"])
    )
    refusal(text[:at] + put + text[to:], parameters=parameters)
    refusal(text[:at], parameters=parameters)


@given(content=st.binary(max_size=300), kind=st.sampled_from(["RSA PRIVATE KEY", "PRIVATE KEY"]))
def test_any_bytes_in_a_block(content: bytes, kind: str) -> None:
    assert refusal(pem(content, kind))
    assert refusal(pem(content, "DH PARAMETERS"), parameters=True)
    assert refusal(content.decode(errors="replace"))


INTEGERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([PRIME, PRIME - 1, PRIME * 3, KEY.n, KEY.d, KEY.p, KEY.q, KEY.e, 1 << 9000]),
    st.integers(1 << 1023, 1 << 1025),
)


@COSTLY
@given(numbers=st.lists(INTEGERS, min_size=1, max_size=10), wrapped=st.booleans())
def test_any_numbers_in_a_key(numbers: list[int], wrapped: bool) -> None:
    der = DerSequence(list(numbers)).encode()
    if wrapped:
        algorithm = DerSequence([]).encode()
        der = DerSequence([0, algorithm, DerOctetString(der).encode()]).encode()
    refusal(pem(der, "PRIVATE KEY"))
    refusal(pem(der, "DH PARAMETERS"), parameters=True)


def test_whole_ones() -> None:
    found = [not refusal(text) for text in WHOLE]
    assert found == [True, True, *[False] * 7]
    assert refusal(WHOLE[-1], parameters=True) == ""
    crlf = WHOLE[0].replace("\n", "\r\n")
    assert refusal(f"\ufeffBag Attributes\r\n{crlf}{WHOLE[1]}") == ""


def test_a_public_key_under_a_private_ones_name() -> None:
    der = KEY.public_key().export_key(format="DER")
    for kind in ("PRIVATE KEY", "RSA PRIVATE KEY"):
        assert refusal(pem(der, kind))


def rsa(*numbers: int) -> str:
    return pem(DerSequence(list(numbers)).encode(), "RSA PRIVATE KEY")


def test_sizes() -> None:
    assert refusal(rsa(0, KEY.n, *[0] * 7))
    small = (0, 187, 7, 23, 17, 11, 7, 3, 14)
    assert "has 8 bits" in refusal(rsa(*small))
    large = 1 << 60_000
    assert "bits; 1024 to 8192" in refusal(rsa(0, large + 1, 3, large, large, large, 1, 1, 1))
    assert "1024 to 8192" in refusal(rsa(0, KEY.n, KEY.e, large, KEY.p, KEY.q, 1, 1, 1))


@pytest.mark.parametrize(
    ("prime", "generator", "why"),
    [
        (PRIME - 1, 2, "even"),
        (PRIME - 2, 2, "no prime"),
        (PRIME ^ (1 << 77), 2, "no prime"),
        (101, 2, "7 bits"),
        (1 << 9000 | 1, 2, "9001 bits"),
        (0, 2, "0 bits"),
        (PRIME, 0, "generator"),
        (PRIME, 1, "generator"),
        (PRIME, PRIME - 1, "generator"),
        (PRIME, -2, "generator"),
        (PRIME - (1 << 2048), 2, "sign byte"),
    ],
)
def test_groups_without_security(prime: int, generator: int, why: str) -> None:
    assert why in refusal(dh(prime, generator), parameters=True)


def test_a_prime_as_text_with_a_digit_lost() -> None:
    named = Material("Diffie-Hellman parameters", "in IB_DH_PRIME", "")
    assert checked(PRIME, named) == PRIME
    with pytest.raises(ConfigurationError, match="no prime number"):
        checked(int(f"{PRIME:x}"[:100] + f"{PRIME:x}"[101:], 16), named)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----" * 40_000,
        "-----BEGIN A-----" * 60_000,
        "".join(f"-----BEGIN A{n}-----" for n in range(50_000)),
        "-----END PRIVATE KEY-----" * 40_000,
        "-----BEGIN " + "A" * 1_000_000,
        "-" * 1_000_000,
        pem(b"\x30\x84\xff\xff\xff\xff" * 10_000, "PRIVATE KEY"),
        pem(b"\x30\x80" * 30_000, "PRIVATE KEY"),
        pem(b"0" * 700_000, "RSA PRIVATE KEY"),
    ],
    ids=lambda text: text[11:30],
)
def test_a_megabyte_takes_no_time(text: str) -> None:
    began = process_time()
    assert refusal(text)
    assert refusal(text, parameters=True)
    assert process_time() - began < 1


@given(secret=st.binary(max_size=300))
def test_any_secret_does_not_decrypt(secret: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        decrypted_secret(secret, KEY, KEY)
    assert caught.value.code == "secret-key-mismatch"
