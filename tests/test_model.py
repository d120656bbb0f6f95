"""Ids, money and countries: what stands inside for what a shop sends."""

import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.countries import BY_CODE, COUNTRIES, country_code, country_name, loses_meaning
from footfall.model import derived_uuid, money, numeric_id, uuid_bytes

TOP = 1 << 63


@given(st.integers(1, TOP - 1))
def test_a_canonical_number_keeps_its_value(number: int) -> None:
    assert numeric_id(str(number)) == number
    assert numeric_id(f"0{number}") >= TOP


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_other_text_gets_a_number_that_no_canonical_one_has(text: str) -> None:
    number = numeric_id(text)
    assert number == numeric_id(text)
    assert number >= TOP or str(number) == text


@pytest.mark.parametrize(("text", "number"), [("", 0), ("0", 0), ("9223372036854775807", TOP - 1)])
def test_nobody_and_the_largest_number(text: str, number: int) -> None:
    assert numeric_id(text) == number


def test_numbers_beyond_63_bits_signs_and_other_digits_are_texts() -> None:
    for text in (str(TOP), "-1", "+1", "1.0", "٣", "1 "):
        assert numeric_id(text) >= TOP


@given(st.uuids())
def test_a_uuid_keeps_its_value_in_any_case(value: uuid.UUID) -> None:
    assert uuid_bytes(str(value)) == uuid_bytes(str(value).upper()) == value.bytes


@pytest.mark.parametrize(
    "text", ["x", "0" * 36, "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "123  567-9012-4567-9012-4567890123  "]
)
def test_any_other_id_leads_to_a_uuid_of_version_8(text: str) -> None:
    assert uuid.UUID(bytes=uuid_bytes(text)).version == 8
    assert uuid_bytes(text) != derived_uuid(b"other", text.encode())


@given(st.decimals(-(10**14) + 1, 10**14 - 1, places=4))
def test_money_is_exact_to_four_places(value: Decimal) -> None:
    assert Decimal(money(value)) / 10_000 == value


@pytest.mark.parametrize(
    ("text", "scaled"), [("2.55", 25_500), ("5.00000", 50_000), ("0E-9", 0), ("1e3", 10**7)]
)
def test_zeros_after_the_fourth_place_are_no_places(text: str, scaled: int) -> None:
    assert money(Decimal(text)) == scaled


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1e14", "-1e14", "1e999999", "5.00005", "1e-9999", "0.30000000000000004"]
)
def test_what_is_no_sum_of_money_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="money"):
        money(Decimal(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("GB", "UK"), ("UK", "UK"), ("gb", "UK"), ("GBR", "UK"), ("United Kingdom", "UK"), ("EIRE", "IE")),
        *(("USA", "US"), ("U.S.", "US"), ("RSA", "ZA"), ("Channel Islands", "JE"), ("Czech Republic", "CZ")),
        *(("Hong Kong", "HK"), ("Cote d'Ivoire", "CI"), ("CÔTE D’IVOIRE", "CI"), ("St. Lucia", "LC")),
        *(("European Community", "ZZ"), ("Unspecified", "ZZ"), ("", "ZZ"), ("ZZ", "ZZ"), ("Atlantis", "ZZ")),
    ],
)
def test_a_country_has_one_spelling(text: str, code: str) -> None:
    assert country_code(text) == code


def test_the_table_of_countries_is_whole_and_unambiguous() -> None:
    assert len(COUNTRIES) == len(BY_CODE) == len({country.number for country in COUNTRIES}) == 249
    for country in COUNTRIES:
        for spelling in (country.code, country.alpha_3, country.name, *country.aliases):
            assert country_code(spelling) == country.code
    assert (country_name("UK"), country_name("ZZ")) == ("United Kingdom", "Unknown")


def test_what_a_code_cannot_say_is_worth_keeping() -> None:
    kept = [
        text
        for text in ("EIRE", "GB", "Scotland", "Atlantis", "ZZ", "", "Unspecified")
        if loses_meaning(text)
    ]
    assert kept == ["Scotland", "Atlantis", "Unspecified"]
