"""POST api/user/contact/save"""

import pytest

from areas.models import Area
from contacts.models import Channel, Contact, Identity
from tests import builders
from tests.conftest import signed_in
from tests.contacts.shapes import (
    contact_shape,
    ledger,
    refusal,
    success,
    wrong_fields,
)

PATH = "/api/user/contact/save"
DELETE = "/api/user/contact/"


@pytest.fixture
def body(manager):
    return {"number": manager.number, "contactNumber": 551133334444, "name": "Maria"}


def test_a_new_contact_has_the_first_step_and_a_protocol(api, body):
    answer = api.post(PATH, body)
    row = Contact.objects.get()
    assert answer.json() == success(
        {
            "id": 551133334444,
            "name": "Maria",
            "photo": "",
            "area": "",
            "operatorId": "0",
            "protocol": row.protocol,
            "sa": -100,
            "channel": "whatsapp",
            "unread": 0,
            "lastMessageAt": None,
        }
    )
    assert row.protocol.startswith("BR")
    assert row.deleted_at is None


def test_all_given_values_are_stored(api, body, sales, ana):
    body |= {
        "photo": "url.com",
        "area": "vendas",
        "protocol": "protocol Id",
        "operatorId": str(ana.pk),
    }
    answer = api.post(PATH, body)
    row = Contact.objects.get()
    assert answer.json() == success(contact_shape(row))
    assert (row.photo, row.area, row.protocol, row.operator) == (
        "url.com",
        sales,
        "protocol Id",
        ana,
    )


def test_read_only_fields_are_ignored(api, body, manager, other_manager):
    body |= {"sa": 7, "unread": 9, "id": 5, "channel": "facebook", "deletedAt": "x"}
    shape = api.post(PATH, body).json()["data"]
    assert (shape["sa"], shape["unread"], shape["channel"]) == (-100, 0, "whatsapp")
    assert shape["id"] == 551133334444
    assert Contact.objects.get().manager == manager


def test_only_given_fields_of_an_existing_contact_are_changed(
    api, body, contact, support, ana
):
    Contact.objects.update(sa=4, operator=ana, photo="p.png", unread=2)
    answer = api.post(PATH, body)
    assert answer.json() == success(
        contact_shape(contact, name="Maria", photo="p.png", sa=4, unread=2)
    )
    answer = api.post(PATH, body | {"area": "suporte", "photo": None})
    assert answer.json() == success(
        contact_shape(contact, area="suporte", photo="p.png", operatorId=str(ana.pk))
    )


def test_only_the_photo_can_be_cleared_by_an_empty_text(api, body, contact):
    Contact.objects.update(photo="p.png", protocol="P1")
    sent = body | {"photo": "", "area": "", "protocol": "", "operatorId": ""}
    shape = api.post(PATH, sent).json()["data"]
    assert (shape["photo"], shape["area"], shape["protocol"]) == ("", "vendas", "P1")
    assert shape["operatorId"] == "0"


def test_the_operator_of_an_existing_contact_is_unchanged(
    api, body, contact, ana, bruno
):
    Contact.objects.update(operator=ana)
    for operator in (bruno.pk, 0):
        shape = api.post(PATH, body | {"operatorId": operator}).json()["data"]
        assert shape["operatorId"] == str(ana.pk)


def test_a_repeat_returns_the_same_contact(api, body, sales, ana):
    body |= {"area": "vendas", "operatorId": ana.pk}
    first = api.post(PATH, body)
    assert api.post(PATH, body).content == first.content
    assert Contact.objects.count() == 1


def test_a_new_contact_may_be_without_an_operator(api, body):
    assert api.post(PATH, body | {"operatorId": 0}).json()["data"]["operatorId"] == "0"


@pytest.mark.parametrize("operator", ["999999999", "x", -1])
def test_an_unknown_operator_is_refused_and_nothing_is_saved(api, body, operator):
    answer = api.post(PATH, body | {"operatorId": operator, "area": "nova"})
    assert refusal(answer) == (404, "operator_not_found")
    assert not Contact.objects.exists()
    assert not Area.objects.exists()


def test_an_inactive_operator_or_one_of_another_manager_is_not_found(
    api, body, other_manager, ana
):
    foreign = builders.make_operator(other_manager)
    ana.is_active = False
    ana.save()
    for operator in (foreign, ana):
        answer = api.post(PATH, body | {"operatorId": operator.pk})
        assert refusal(answer) == (404, "operator_not_found")


def test_a_missing_manager_is_reported_before_the_operator(api, body):
    answer = api.post(PATH, body | {"number": 1, "operatorId": 9**9})
    assert refusal(answer) == (404, "manager_not_found")


def test_a_missing_area_is_created_and_flagged_for_review(api, body, manager):
    area = "Ação & Cia " + "x" * 53  # 64 characters
    assert api.post(PATH, body | {"area": area}).json()["data"]["area"] == area
    made = Area.objects.get()
    assert (made.manager, made.code, made.name) == (manager, area, area)
    assert made.needs_review


def test_an_area_is_found_by_its_name(api, body, sales):
    shape = api.post(PATH, body | {"area": "Vendas"}).json()["data"]
    assert shape["area"] == "vendas"
    assert list(Area.objects.all()) == [sales]


def test_a_code_that_is_too_long_is_refused(api, body):
    assert wrong_fields(api.post(PATH, body | {"area": "x" * 65})) == {"area"}
    assert not Contact.objects.exists()
    assert not Area.objects.exists()


def test_a_protocol_can_be_changed_while_no_chat_is_open(api, body, contact):
    shape = api.post(PATH, body | {"protocol": "P1"}).json()["data"]
    assert shape["protocol"] == "P1"
    chat = builders.make_chat(contact)
    Contact.objects.update(protocol=chat.protocol)
    shape = api.post(PATH, body | {"protocol": "P2"}).json()["data"]
    assert shape["protocol"] == chat.protocol
    api.delete("/api/chat/", {"contactId": body["contactNumber"]})
    shape = api.post(PATH, body | {"protocol": "P2"}).json()["data"]
    assert shape["protocol"] == "P2"


def test_moving_an_open_chat_to_another_area_is_in_the_ledger(
    api, body, contact, sales, support, ana
):
    api.post(PATH, body | {"area": "suporte"})
    assert ledger(contact) == []
    builders.make_chat(contact)
    Contact.objects.update(operator=ana)
    for _ in range(2):
        api.post(PATH, body | {"area": "vendas"})
    api.post(PATH, body)
    assert ledger(contact) == [("entered_area", "vendas", ana.pk)]


def test_both_spellings_of_a_mobile_number_find_the_contact(api, body):
    first = api.post(PATH, body | {"contactNumber": "+55 (11) 8765-4321"})
    again = api.post(PATH, body | {"contactNumber": 5511987654321, "name": "M"})
    assert first.json()["data"]["id"] == again.json()["data"]["id"] == 551187654321
    assert again.json()["data"]["name"] == "M"
    aliases = Identity.objects.order_by("alias").values_list("alias", flat=True)
    assert list(aliases) == ["551187654321", "5511987654321"]


def test_a_landline_has_no_second_spelling(api, body):
    ids = {
        api.post(PATH, body | {"contactNumber": number}).json()["data"]["id"]
        for number in (551133334444, 5511933334444)
    }
    assert len(ids) == 2


def test_a_contact_without_a_phone_is_saved_by_its_id(api, manager):
    body = {"number": manager.number, "contactId": "BR.1502576394655843", "name": "M"}
    for _ in range(2):
        shape = api.post(PATH, body).json()["data"]
        assert (shape["id"], shape["channel"], shape["sa"]) == (
            "BR.1502576394655843",
            "whatsapp",
            -100,
        )
    assert Contact.objects.count() == 1


def test_a_contact_id_that_is_a_valid_phone_number_is_a_phone(api, body, contact):
    sent = {k: v for k, v in body.items() if k != "contactNumber"}
    answer = api.post(PATH, sent | {"contactId": "+55 11 3333-4444"})
    assert answer.json() == success(contact_shape(contact, name="Maria"))


@pytest.mark.parametrize("no_id", ["1" * 16, "a b", "-5511", "", True])
def test_an_invalid_phone_or_id_is_refused(api, body, no_id):
    sent = {k: v for k, v in body.items() if k != "contactNumber"}
    fields = wrong_fields(api.post(PATH, sent | {"contactId": no_id}))
    assert fields == ({"contactNumber"} if no_id == "" else {"contactId"})


def test_foreign_and_missing_managers_get_the_same_error(other_api, body):
    foreign = other_api.post(PATH, body)
    missing = other_api.post(PATH, body | {"number": 1})
    assert refusal(foreign) == (404, "manager_not_found")
    assert foreign.content == missing.content
    assert not Contact.objects.exists()


def test_all_missing_or_invalid_fields_are_reported_at_once(api, body):
    assert wrong_fields(api.post(PATH, {})) == {"number", "contactNumber", "name"}
    wrong = {
        "number": "x",
        "contactNumber": "1" * 16,
        "name": "n" * 201,
        "photo": "p" * 2049,
        "protocol": "p" * 65,
        "area": "a\x00",
        "operatorId": [],
    }
    assert wrong_fields(api.post(PATH, wrong)) == set(wrong)


def test_an_operator_saves_a_contact_for_himself_or_unassigned(body, sales, ana, bruno):
    person = signed_in(ana.user)
    shape = person.post(PATH, body | {"operatorId": ana.pk}).json()["data"]
    assert shape["operatorId"] == str(ana.pk)
    other = body | {"contactNumber": 551133335555}
    answer = person.post(PATH, other | {"operatorId": bruno.pk, "area": "nova"})
    assert refusal(answer) == (403, "forbidden")
    assert Contact.objects.count() == 1
    assert not Area.objects.filter(code="nova").exists()
    assert person.post(PATH, other | {"operatorId": 0}).status_code == 200


def test_an_operator_cannot_change_a_contact_that_he_may_not_see(body, contact, bruno):
    answer = signed_in(bruno.user).post(PATH, body | {"name": "Changed"})
    assert refusal(answer) == (403, "forbidden")
    contact.refresh_from_db()
    assert contact.name == "Maria Souza"


def test_a_supervisor_saves_for_any_operator_of_his_manager(
    body, supervisor, other_manager, ana
):
    person = signed_in(supervisor)
    shape = person.post(PATH, body | {"operatorId": ana.pk}).json()["data"]
    assert shape["operatorId"] == str(ana.pk)
    answer = person.post(PATH, body | {"number": other_manager.number})
    assert refusal(answer) == (404, "manager_not_found")


@pytest.mark.parametrize("channel", Channel.values)
def test_a_contact_inserted_by_sql_can_be_changed(api, manager, channel):
    added = builders.make_contact(manager, channel=channel, external_id="551133330000")
    added.identities.all().delete()
    if channel == Channel.WHATSAPP:
        path, named = "", {"number": manager.number, "contactNumber": 551133330000}
    else:
        path, named = (
            "/facebook",
            {
                "facebookId": manager.facebook_id,
                "contactId": "551133330000",
            },
        )
    for _ in range(2):
        answer = api.post(f"/api/user/contact/save{path}", named | {"name": "Nova"})
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"]["id"] == added.public_id
    added.refresh_from_db()
    assert added.name == "Nova"
    assert Contact.objects.count() == 1
