"""Access to a customer's stored picture is authorized like that to files."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from chats.models import Portrait
from contacts import photos
from hci_center.api import links
from tests.admin.contact_pages import NO_CONSENTS
from tests.builders import make_contact
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db

GET = "/api/user/contact/get"
SAVE = "/api/user/contact/save"


def store_picture(contact, base=""):
    """Stores a picture of the contact as the worker does."""
    uuid = uuid4()
    portrait = Portrait(uuid=uuid, contact=contact, mime="image/png")
    portrait.file.save(f"{uuid.hex[:2]}/{uuid.hex}", ContentFile(b"bytes"))
    contact.photo = f"{base}{photos.PATH}{uuid}"
    contact.save()
    return contact.photo


@pytest.fixture
def bare(contact):
    return store_picture(contact)


def answered(api, contact):
    data = api.post(GET, {"number": contact.manager.number}).json()["data"]
    return next(c["photo"] for c in data["contacts"] if c["name"] == contact.name)


def status(api, path):
    answer = api.get(path)
    answer.getvalue()
    return answer.status_code


def test_a_signed_link_of_a_response_needs_no_credential(api, anonymous, contact, bare):
    link = answered(api, contact)
    assert link.partition("?")[0] == bare
    assert status(anonymous, link) == 200


def test_without_a_signature_it_needs_access_to_the_contact(
    api, other_api, anonymous, bare, ana, bruno, supervisor
):
    for allowed in (api, signed_in(ana.user), signed_in(supervisor)):
        assert status(allowed, bare) == 200
    for refused in (anonymous, other_api, signed_in(bruno.user)):
        assert status(refused, bare) == 403


def test_missing_and_foreign_pictures_get_the_same_error(other_api, bare):
    foreign = other_api.get(bare)
    missing = other_api.get(f"{photos.PATH}{uuid4()}")
    assert foreign.status_code == missing.status_code == 403
    assert foreign.content == missing.content


@pytest.mark.parametrize(
    "spoil",
    [
        lambda query: query[:-1] + ("A" if query[-1] != "A" else "B"),
        lambda query: query.replace("expires=1", "expires=2"),
        lambda query: query.replace("signature", "sig"),
        lambda query: "signature=%F0%9F",
        lambda query: "",
    ],
)
def test_a_forged_signature_is_refused(api, anonymous, contact, bare, spoil):
    query = urlsplit(answered(api, contact)).query
    assert status(anonymous, f"{bare}?{spoil(query)}") == 403


def test_the_signature_of_one_picture_is_not_valid_for_another(
    api, anonymous, manager, contact, bare
):
    other = store_picture(make_contact(manager, name="Outra"))
    query = urlsplit(answered(api, contact)).query
    assert status(anonymous, f"{other}?{query}") == 403


def test_a_link_expires(api, anonymous, contact, bare, monkeypatch):
    link, now = answered(api, contact), links.time.time()
    monkeypatch.setattr(links.time, "time", lambda: now + links.GOOD_FOR - 10)
    assert status(anonymous, link) == 200
    later = now + links.GOOD_FOR + links.STEADY_FOR + 10
    monkeypatch.setattr(links.time, "time", lambda: later)
    assert status(anonymous, link) == 403


def test_a_link_is_the_same_for_minutes_so_that_browsers_can_cache_it(
    api, contact, bare, monkeypatch
):
    begun = links.time.time() // links.STEADY_FOR * links.STEADY_FOR
    monkeypatch.setattr(links.time, "time", lambda: begun + 1)
    first = answered(api, contact)
    monkeypatch.setattr(links.time, "time", lambda: begun + links.STEADY_FOR - 1)
    assert answered(api, contact) == first
    monkeypatch.setattr(links.time, "time", lambda: begun + links.STEADY_FOR + 1)
    assert answered(api, contact) != first


def test_a_link_ends_with_its_contact(api, anonymous, contact, bare):
    link = answered(api, contact)
    contact.deleted_at = timezone.now()
    contact.save()
    assert status(anonymous, link) == 404
    assert status(api, bare) == 403


def test_a_stored_response_gets_a_new_signature(api, contact, bare, monkeypatch):
    body = {
        "number": contact.manager.number,
        "contactNumber": contact.external_id,
        "name": contact.name,
    }
    now = links.time.time()
    key = {"Idempotency-Key": "k"}
    first = api.post(SAVE, body, headers=key).json()["data"]["photo"]
    monkeypatch.setattr(links.time, "time", lambda: now + 2 * links.GOOD_FOR)
    again = api.post(SAVE, body, headers=key).json()["data"]["photo"]
    assert first.partition("?")[0] == again.partition("?")[0] == bare
    assert first != again


@pytest.mark.parametrize("base", ["", "https://centre.example"])
def test_the_address_is_the_one_in_the_feed(api, contact, base):
    bare = store_picture(contact, base)
    assert answered(api, contact).partition("?")[0] == bare


# Pictures saved by callers


def test_saving_the_link_of_a_response_changes_nothing(api, contact, bare):
    link = answered(api, contact)
    body = {
        "number": contact.manager.number,
        "contactNumber": contact.external_id,
        "name": contact.name,
    }
    for photo in (link, bare, f"http://testserver{link}"):
        assert api.post(SAVE, body | {"photo": photo}).status_code == 200
        contact.refresh_from_db()
        assert contact.photo == bare


def test_saving_the_address_of_a_foreign_picture_does_not_sign_it(other_api, bare):
    body = {"number": 5521400022222, "contactNumber": "551100001111", "name": "Eu"}
    saved = other_api.post(SAVE, body | {"photo": bare}).json()["data"]
    assert saved["photo"] == ""


def test_another_photo_or_none_is_stored(api, contact, bare):
    body = {
        "number": contact.manager.number,
        "contactNumber": contact.external_id,
        "name": contact.name,
    }
    for photo in ("url.com", "https://x/api/chat/photo/1", ""):
        saved = api.post(SAVE, body | {"photo": photo}).json()["data"]
        assert saved["photo"] == photo


def test_the_back_office_keeps_it_and_refuses_foreign_ones(
    contact, manager, bare, supervisor
):
    other = store_picture(make_contact(manager, name="Outra"))
    desk = signed_in(supervisor).client
    desk.handler.enforce_csrf_checks = False
    page = f"/admin/contacts/contact/{contact.pk}/change/"
    assert (
        desk.post(page, {"name": "Maria", "photo": bare} | NO_CONSENTS).status_code
        == 302
    )
    answer = desk.post(page, {"name": "Maria", "photo": other} | NO_CONSENTS)
    assert answer.status_code == 200
    contact.refresh_from_db()
    assert contact.photo == bare
