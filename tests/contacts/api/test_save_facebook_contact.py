"""POST api/user/contact/save/facebook (what it shares with save is tested there)"""

import pytest

from contacts.models import Contact
from tests.contacts.shapes import contact_shape, refusal, success, wrong_fields

PATH = "/api/user/contact/save/facebook"


@pytest.fixture
def body(manager):
    return {
        "facebookId": manager.facebook_id,
        "contactId": "7418252963",
        "name": "João",
    }


def test_a_new_contact_has_the_first_step_of_its_channel(api, body):
    answer = api.post(PATH, body)
    row = Contact.objects.get()
    assert answer.json() == success(
        {
            "id": "7418252963",
            "name": "João",
            "photo": "",
            "area": "",
            "operatorId": "0",
            "protocol": row.protocol,
            "sa": 1,
            "channel": "facebook",
            "unread": 0,
            "lastMessageAt": None,
        }
    )


def test_ids_may_be_numbers_and_are_returned_as_texts(api, body):
    sent = body | {"facebookId": int(body["facebookId"]), "contactId": 7418252963}
    assert api.post(PATH, sent).json()["data"]["id"] == "7418252963"


def test_only_given_fields_of_an_existing_contact_are_changed(
    api, body, page_contact, ana
):
    Contact.objects.update(sa=4, operator=ana)
    answer = api.post(PATH, body | {"photo": "p"})
    assert answer.json() == success(
        contact_shape(page_contact, name="João", photo="p", sa=4)
    )


def test_a_deleted_contact_is_restored_as_a_new_one(api, body, page_contact):
    Contact.objects.update(sa=4)
    api.delete("/api/user/contact/", body)
    shape = api.post(PATH, body).json()["data"]
    assert (shape["sa"], shape["area"]) == (1, "")


def test_ids_that_look_like_two_spellings_are_two_people(api, body):
    for contact_id in ("5511987654321", "551187654321"):
        shape = api.post(PATH, body | {"contactId": contact_id}).json()["data"]
        assert shape["id"] == contact_id
    assert Contact.objects.count() == 2


def test_the_same_digits_on_the_other_channel_are_another_contact(api, body, manager):
    api.post(PATH, body | {"contactId": 551133334444})
    other = {"number": manager.number, "contactNumber": 551133334444, "name": "M"}
    assert (
        api.post("/api/user/contact/save", other).json()["data"]["id"] == 551133334444
    )
    assert Contact.objects.count() == 2


def test_a_number_in_addition_to_the_page_is_ignored(api, body):
    sent = body | {"number": 1, "contactNumber": 5}
    assert api.post(PATH, sent).json()["data"]["id"] == "7418252963"


def test_all_missing_or_invalid_fields_are_reported_at_once(api):
    assert wrong_fields(api.post(PATH, {})) == {"facebookId", "contactId", "name"}
    wrong = {"facebookId": "a b", "contactId": "x" * 65, "name": {}}
    assert wrong_fields(api.post(PATH, wrong)) == set(wrong)


def test_foreign_and_missing_pages_get_the_same_error(other_api, body):
    foreign = other_api.post(PATH, body)
    missing = other_api.post(PATH, body | {"facebookId": "1"})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content


def test_the_id_of_a_whatsapp_contact_without_a_phone_is_refused(api, manager):
    taken = {"number": manager.number, "contactId": "BR.150", "name": "Maria"}
    assert api.post("/api/user/contact/save", taken).status_code == 200
    answer = api.post(
        "/api/user/contact/save/facebook",
        {"facebookId": manager.facebook_id, "contactId": "BR.150", "name": "João"},
    )
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["contactId"]
    assert Contact.objects.get(manager=manager).name == "Maria"


def test_an_id_may_have_the_digits_of_another_contacts_number(api, manager):
    number = {"number": manager.number, "contactNumber": 551133330000, "name": "Maria"}
    assert api.post("/api/user/contact/save", number).status_code == 200
    answer = api.post(
        "/api/user/contact/save/facebook",
        {
            "facebookId": manager.facebook_id,
            "contactId": "551133330000",
            "name": "João",
        },
    )
    assert answer.status_code == 200
    assert answer.json()["data"]["id"] == "551133330000"
