"""POST api/user/save: a new manager, or an existing one with the same values."""

import threading

import pytest
from django.db import connection

from managers.models import Manager
from tests.builders import make_contact, make_key, make_supervisor
from tests.conftest import Api, signed_in
from tests.managers.shapes import EXISTS, FORBIDDEN, contact_of

BOTH = {
    "name": "Floricultura",
    "controllerPort": "8888",
    "number": 5531999990000,
    "facebookId": "741852963",
    "facebookToken": "sajboubcoiaucusnoa",
}
SAVED = {
    "name": "Floricultura",
    "email": "",
    "number": 5531999990000,
    "controllerPort": "8888",
    "facebookId": "741852963",
    "facebookToken": "sajboubcoiaucusnoa",
    "contacts": [],
}


def save(api, **fields):
    return api.post("/api/user/save", fields)


def test_it_creates_a_manager_of_both_channels(full_api):
    answer = save(full_api, **BOTH)
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": SAVED}
    row = Manager.objects.get()
    assert (row.name, row.email, row.number) == ("Floricultura", "", 5531999990000)
    assert (row.controller_port, row.facebook_id) == (8888, "741852963")
    assert (row.facebook_token, row.gateway) == ("sajboubcoiaucusnoa", "controller")
    with connection.cursor() as cursor:
        cursor.execute("SELECT facebook_token FROM managers_manager")
        assert "sajboubcoiaucusnoa" not in cursor.fetchone()[0]


def test_a_form_is_accepted(full_api):
    answer = full_api.post("/api/user/save/", form=BOTH | {"email": "oi@flor.example"})
    assert answer.json()["data"] == SAVED | {"email": "oi@flor.example"}


def test_it_creates_a_manager_of_only_a_number(full_api):
    answer = save(full_api, name="Só Zap", number="+55 31 5", controllerPort=1)
    assert answer.json()["data"] == {
        "name": "Só Zap",
        "email": "",
        "number": 55315,
        "controllerPort": "1",
        "facebookId": "",
        "facebookToken": "",
        "contacts": [],
    }


def test_it_creates_a_manager_of_only_a_page(full_api):
    answer = save(full_api, name="Só Page", facebookId=77, facebookToken="t")
    assert answer.json()["data"] == {
        "name": "Só Page",
        "email": "",
        "number": None,
        "controllerPort": "",
        "facebookId": "77",
        "facebookToken": "t",
        "contacts": [],
    }


def test_a_repeated_call_returns_the_same_manager(full_api):
    save(full_api, **BOTH, email="oi@flor.example")
    there = Manager.objects.get()
    contact = make_contact(there)
    expected = SAVED | {"email": "oi@flor.example", "contacts": [contact_of(contact)]}
    assert save(full_api, **BOTH).json()["data"] == expected
    assert save(full_api, **BOTH, email="oi@flor.example").json()["data"] == expected
    only_number = {name: BOTH[name] for name in ("name", "number", "controllerPort")}
    assert save(full_api, **only_number).json()["data"] == expected
    only_page = {name: BOTH[name] for name in ("name", "facebookId", "facebookToken")}
    assert save(full_api, **only_page).json()["data"] == expected
    assert Manager.objects.get().pk == there.pk


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Outra"},
        {"email": "outra@flor.example"},
        {"number": 5531999990001},
        {"controllerPort": 8889},
        {"facebookId": "741852964"},
        {"facebookToken": "other"},
    ],
)
def test_other_values_for_an_existing_manager_are_refused(full_api, other):
    save(full_api, **BOTH)
    before = Manager.objects.values().get()
    answer = save(full_api, **BOTH | other)
    assert (answer.status_code, answer.json()) == (409, EXISTS)
    assert Manager.objects.values().get() == before


def test_a_page_cannot_be_added_by_saving_again(full_api):
    save(full_api, name="Zap", number=1, controllerPort=1)
    answer = save(
        full_api,
        name="Zap",
        number=1,
        controllerPort=1,
        facebookId="5",
        facebookToken="t",
    )
    assert (answer.status_code, answer.json()) == (409, EXISTS)
    assert Manager.objects.get().facebook_id is None


def test_a_taken_port_is_refused(full_api, manager):
    answer = save(full_api, name="Outra", number=1, controllerPort="8080")
    assert (answer.status_code, answer.json()) == (409, EXISTS)


def test_values_of_two_managers_are_refused(full_api, manager, other_manager):
    answer = save(
        full_api,
        name=manager.name,
        number=manager.number,
        controllerPort=manager.controller_port,
        facebookId=other_manager.facebook_id,
        facebookToken=other_manager.facebook_token,
    )
    assert (answer.status_code, answer.json()) == (409, EXISTS)


REQUIRED = ["This field is required."]


@pytest.mark.parametrize(
    ("left_out", "wrong"),
    [
        (["name"], {"name": REQUIRED}),
        (["controllerPort"], {"controllerPort": REQUIRED}),
        (["number"], {"number": REQUIRED}),
        (["facebookToken"], {"facebookToken": REQUIRED}),
        (["facebookId"], {"facebookId": REQUIRED}),
        (
            ["number", "controllerPort", "facebookId", "facebookToken"],
            {
                "number": ["One of number, facebookId is required."],
                "facebookId": ["One of number, facebookId is required."],
            },
        ),
        (
            ["name", "number", "facebookToken"],
            {"name": REQUIRED, "number": REQUIRED, "facebookToken": REQUIRED},
        ),
    ],
)
def test_all_missing_fields_of_a_channel_are_reported(full_api, left_out, wrong):
    body = {name: value for name, value in BOTH.items() if name not in left_out}
    answer = save(full_api, **body)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == wrong
    assert not Manager.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("name", "\ud800"),
        ("name", {"$gt": ""}),
        ("email", "x" * 255),
        ("number", -5),
        ("number", "12a"),
        ("number", 10**15),
        ("number", 1e400),
        ("number", True),
        ("controllerPort", 0),
        ("controllerPort", 65536),
        ("controllerPort", "8080@evil.example"),
        ("controllerPort", "٨٠٨٠"),
        ("facebookId", "a/b"),
        ("facebookToken", "x" * 4097),
    ],
)
def test_a_wrong_value_is_invalid(full_api, field, value):
    answer = full_api.post("/api/user/save", form=None, body=BOTH | {field: value})
    code = "malformed_body" if value == float("inf") else "invalid"
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    if code == "invalid":
        assert list(answer.json()["error"]["fields"]) == [field]


def test_a_key_bound_to_managers_cannot_create_one(
    manager, other_manager, ana, supervisor
):
    both = make_supervisor(manager, other_manager)
    for api in (
        Api(make_key(manager)),
        Api(make_key(manager, other_manager)),
        signed_in(ana.user),
        signed_in(supervisor),
        signed_in(both),
    ):
        answer = save(api, **BOTH)
        assert (answer.status_code, answer.json()) == (403, FORBIDDEN)
        # Before the body is validated.
        assert api.post("/api/user/save", b"{").status_code == 403
    assert Manager.objects.count() == 2


def test_an_administrator_creates_one_and_reads_no_token(admin_user):
    answer = save(signed_in(admin_user), **BOTH)
    assert answer.json()["data"] == SAVED | {"facebookToken": ""}


def test_unknown_fields_are_ignored(full_api):
    save(full_api, **BOTH, id=7, contacts=[1], is_demo=True, gateway="evolution")
    row = Manager.objects.get()
    assert (row.is_demo, row.gateway) == (False, "controller")


@pytest.mark.django_db(transaction=True)
def test_simultaneous_calls_create_one_manager_that_all_get():
    key = make_key()
    Api(key).get("/api/user/")
    barrier = threading.Barrier(12)
    statuses = []

    def call(fields):
        barrier.wait()
        statuses.append(save(Api(key), **fields).status_code)
        connection.close()

    others = BOTH | {"name": "Outra", "number": 5531999990001}
    bodies = [BOTH] * 6 + [others] * 6
    threads = [threading.Thread(target=call, args=[body]) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 6 + [409] * 6
    assert Manager.objects.count() == 1
