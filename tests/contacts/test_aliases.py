"""Two spellings of a Brazilian mobile number are one person; other ids differ."""

import pytest

from contacts.aliases import spellings

DDD = {
    *range(11, 20), 21, 22, 24, 27, 28, *range(31, 36), 37, 38, *range(41, 50),
    51, 53, 54, 55, *range(61, 70), 71, 73, 74, 75, 77, 79, *range(81, 90),
    *range(91, 100),
}  # fmt: skip


@pytest.mark.parametrize("ddd", range(100))
def test_a_mobile_number_has_two_spellings_in_every_area_code(ddd):
    for first in range(10):
        short = f"55{ddd:02}{first}7654321"
        long = f"55{ddd:02}9{first}7654321"
        if ddd in DDD and first >= 6:
            assert spellings("whatsapp", short) == sorted([short, long])
            assert spellings("whatsapp", long) == sorted([short, long])
        else:
            assert spellings("whatsapp", short) == [short]
            assert spellings("whatsapp", long) == [long]


@pytest.mark.parametrize(
    "number",
    [
        "5511987654321"[2:],  # without the country
        "5411987654321",  # another country
        "55119876543210",  # a digit too many
        "5511887654321",  # thirteen digits whose ninth is no nine
        "551133334444",  # a landline
        "0",
        "987654321",
        "BR.1502576394655843",
    ],
)
def test_other_numbers_have_one_spelling(number):
    assert spellings("whatsapp", number) == [number]


def test_a_facebook_id_that_looks_like_a_mobile_number_has_one_spelling():
    assert spellings("facebook", "5511987654321") == ["5511987654321"]
