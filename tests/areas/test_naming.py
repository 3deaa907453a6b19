"""Indistinguishable spellings of an area's code or name are one area."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.models import Area
from areas.naming import normalize_area_text
from areas.operators import FoundArea, ensure_area, find_area
from hci_center.errors import AreaNotFoundError
from tests import builders
from tests.areas.conftest import MINIMAL, provision
from tests.contacts.shapes import refusal

__all__ = ["provision"]  # a fixture
PLAIN = "Cobran\u00e7a Norte"
SPELLINGS = [
    unicodedata.normalize("NFD", PLAIN),
    "Cobran\u00e7a\u200b Norte",
    "\ufeffCobran\u00e7a Norte",
    "Cobran\u00e7a \u2060\u200d\u200c Norte",
    "  Cobran\u00e7a \t Norte\n",
    "Cobran\u00e7a\u00a0Norte",
    "Cobranc\u200b\u0327a Norte",
]
SAVE = "/api/user/contact/save"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_is_normalized(spelling):
    assert spelling != PLAIN
    assert normalize_area_text(spelling) == PLAIN


@given(st.text())
def test_normalizing_again_changes_nothing(text):
    once = normalize_area_text(text)
    assert normalize_area_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()


def test_case_and_words_are_significant():
    texts = ["Vendas", "vendas", "ven das", "v\u00eandas", "VENDAS"]
    assert [normalize_area_text(text) for text in texts] == texts


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_finds_the_area_by_code_and_by_name(manager, spelling):
    by_code = builders.make_area(manager, PLAIN, name="A")
    assert find_area(manager.pk, spelling).id == by_code.pk
    Area.objects.all().delete()
    by_name = builders.make_area(manager, "b", name=PLAIN)
    assert find_area(manager.pk, spelling).id == by_name.pk
    assert ensure_area(manager.pk, spelling).id == by_name.pk


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_missing_area_is_created_once_and_normalized(manager, spelling):
    made = ensure_area(manager.pk, spelling)
    assert made == FoundArea(made.id, PLAIN, PLAIN)
    assert {ensure_area(manager.pk, each).id for each in SPELLINGS} == {made.id}


def test_an_area_stored_in_its_own_spelling_is_found_before_the_plain_one(manager):
    """Both of two areas stored before normalization are still found."""
    for code in (PLAIN, SPELLINGS[0]):
        made = builders.make_area(manager, code, name=code)
        assert find_area(manager.pk, code).id == made.pk


@pytest.mark.parametrize("blank", [" ", "\u200b", "\u00a0\ufeff\t"])
def test_a_blank_text_is_not_an_area(manager, api, blank):
    with pytest.raises(AreaNotFoundError):
        find_area(manager.pk, blank)
    body = {"number": manager.number, "contactNumber": "551133334444", "name": "M"}
    shape = api.post(SAVE, body | {"area": blank}).json()["data"]
    assert shape["area"] == ""
    assert not Area.objects.exists()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_lists_of_contacts_accept_each_spelling(manager, api, spelling):
    area = builders.make_area(manager, PLAIN, name="A")
    ana = builders.make_operator(manager, area)
    contact = builders.make_contact(manager, area=area)
    body = {"number": manager.number, "area": spelling}
    [shape] = api.post("/api/user/contact/area", body).json()["data"]
    assert shape["id"] == int(contact.external_id)
    body = body | {"operatorId": str(ana.pk)}
    answer = api.post("/api/user/contact/operator", body).json()["data"]
    assert answer["contacts"] == [shape]


def test_a_spelling_of_no_area_is_not_found_in_the_lists(manager, api):
    body = {"number": manager.number, "area": SPELLINGS[0]}
    answer = api.post("/api/user/contact/area", body)
    assert refusal(answer) == (404, "area_not_found")


def test_provisioning_with_other_spellings_creates_nothing(provision):
    def file(text):
        operator = {"username": "ana", "areas": [text]}
        area = {"code": text, "name": text}
        return MINIMAL | {"areas": [area], "operators": [operator]}

    first = provision(file(SPELLINGS[0]))
    [area] = Area.objects.all()
    assert (area.code, area.name) == (PLAIN, PLAIN)
    for spelling in SPELLINGS:
        assert provision(file(spelling)) == first
    assert Area.objects.count() == 1
