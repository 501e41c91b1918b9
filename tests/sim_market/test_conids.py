from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibcli.sim.market import Market, Right, conids
from ibcli.sim.market.catalogue import LISTINGS, OPTION_CLASSES, REAL_FUTURES, REAL_OPTIONS
from tests.sim_market.instants import ARM, ARM_143_CALL, ARM_145_CALL, NOON, SPX

keys = st.builds(
    conids.Key,
    st.integers(0, conids.CLASSES - 1),
    st.builds(
        lambda week, weekday: conids.FIRST_EXPIRY + timedelta(weeks=week, days=weekday),
        st.integers(0, conids.WEEKS - 1),
        st.integers(0, 4),
    ),
    st.integers(0, conids.STRIKES - 1),
    st.sampled_from(Right),
)


@given(keys)
def test_an_id_spells_the_key_it_was_computed_from(key: conids.Key) -> None:
    conid = conids.computed(key)
    assert conids.BASE <= conid < conids.BASE + 2**conids.BITS
    assert conids.spelled(conid) == key


@given(st.integers(conids.BASE - 10, conids.BASE + 2**conids.BITS + 10))
def test_what_an_id_spells_computes_to_that_id(conid: int) -> None:
    key = conids.spelled(conid)
    assert key is None or conids.computed(key) == conid


@pytest.mark.parametrize(
    "key",
    [
        conids.Key(conids.CLASSES, conids.FIRST_EXPIRY, 0, Right.CALL),
        conids.Key(0, conids.FIRST_EXPIRY, conids.STRIKES, Right.CALL),
        conids.Key(0, conids.FIRST_EXPIRY + timedelta(days=5), 0, Right.CALL),
        conids.Key(0, conids.FIRST_EXPIRY - timedelta(days=7), 0, Right.CALL),
        conids.Key(0, conids.FIRST_EXPIRY + timedelta(weeks=conids.WEEKS), 0, Right.CALL),
    ],
)
def test_a_key_outside_the_scheme_has_no_id(key: conids.Key) -> None:
    with pytest.raises(ValueError, match="contract"):
        conids.computed(key)


def test_the_catalogue_fits_the_scheme() -> None:
    assert len(OPTION_CLASSES) <= conids.CLASSES
    assert len({listing.conid for listing in LISTINGS}) == len(LISTINGS)


@pytest.mark.parametrize(
    "conid",
    [*REAL_OPTIONS, *REAL_FUTURES, *(listing.conid for listing in LISTINGS)],
)
def test_no_known_id_is_a_point_of_the_scheme(conid: int) -> None:
    assert conids.spelled(conid) is None


@pytest.mark.parametrize(("conid", "strike"), [(ARM_143_CALL, 143), (ARM_145_CALL, 145)])
def test_the_real_ids_replace_the_computed_ones(market: Market, conid: int, strike: int) -> None:
    contract = market.option(conid)
    assert contract is not None
    assert (contract.symbol, contract.strike, contract.right) == (
        "ARM",
        Decimal(strike),
        Right.CALL,
    )
    assert f"{contract.expiry:%Y%m%d}" == "20250822"
    assert market.option(conids.computed(REAL_OPTIONS[conid])) is None
    found = market.options(ARM, "AUG25", NOON, strike=Decimal(strike), right=Right.CALL)
    assert conid in [option.conid for option in found]


def test_every_listed_option_is_found_by_its_id_in_another_process(market: Market) -> None:
    options = market.options(ARM, "AUG25", NOON) + market.options(SPX, "SEP25", NOON)
    fresh = Market(seed=1)
    assert len({option.conid for option in options}) == len(options) > 1000
    assert all(fresh.option(option.conid) == option for option in options[::7])


def test_an_id_of_no_listed_contract_finds_nothing(market: Market) -> None:
    (call, _) = market.options(ARM, "SEP25", NOON, strike=Decimal("142.5"))
    key = conids.spelled(call.conid)
    assert key is not None
    between = key._replace(strike=key.strike - 1)  # 142 is listed in the weeklies only
    saturday_before = key._replace(expiry=key.expiry - timedelta(days=4))
    no_class = key._replace(option_class=conids.CLASSES - 1)
    for missing in (between, saturday_before, no_class):
        assert market.option(conids.computed(missing)) is None
    assert market.option(ARM) is None
    assert market.option(-1) is None
