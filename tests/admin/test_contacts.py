"""Contacts in the back-office: a supervisor's changes use the rules of the API."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from areas.operators import find_operator
from chats.conversations.assignment import claim
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from chats.models import ChatEvent
from contacts.models import Contact, Identity
from tests.admin.conftest import agree, agree_to, errors, messages_of
from tests.admin.contact_pages import LIST, NO_CONSENTS, listed, page
from tests.builders import make_chat, make_contact

ADD = "/admin/contacts/contact/add/"


def test_a_supervisor_adds_a_customer_by_telephone(desk, manager, sales):
    answer = desk.post(
        ADD,
        {
            "manager": manager.pk,
            "channel": "whatsapp",
            "external_id": "+55 (11) 99876-5432",
            "name": "Maria",
            "area": sales.pk,
        },
    )
    assert answer.status_code == 302
    contact = Contact.objects.get()
    assert (contact.external_id, contact.name, contact.area) == (
        "5511998765432",
        "Maria",
        sales,
    )
    assert contact.sa == -100
    assert contact.protocol.startswith("BR")
    aliases = Identity.objects.values_list("alias", flat=True).order_by("alias")
    assert list(aliases) == ["551198765432", "5511998765432"]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"external_id": "551133334444"}, "external_id"),
        ({"external_id": "no number!"}, "external_id"),
        ({"external_id": "abc"}, "external_id"),
        ({"external_id": "98888-7777"}, "external_id"),
        ({"name": ""}, "name"),
        ({"channel": "telegram"}, "channel"),
    ],
)
def test_invalid_values_are_errors_of_their_fields(desk, manager, contact, over, field):
    given = {
        "manager": manager.pk,
        "channel": "whatsapp",
        "external_id": "5511998765432",
        "name": "Maria",
    }
    assert list(errors(desk.post(ADD, given | over))) == [field]
    assert Contact.objects.count() == 1


def test_an_area_is_one_of_the_contacts_manager(office, manager, other_manager, sales):
    given = {
        "manager": other_manager.pk,
        "channel": "facebook",
        "external_id": "123",
        "name": "Maria",
        "area": sales.pk,
    }
    assert list(errors(office.post(ADD, given))) == ["area"]


def test_correcting_a_name_writes_no_other_column(desk, contact, ana, support):
    assert desk.get(page(contact)).status_code == 200
    Contact.objects.filter(pk=contact.pk).update(unread=7, sa=5, operator=ana)
    desk.post(
        page(contact),
        {"name": "Maria S.", "photo": "", "area": support.pk, "sa": 0, "unread": 0}
        | NO_CONSENTS,
    )
    changed = Contact.objects.get()
    assert (changed.name, changed.unread, changed.sa) == ("Maria S.", 7, 5)
    assert (changed.operator, changed.area_id) == (ana, contact.area_id)


def chosen(action, *contacts, **more):
    return {"action": action, "_selected_action": [c.pk for c in contacts]} | more


def test_selected_contacts_are_handed_over_after_a_confirmation(
    desk, manager, sales, contact, ana
):
    second = make_contact(manager, area=sales)
    asked = desk.post(LIST, chosen("hand_over_many", contact, second))
    assert asked.status_code == 200
    assert asked.context["title"] == "Hand over contacts"
    assert contact.name in asked.content.decode()
    assert not Contact.objects.exclude(operator=None).exists()

    answer = agree(
        desk, LIST, chosen("hand_over_many", contact, second), operator=ana.pk
    )
    assert messages_of(answer) == ["2 contacts were handed over."]
    assert Contact.objects.filter(operator=ana).count() == 2
    assert LogEntry.objects.count() == 2


def test_confirming_without_an_operator_shows_the_dialog_again(desk, contact, ana):
    again = agree(desk, LIST, chosen("hand_over_many", contact))
    assert again.context["form"].errors == {"operator": ["This field is required."]}


def test_selected_contacts_move_to_an_area(desk, manager, contact, support):
    second = make_contact(manager)
    answer = agree(
        desk, LIST, chosen("change_area_many", contact, second), area=support.pk
    )
    assert messages_of(answer) == ["2 contacts were moved."]
    assert Contact.objects.filter(area=support).count() == 2


def test_chats_of_selected_contacts_are_closed_and_failures_reported(
    desk, manager, contact
):
    make_chat(contact)
    quiet = make_contact(manager)
    answer = agree(desk, LIST, chosen("close_many", contact, quiet))
    assert messages_of(answer) == ["1 chat was closed.", "1: There is no such chat."]


def test_closing_for_contacts_without_a_chat_needs_no_confirmation(
    desk, manager, contact
):
    make_chat(contact, closed_at=timezone.now())
    second = make_contact(manager)
    answer = desk.post(LIST, chosen("close_many", contact, second), follow=True)
    assert messages_of(answer) == ["None of these contacts has an open chat."]
    assert "Go ahead" not in answer.content.decode()


def test_selected_contacts_are_deleted_after_a_confirmation(desk, manager, contact):
    second = make_contact(manager)
    desk.post(LIST, chosen("delete_many", contact, second))
    assert Contact.objects.present().count() == 2
    answer = agree(desk, LIST, chosen("delete_many", contact, second))
    assert messages_of(answer) == ["2 contacts were deleted."]
    assert not Contact.objects.present().exists()


def test_contacts_of_two_managers_are_not_handed_over_together(
    office, contact, other_manager, ana
):
    second = make_contact(other_manager)
    answer = agree(
        office, LIST, chosen("hand_over_many", contact, second), operator=ana.pk
    )
    assert "operator" in answer.context["form"].errors
    assert messages_of(answer) == ["Choose contacts of one manager only."]
    assert not Contact.objects.exclude(operator=None).exists()


def test_too_many_selected_contacts_are_refused(desk, contact, monkeypatch):
    monkeypatch.setattr("managers.admin.confirm.MOST_AT_ONCE", 1)
    second = make_contact(contact.manager)
    answer = desk.post(LIST, chosen("delete_many", contact, second), follow=True)
    assert messages_of(answer) == ["Choose at most 1 at once."]
    assert Contact.objects.present().count() == 2


@pytest.mark.parametrize(
    "term",
    [
        "Maria",
        "souza",
        "551133334444",
        "+55 (11) 3333-4444",
        "11 3333-4444",
        "3333-4444",
        "33334444",
    ],
)
def test_a_customer_is_found_by_name_or_number(desk, manager, contact, term):
    make_contact(manager, name="Somebody else")
    assert listed(desk, q=term) == [contact]


@pytest.mark.parametrize("term", ["cesar", "CÉSAR", "souza cesar", "ces sou"])
def test_accents_case_and_the_order_of_words_make_no_difference(desk, manager, term):
    cesar = make_contact(manager, name="César Augusto de Souza")
    make_contact(manager, name="Celina Lima")
    make_contact(manager, name="100% Souza")
    assert listed(desk, q=term) == [cesar]
    assert listed(desk, q="0% s")[0].name == "100% Souza"


def test_both_spellings_of_a_mobile_number_find_it(desk, manager):
    mobile = make_contact(manager, external_id="5511998765432")
    Identity.objects.create(
        manager=manager, channel="whatsapp", alias="551198765432", contact=mobile
    )
    assert listed(desk, q="5511998765432") == [mobile]
    assert listed(desk, q="551198765432") == [mobile]


def test_a_page_contact_is_found_by_id_and_any_by_protocol(desk, contact, page_contact):
    assert listed(desk, q="7418252963") == [page_contact]
    assert listed(desk, q=contact.protocol.lower()) == [contact]


def test_contacts_are_filtered_by_situation(desk, manager, sales, ana, contact):
    make_chat(contact)
    answered = make_contact(manager, area=sales, operator=ana, unread=2)
    make_chat(answered)
    quiet = make_contact(manager)
    assert listed(desk, situation="waiting") == [contact]
    assert listed(desk, situation="answered") == [answered]
    assert listed(desk, situation="quiet") == [quiet]
    assert listed(desk, situation="unread") == [answered]
    assert listed(desk, situation="nowhere") == [quiet]
    assert listed(desk, area__id__exact=sales.pk) == [answered, contact]
    assert listed(desk, operator__id__exact=ana.pk) == [answered]


def test_contacts_are_filtered_by_channel(desk, contact, page_contact):
    assert listed(desk, channel__exact="facebook") == [page_contact]


@pytest.mark.parametrize("written", ["11 98888-7777", "+55 11 98888-7777"])
def test_a_national_spelling_finds_the_existing_customer(desk, manager, written):
    manager.number = 551140000000
    manager.save()
    make_contact(manager, external_id="5511988887777")
    fields = {"manager": manager.pk, "channel": "whatsapp", "name": "Maria"}
    answer = desk.post(ADD, fields | {"external_id": written})
    assert list(errors(answer)) == ["external_id"]
    assert Contact.objects.count() == 1


def test_the_confirmation_of_closing_counts_served_owed_and_lost_chats(
    desk, manager, sales, ana
):
    served, lost = (make_contact(manager, area=sales) for _ in range(2))
    claim(served, find_operator(manager.pk, ana.pk), actor=Actor("key:1", ana.pk))
    open_chat(lost, actor=Actor("key:1"))
    Contact.objects.filter(pk=lost.pk).update(waiting_since=timezone.now())
    asked = desk.post(LIST, chosen("close_many", served, lost))
    shown = {fact.key: fact.count for fact in asked.context["impact"].facts}
    assert shown == {"rows": 2, "served": 1, "owed": 1, "never": 1}
    assert "bg-red-600" in asked.content.decode()
    sent = chosen("close_many", served, lost)
    agree_to(desk, LIST, asked, sent, **{"answer-cause": "idle"})
    closed = ChatEvent.objects.filter(kind="closed")
    assert set(closed.values_list("cause", flat=True)) == {"idle"}


def test_the_handover_dialog_shows_presence_and_areas_of_operators(
    desk, contact, ana, bruno
):
    asked = desk.post(LIST, chosen("hand_over_many", contact)).content.decode()
    assert "Ana · Offline · 0 open chats" in asked
    assert "Ana · Offline · 0 open chats · does" not in asked
    assert "Bruno · Offline · 0 open chats · does not serve Vendas" in asked
