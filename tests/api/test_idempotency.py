"""A call repeated with its Idempotency-Key gets the stored response and does not run."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hci_center.api import idempotency
from hci_center.api.models import StoredAnswer
from managers import authentication
from managers.api import viewsets
from managers.models import Manager
from tests.builders import make_key, make_manager
from tests.conftest import Api, signed_in
from tests.managers.shapes import NOT_FOUND, found, refused

ONCE = {"Idempotency-Key": "first"}
MISMATCH = refused(
    "idempotency_mismatch",
    "This Idempotency-Key was already used with other fields.",
)
INCREASE = "/api/user/contact/sa/increase"


@pytest.fixture
def increase(api, page_contact):
    """Increments the `sa` of a contact, which is 1 at first."""
    fields = {"facebookId": "369258147", "contactId": page_contact.external_id}

    def call(path=INCREASE, api=api, key="first", **more):
        return api.put(path, fields | more, headers={"Idempotency-Key": key})

    return call


def step_of(contact):
    contact.refresh_from_db()
    return contact.sa


def test_a_repeated_call_gets_the_same_response_and_does_not_run_again(
    increase, page_contact
):
    first = increase()
    assert (first.status_code, first.json()) == (200, {"success": True, "data": 2})
    for _ in range(3):
        again = increase()
        assert (again.status_code, again.content) == (200, first.content)
        assert again["Content-Type"] == first["Content-Type"]
    assert step_of(page_contact) == 2


def test_without_a_key_each_call_runs(increase, page_contact):
    assert [increase(key="").json()["data"] for _ in range(2)] == [2, 3]
    assert StoredAnswer.objects.count() == 0


def test_another_key_is_another_call(increase, page_contact):
    assert [increase(key=key).json()["data"] for key in ("a", "b", "a")] == [2, 3, 2]


def test_both_spellings_of_a_path_are_one_call(increase, page_contact):
    assert increase().content == increase(path=f"{INCREASE}/").content
    assert step_of(page_contact) == 2


def test_another_path_or_method_is_another_call(increase, page_contact):
    increase()
    assert increase(path="/api/user/contact/sa/decrease").json()["data"] == 1


def test_another_credential_is_another_call(
    increase, page_contact, manager, supervisor
):
    increase()
    for api in (Api(make_key(manager)), signed_in(supervisor)):
        increase(api=api)
    assert step_of(page_contact) == 4


def test_a_form_can_repeat_a_json_call(api, page_contact):
    fields = {"facebookId": 369258147, "contactId": 7418252963}
    first = api.put(INCREASE, fields, headers=ONCE)
    as_form = api.put(INCREASE, form=fields, headers=ONCE)
    turned = api.put(
        INCREASE, {"x": None, **dict(reversed(fields.items()))}, headers=ONCE
    )
    assert first.json()["data"] == 2
    assert first.content == as_form.content == turned.content


@pytest.mark.parametrize("more", [{"contactId": "1"}, {"number": "x"}, {"extra": 1}])
def test_other_fields_with_the_same_key_are_refused(increase, page_contact, more):
    increase()
    answer = increase(**more)
    assert (answer.status_code, answer.json()) == (422, MISMATCH)
    assert step_of(page_contact) == 2
    assert increase().json()["data"] == 2


def test_an_error_of_the_call_itself_is_stored(full_api):
    def find():
        return full_api.post("/api/user/", {"number": 7}, headers=ONCE)

    first = find()
    assert (first.status_code, first.json()) == (404, NOT_FOUND)
    make_manager(number=7)
    assert find().content == first.content


def test_a_repeated_delete_gets_its_first_response(api, contact):
    fields = {"number": 5511400011111, "contactNumber": contact.external_id}
    first = api.delete("/api/user/contact/", fields, headers=ONCE)
    again = api.delete("/api/user/contact/", fields, headers={"Idempotency-Key": "2"})
    assert first.json() == {"success": True, "data": "Contact deleted"}
    assert again.json()["error"]["code"] == "contact_not_found"
    repeated = api.delete("/api/user/contact/", fields, headers=ONCE)
    assert repeated.content == first.content


def test_validation_errors_are_not_stored(api, manager):
    assert api.post("/api/user/", {"number": "x"}, headers=ONCE).status_code == 400
    assert StoredAnswer.objects.count() == 0
    answer = api.post("/api/user/", {"number": manager.number}, headers=ONCE)
    assert answer.json() == found()


def test_an_error_before_the_call_is_not_stored(manager):
    api = Api(make_key(manager))
    api.post("/api/user/save", {}, headers=ONCE)
    api.post("/api/user/", b"{", headers=ONCE)
    assert StoredAnswer.objects.count() == 0


def test_an_unexpected_error_is_not_stored_and_rolls_back(full_api, monkeypatch):
    fields = {"name": "A", "number": 7, "controllerPort": 7}

    def fail(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(viewsets, "manager_of_id_with_contacts", fail)
        answer = full_api.post("/api/user/save", fields, headers=ONCE)
    assert answer.status_code == 500
    assert not Manager.objects.exists()
    assert full_api.post("/api/user/save", fields, headers=ONCE).status_code == 200


def test_reading_calls_ignore_a_key(api, manager):
    api.get("/api/user/", headers=ONCE)
    assert StoredAnswer.objects.count() == 0


@pytest.mark.parametrize("key", ["k" * 256, "é" * 256])
def test_a_key_that_is_too_long_is_invalid(increase, key):
    answer = increase(key=key)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {
        "Idempotency-Key": ["This is longer than 255 characters."]
    }


@pytest.mark.parametrize("key", ["k" * 255, "é", "' OR 1=1", " spaces "])
def test_any_other_key_is_accepted(increase, page_contact, key):
    assert increase(key=key).content == increase(key=key).content
    assert step_of(page_contact) == 2


# Deferred values --------------------------------------------------------------


def test_a_page_token_is_never_stored_and_always_the_current_one(full_api):
    fields = {"name": "A", "facebookId": "77", "facebookToken": "token-at-first"}

    def save():
        answer = full_api.post("/api/user/save", fields, headers=ONCE)
        return answer.json()["data"]["facebookToken"]

    assert save() == "token-at-first"
    assert b"token-at-first" not in bytes(StoredAnswer.objects.get().body)
    for token in ("renewed", ""):
        Manager.objects.update(facebook_token=token)
        assert save() == token


def test_a_repeated_call_needs_the_scope_for_tokens(api, manager):
    fields = {"number": manager.number}
    api.post("/api/user/", fields, headers=ONCE)
    manager.api_keys.update(secrets=False)
    authentication.forget_cached_keys()
    again = api.post("/api/user/", fields, headers=ONCE)
    assert again.json() == found(facebookToken="")


# Expiry -----------------------------------------------------------------------


def test_after_a_day_a_key_can_be_used_again(increase, page_contact):
    increase()
    for hours, answered in ((23, 2), (25, 3)):
        then = timezone.now() - timedelta(hours=hours)
        StoredAnswer.objects.update(created_at=then)
        assert increase().json()["data"] == answered
    assert StoredAnswer.objects.count() == 1


def test_after_a_day_a_key_can_be_used_with_other_fields(api, manager):
    api.post("/api/user/", {"number": 1}, headers=ONCE)
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    answer = api.post("/api/user/", {"number": manager.number}, headers=ONCE)
    assert answer.json() == found()


def test_old_answers_are_deleted_by_later_calls(increase):
    for number in range(15):
        increase(key=f"old {number}")
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    increase(key="new 1")
    increase(key="new 2")
    keys = StoredAnswer.objects.values_list("key", flat=True)
    assert set(keys) == {"new 1", "new 2"}


def test_the_worker_deletes_expired_responses(increase):
    for key in ("first", "second"):
        increase(key=key)
    old = StoredAnswer.objects.filter(key="first")
    old.update(created_at=timezone.now() - timedelta(hours=25))
    idempotency.forget_old()
    assert [answer.key for answer in StoredAnswer.objects.all()] == ["second"]
