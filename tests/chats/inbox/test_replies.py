"""POST reply/get, reply/save and DELETE reply/: quick replies."""

from __future__ import annotations

import pytest

from areas.models import OperatorArea
from chats.models import Reply
from tests import builders
from tests.conftest import Api, signed_in
from tests.contract.shapes import answered, refused
from tests.racing import at_once

URL = "/api/reply/"


def shape(row, **over):
    return {
        "id": str(row.pk),
        "shortcut": row.shortcut,
        "scope": "manager",
        "area": "",
        "title": row.title,
        "text": row.text,
        "filled": None,
        "missing": [],
        "url": "",
    } | over


def make(manager, shortcut="oi", text="Oi", **over):
    values = {"manager": manager, "shortcut": shortcut, "text": text}
    return Reply.objects.create(**values | over)


def save(api, operator, **fields):
    body = {"operatorId": str(operator), "shortcut": "oi", "text": "Oi"}
    return api.post(f"{URL}save", body | fields)


def get(api, operator, **fields):
    response = api.post(f"{URL}get", {"operatorId": str(operator)} | fields)
    assert response.status_code == 200, response.content
    return response.json()["data"]["replies"]


def texts(api, operator, **fields):
    return [reply["text"] for reply in get(api, operator, **fields)]


def test_an_operators_own_reply_is_saved_and_read(api, ana):
    response = save(api, ana.pk, title="Saudação", text="Oi, {nome}!")
    row = Reply.objects.get()
    assert (row.operator, row.area) == (ana, None)
    answered(response, shape(row, scope="operator"))
    assert get(api, ana.pk) == [shape(row, scope="operator")]


def test_the_narrowest_scope_applies(api, manager, sales, support, ana, contact):
    make(manager, text="da empresa")
    make(manager, "pix", "pix da empresa")
    assert texts(api, ana.pk) == ["da empresa", "pix da empresa"]
    make(manager, text="de vendas", area=sales)
    make(manager, text="de suporte", area=support)
    make(manager, "pix", "pix de suporte", area=support)
    assert texts(api, ana.pk) == ["de vendas", "pix da empresa"]
    make(manager, text="da Ana", operator=ana)
    assert texts(api, ana.pk) == ["da Ana", "pix da empresa"]
    assert texts(api, ana.pk, contactId=contact.external_id) == [
        "da Ana",
        "pix da empresa",
    ]


def test_the_contacts_area_determines_the_replies(
    api, manager, sales, support, ana, contact
):
    OperatorArea.objects.create(manager=manager, operator=ana, area=support)
    make(manager, text="de suporte", area=support)
    make(manager, text="de vendas", area=sales)
    assert len(texts(api, ana.pk)) == 2
    assert texts(api, ana.pk, contactId=contact.external_id) == ["de vendas"]


def test_without_operator_all_of_manager_and_areas_are_listed(api, manager, sales, ana):
    make(manager, text="da empresa")
    make(manager, text="de vendas", area=sales)
    make(manager, text="da Ana", operator=ana)
    assert texts(api, 0) == ["de vendas", "da empresa"]


def test_a_reply_is_filled_for_a_contact(api, manager, ana, contact):
    text = "{nome}, aqui é {operador} da {empresa}. {protocolo} {x} {abre}"
    make(manager, text=text)
    (reply,) = get(api, ana.pk, contactId=contact.external_id)
    assert reply["text"] == text
    assert reply["filled"] == (
        f"Maria, aqui é Ana da Padaria Estrela. {contact.protocol} {{x}}"
    )
    assert reply["missing"] == ["x", "abre"]


def test_a_hostile_name_is_not_expanded(api, manager, ana):
    make(manager, text="Oi {nome_completo}")
    contact = builders.make_contact(manager, name="{protocolo}\n{x}")
    (reply,) = get(api, ana.pk, contactId=contact.external_id)
    assert (reply["filled"], reply["missing"]) == ("Oi {protocolo} {x}", [])


def test_only_given_fields_are_changed(api, ana):
    first = save(api, ana.pk, title="Um", text="1").json()["data"]
    second = save(api, ana.pk, text="2").json()["data"]
    assert second == first | {"text": "2"}
    third = save(api, ana.pk, text=None, title="").json()["data"]
    assert third == first | {"text": "2", "title": ""}
    response = save(api, ana.pk, text="")
    refused(response, 400, "invalid", fields=["text"])
    assert Reply.objects.get().text == "2"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"text": ""}, ["text"]),
        ({"text": None}, ["text"]),
        ({"text": "x" * 4097}, ["text"]),
        ({"title": "x" * 61}, ["title"]),
        ({"shortcut": ""}, ["shortcut"]),
        ({"shortcut": "Oi"}, ["shortcut"]),
        ({"shortcut": "olá"}, ["shortcut"]),
        ({"shortcut": "x" * 33}, ["shortcut"]),
        ({"scope": "world"}, ["scope"]),
        ({"base64": "data:,x"}, ["base64"]),
    ],
)
def test_wrong_fields_are_refused(api, ana, fields, wrong):
    refused(save(api, ana.pk, **fields), 400, "invalid", fields=wrong)
    assert not Reply.objects.exists()


def test_operators_write_only_their_own(manager, sales, ana, bruno):
    hers = signed_in(ana.user)
    assert save(hers, ana.pk).status_code == 200
    for scope in ({"scope": "manager"}, {"scope": "area", "area": "vendas"}):
        refused(save(hers, ana.pk, **scope), 403, "forbidden")
    refused(save(hers, bruno.pk), 403, "forbidden")
    refused(save(hers, 0), 403, "forbidden")
    assert Reply.objects.count() == 1


def test_a_key_acting_for_an_operator_writes_only_his_own(api, ana):
    refused(save(api, ana.pk, scope="manager"), 403, "forbidden")
    assert save(api, 0).json()["data"]["scope"] == "manager"
    assert save(api, 0, area="vendas").json()["data"]["scope"] == "area"
    refused(save(api, 0, scope="operator"), 404, "operator_not_found")
    refused(save(api, 0, scope="area"), 400, "invalid", fields=["area"])
    refused(save(api, 0, area="nenhuma"), 404, "area_not_found")


def test_supervisors_write_all(supervisor, ana):
    api = signed_in(supervisor)
    for fields in ({"scope": "manager"}, {"area": "vendas"}, {"scope": "operator"}):
        assert (
            save(api, ana.pk if "area" not in fields else 0, **fields).status_code
            == 200
        )
    assert Reply.objects.count() == 3


def test_with_several_managers_one_must_be_given(full_api, manager, other_manager):
    refused(save(full_api, 0), 400, "invalid", fields=["number", "facebookId"])
    assert save(full_api, 0, number=other_manager.number).status_code == 200
    assert Reply.objects.get().manager == other_manager


def test_another_managers_operator_is_not_found(other_api, ana, contact):
    refused(save(other_api, ana.pk), 404, "operator_not_found")
    response = other_api.post(f"{URL}get", {"operatorId": str(ana.pk)})
    refused(response, 404, "operator_not_found")


def test_a_contact_that_is_not_visible_is_not_found(api, bruno, contact):
    body = {"operatorId": str(bruno.pk), "contactId": contact.external_id}
    refused(api.post(f"{URL}get", body), 404, "chat_not_found")


def test_a_reply_is_deleted(api, manager, support, ana, bruno):
    def delete(credential, operator, row):
        return credential.delete(URL, {"operatorId": str(operator), "id": str(row.pk)})

    own, his = make(manager, operator=ana), make(manager, operator=bruno)
    shared, area = make(manager), make(manager, area=support)
    hers = signed_in(ana.user)
    answered(delete(hers, ana.pk, own), "Reply deleted")
    refused(delete(hers, ana.pk, own), 404, "not_found")
    refused(delete(hers, ana.pk, his), 404, "not_found")
    refused(delete(hers, ana.pk, area), 404, "not_found")
    refused(delete(hers, ana.pk, shared), 403, "forbidden")
    answered(delete(api, 0, shared), "Reply deleted")
    for wrong in ("0", "x", "9" * 40):
        response = api.delete(URL, {"operatorId": "0", "id": wrong})
        refused(response, 404, "not_found")
    assert set(Reply.objects.all()) == {his, area}


def test_the_number_of_replies_is_limited(api, ana, monkeypatch):
    monkeypatch.setattr("chats.inbox.reply_saving.MOST_REPLIES", 2)
    assert save(api, ana.pk, shortcut="a").status_code == 200
    assert save(api, ana.pk, shortcut="b").status_code == 200
    response = save(api, ana.pk, shortcut="c")
    refused(response, 400, "invalid", fields=["shortcut"])
    assert save(api, ana.pk, shortcut="b").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_simultaneous_saves_of_one_shortcut_make_one_reply(manager, ana):
    key = builders.make_key(manager)
    calls = [lambda n=n: save(Api(key), ana.pk, text=str(n)) for n in range(6)]
    responses = at_once(calls)
    assert {response.status_code for response in responses} == {200}
    (row,) = Reply.objects.all()
    assert {response.json()["data"]["id"] for response in responses} == {str(row.pk)}
