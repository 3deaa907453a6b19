"""Deactivating an operator while a contact is assigned to him."""

import threading

import pytest
from django.db import transaction

from areas.models import Operator
from areas.operators import find_operator
from chats.conversations import assignment
from chats.conversations.audit import Actor
from contacts.models import Contact
from contacts.saving import ContactInput, save_contact
from hci_center.errors import OperatorNotFoundError
from tests import builders
from tests.racing import in_a_thread, until_one_waits

pytestmark = pytest.mark.django_db(transaction=True)

BOT = Actor("key:1")


def claim(contact, operator):
    """Returns a claim by an operator who was active when he was looked up."""
    scope = find_operator(operator.manager_id, operator.pk)
    return lambda: assignment.claim(contact, scope, actor=BOT)


def assign(contact, operator):
    return lambda: assignment.hand_over(contact, operator.pk, actor=BOT)


def save(contact, operator):
    data = ContactInput(name="Rui", operator_id=operator.pk)
    return lambda: save_contact(contact.manager_id, "whatsapp", "551155556666", data)


def save_deleted(contact, operator):
    """Returns the saving of a contact that was deleted before."""
    assignment.delete_contact(contact, actor=BOT)
    data = ContactInput(name="Rui", operator_id=operator.pk)
    return lambda: save_contact(
        contact.manager_id, "whatsapp", contact.external_id, data
    )


def leave(operator):
    """Deactivates the operator and releases his contacts, as the admin does."""
    with transaction.atomic():
        Operator.objects.filter(pk=operator.pk).update(is_active=False)
        assignment.release_contacts_of(operator, actor=BOT)


@pytest.mark.parametrize("give", [claim, assign])
def test_an_operator_being_deactivated_gets_no_contact(manager, contact, ana, give):
    assigning = give(contact, ana)
    with transaction.atomic():
        leave(ana)
        assigned = in_a_thread(assigning)
        until_one_waits()
    with pytest.raises(OperatorNotFoundError):
        assigned.result()
    assert Contact.objects.get().operator is None


@pytest.mark.parametrize("give", [save, save_deleted])
def test_a_contact_saved_for_an_operator_being_deactivated_is_unassigned(
    manager, contact, ana, give
):
    saving = give(contact, ana)
    with transaction.atomic():
        Operator.objects.filter(pk=ana.pk).update(is_active=False)
        saved = in_a_thread(saving)
        until_one_waits()
    assert saved.result().contact.operator_id is None
    assert not Contact.objects.filter(operator=ana).exists()


@pytest.mark.parametrize("give", [claim, assign, save, save_deleted])
def test_a_contact_assigned_before_is_released(manager, contact, ana, give):
    with transaction.atomic():
        give(contact, ana)()
        left = in_a_thread(lambda: leave(ana))
        until_one_waits()
    left.result()
    assert not Contact.objects.filter(operator=ana).exists()


@pytest.mark.parametrize("give", [claim, assign])
def test_a_deactivated_operator_gets_no_contact(manager, contact, ana, give):
    assigning = give(contact, ana)
    leave(ana)
    with pytest.raises(OperatorNotFoundError):
        assigning()
    assert Contact.objects.get().operator is None


def test_a_handover_between_two_operators_being_deactivated(
    manager, sales, contact, ana
):
    """Neither waits for a lock of the other."""
    eva = builders.make_operator(manager, sales, name="Eva")
    assignment.hand_over(contact, ana.pk, actor=BOT)
    handing_over = assign(contact, eva)
    begun = threading.Event()

    def both_leave():
        with transaction.atomic():
            Operator.objects.filter(pk__in=[ana.pk, eva.pk]).update(is_active=False)
            begun.set()
            until_one_waits()
            for operator in (ana, eva):
                assignment.release_contacts_of(operator, actor=BOT)

    left = in_a_thread(both_leave)
    begun.wait(30)
    with pytest.raises(OperatorNotFoundError):
        handing_over()
    left.result()
    assert Contact.objects.get().operator is None
