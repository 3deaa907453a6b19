"""Undocumented fields of a call change nothing, whatever their names."""

import random

import pytest
from django.apps import apps

from contacts.api.serializers import SaveContact, SaveFacebookContact
from contacts.models import Contact
from managers.api.serializers import LinkManager, SaveManager
from managers.models import Manager
from tests.counts import count

TRIES = count(15, full=1000)
APPS = ("managers", "areas", "contacts", "chats", "auth")
VALUES = (1, 0, -1, "1", "x", "true", True, False, [], [1], {}, {"id": 1}, 10**14, 1.5)
# Columns that differ between two rows of the same call: ids and creation times.
OWN = {
    "id", "uuid", "number", "controller_port", "external_id", "phone", "protocol",
    "created_at",
}  # fmt: skip


def names():
    """Returns the column and wire names of every table, and names that frameworks use."""
    columns = {
        field.attname
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
    }
    camel = {name.title().replace("_", "") for name in columns}
    camel = {name[0].lower() + name[1:] for name in camel}
    more = {"pk", "_state", "__class__", "save", "objects", "contacts", "is_superuser"}
    return sorted(columns | camel | more)


NAMES = names()


def junk(body_class, chance):
    """Returns undocumented fields: a third of all names, with any values."""
    documented = set(body_class._declared_fields) | {"mumber"}
    return {
        name: chance.choice(VALUES)
        for name in NAMES
        if name not in documented and chance.random() < 0.3
    }


def row_of(found):
    [row] = found.values()
    return {name: value for name, value in row.items() if name not in OWN}


def manager_made(api, number, more):
    body = {"name": "Sol", "number": number, "controllerPort": number % 50000 + 9000}
    assert api.post("/api/user/save", more | body).status_code == 200
    return row_of(Manager.objects.filter(number=number))


def contact_made(api, number, more):
    body = {"number": 5511400011111, "name": "Lia", "contactNumber": number}
    answer = api.post("/api/user/contact/save", more | body)
    assert answer.status_code == 200
    return row_of(Contact.objects.filter(external_id=str(number)))


def page_contact_made(api, number, more):
    body = {"facebookId": "369258147", "name": "Lia", "contactId": str(number)}
    answer = api.post("/api/user/contact/save/facebook", more | body)
    assert answer.status_code == 200
    return row_of(Contact.objects.filter(external_id=str(number)))


@pytest.mark.parametrize(
    ("make", "body_class"),
    [
        (manager_made, SaveManager),
        (contact_made, SaveContact),
        (page_contact_made, SaveFacebookContact),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_undocumented_fields_do_not_change_the_created_row(
    full_api, manager, make, body_class
):
    chance = random.Random(body_class.__name__)  # noqa: S311 - repeatable
    expected = make(full_api, 551190000, {})
    for number in range(TRIES):
        more = junk(body_class, chance)
        assert make(full_api, 551190001 + number, more) == expected, more


def test_linking_changes_only_the_documented_columns(full_api, manager):
    chance = random.Random(5)  # noqa: S311 - repeatable
    before = Manager.objects.filter(pk=manager.pk).values().get()
    for _try in range(TRIES):
        body = {"facebookId": manager.facebook_id, "number": manager.number}
        more = junk(LinkManager, chance)
        full_api.post("/api/user/save/facebook", more | body)
        assert Manager.objects.filter(pk=manager.pk).values().get() == before, more
