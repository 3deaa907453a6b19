"""To which of a person's ids a message is sent."""

from __future__ import annotations

from typing import Any

import pytest

from chats.delivery.queue import claim
from chats.delivery.results import AttemptResult, settle
from chats.gateways.base import Accepted
from contacts.aliases import name_address
from contacts.models import Identity
from tests import builders
from tests.chats.conftest import PHONE, queue

pytestmark = pytest.mark.django_db

LID, USER = "lid:123456789012345", "BR.1502576394655843"


def sent_to(contact: Any) -> tuple[str, bool]:
    queue(contact)
    [job] = claim(5, 5, 60, {})
    return job.out.to, job.out.is_canonical


def use(manager: Any, gateway: str) -> None:
    manager.gateway = gateway
    manager.save()


@pytest.mark.parametrize("gateway", ["controller", "evolution", "whatsapp_cloud"])
@pytest.mark.parametrize("saved_as", [PHONE, LID])
@pytest.mark.parametrize("is_named", [False, True])
def test_a_phone_is_preferred_to_a_lid(manager, gateway, saved_as, is_named):
    use(manager, gateway)
    phone = None if saved_as == PHONE else int(PHONE)
    contact = builders.make_contact(manager, external_id=saved_as, phone=phone)
    if is_named:
        name_address(contact.pk, LID)
    assert sent_to(contact) == (PHONE, False)


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        ("whatsapp_cloud", USER),
        ("controller", USER),
        ("evolution", PHONE),
        ("wppconnect", PHONE),
    ],
)
def test_user_ids_are_only_used_by_the_cloud_api(manager, gateway, expected):
    use(manager, gateway)
    contact = builders.make_contact(manager, external_id=USER, phone=int(PHONE))
    assert sent_to(contact) == (expected, False)


def test_a_lid_is_used_if_nothing_else_is_known(manager):
    contact = builders.make_contact(manager, external_id=LID)
    assert sent_to(contact) == (LID, False)


def test_wppconnect_gets_the_chat_id_that_it_reported(manager):
    use(manager, "wppconnect")
    unnamed = builders.make_contact(manager, external_id=LID, phone=int(PHONE))
    assert sent_to(unnamed) == (PHONE, False)
    named = builders.make_contact(manager, external_id="5511912345678")
    name_address(named.pk, "lid:5")
    assert sent_to(named) == ("lid:5", True)


def test_a_lid_reported_again_changes_nothing(manager, django_assert_max_num_queries):
    contact = builders.make_contact(manager, external_id=PHONE)
    name_address(contact.pk, LID)
    queue(contact)
    [job] = claim(5, 5, 60, {})
    with django_assert_max_num_queries(100) as queries:
        settle(AttemptResult(job, Accepted(("3EB0",), LID)))
    assert not [q for q in queries if "contacts_identity" in q["sql"]]
    assert Identity.objects.get(contact=contact, is_address=True).alias == LID
