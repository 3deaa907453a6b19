"""Customers: what a supervisor does with them goes through the rules of the API."""

import pytest
from django.contrib.admin.models import LogEntry

from chats.models import Chat, ChatEvent
from contacts.models import Contact, Identity
from tests.admin.conftest import errors, said
from tests.builders import make_chat, make_contact, make_operator

LIST = "/admin/contacts/contact/"
ADD = "/admin/contacts/contact/add/"


def page(contact, button="change"):
    return f"{LIST}{contact.pk}/{button}/"


def lines(contact):
    """What the ledger tells of the contact's chats."""
    events = ChatEvent.objects.filter(chat__contact=contact).order_by("pk")
    return list(events.values_list("kind", "area__code", "operator__name", "actor"))


def listed(client, **query):
    return list(client.get(LIST, query).context["cl"].result_list)


# Adding and changing ------------------------------------------------------------


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
        ({"name": ""}, "name"),
        ({"channel": "telegram"}, "channel"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(desk, manager, contact, over, field):
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


def test_a_name_is_corrected_and_nothing_else_is_written(desk, contact, ana, support):
    assert desk.get(page(contact)).status_code == 200
    Contact.objects.filter(pk=contact.pk).update(unread=7, sa=5, operator=ana)
    desk.post(
        page(contact),
        {"name": "Maria S.", "photo": "", "area": support.pk, "sa": 0, "unread": 0},
    )
    changed = Contact.objects.get()
    assert (changed.name, changed.unread, changed.sa) == ("Maria S.", 7, 5)
    assert (changed.operator, changed.area_id) == (ana, contact.area_id)


# One contact's buttons -------------------------------------------------------------


def test_the_page_offers_what_can_be_done(desk, contact):
    shown = desk.get(page(contact)).content.decode()
    assert "hand_over/" in shown
    assert "/close/" not in shown
    make_chat(contact)
    assert "/close/" in desk.get(page(contact)).content.decode()


def test_the_link_behind_a_button_only_asks(desk, contact, ana):
    make_chat(contact)
    for button in ("hand_over", "change_area", "close", "delete_contact"):
        assert desk.get(page(contact, button)).status_code == 200
    assert Chat.objects.filter(closed_at=None).exists()
    assert Contact.objects.present().filter(operator=None).exists()


def test_it_is_handed_over(desk, supervisor, contact, ana):
    make_chat(contact)
    answer = desk.post(
        page(contact, "hand_over"),
        {"_form_submitted": "on", "operator": ana.pk},
        follow=True,
    )
    assert answer.redirect_chain == [(page(contact), 302)]
    assert said(answer) == ["Handed over to Ana."]
    assert Contact.objects.get().operator == ana
    assert lines(contact) == [("transferred", "vendas", "Ana", f"user:{supervisor.pk}")]
    assert LogEntry.objects.get().change_message == "Handed over to Ana."


def test_the_look_is_told_where_to_go_next(desk, contact, ana):
    answer = desk.post(
        page(contact, "hand_over"),
        {"_form_submitted": "on", "operator": ana.pk},
        headers={"HX-Request": "true"},
    )
    assert answer["HX-Redirect"] == page(contact)


def test_nobody_is_chosen_on_purpose_alone(desk, contact, ana):
    Contact.objects.update(operator=ana)
    desk.post(page(contact, "hand_over"), {"_form_submitted": "on", "operator": ""})
    assert Contact.objects.get().operator == ana
    desk.post(page(contact, "hand_over"), {"_form_submitted": "on", "operator": "0"})
    assert Contact.objects.get().operator is None


def test_an_inactive_operator_is_not_offered(desk, manager, contact, sales):
    gone = make_operator(manager, sales, name="Gil", is_active=False)
    assert "Gil" not in desk.get(page(contact, "hand_over")).content.decode()
    desk.post(
        page(contact, "hand_over"), {"_form_submitted": "on", "operator": gone.pk}
    )
    assert Contact.objects.get().operator is None


def test_it_moves_to_another_area_and_is_released(
    desk, supervisor, contact, ana, support
):
    make_chat(contact)
    Contact.objects.update(operator=ana)
    answer = desk.post(
        page(contact, "change_area"),
        {"_form_submitted": "on", "area": support.pk},
        follow=True,
    )
    assert said(answer) == ["Moved to Suporte."]
    moved = Contact.objects.get()
    assert (moved.area, moved.operator) == (support, None)
    by = f"user:{supervisor.pk}"
    assert lines(contact) == [
        ("entered_area", "suporte", None, by),
        ("released", "suporte", None, by),
    ]


def test_its_chat_is_closed(desk, supervisor, contact, ana):
    make_chat(contact)
    Contact.objects.update(operator=ana)
    answer = desk.post(page(contact, "close"), {"_form_submitted": "on"}, follow=True)
    assert said(answer) == ["Chat closed."]
    assert Chat.objects.get().closed_at is not None
    assert Contact.objects.get().operator is None
    assert lines(contact) == [("closed", "vendas", None, f"user:{supervisor.pk}")]


def test_closing_what_is_closed_is_told_in_a_sentence(desk, contact):
    answer = desk.post(page(contact, "close"), {"_form_submitted": "on"}, follow=True)
    assert said(answer) == ["There is no such chat."]


def test_a_deleted_contact_is_out_of_the_list_and_read_only(desk, contact):
    make_chat(contact)
    answer = desk.post(
        page(contact, "delete_contact"), {"_form_submitted": "on"}, follow=True
    )
    assert said(answer) == ["Contact deleted."]
    assert listed(desk) == []
    assert listed(desk, deleted="yes") == [contact]
    assert Chat.objects.get().closed_at is not None
    shown = desk.get(page(contact)).content.decode()
    assert "hand_over/" not in shown
    assert 'name="_save"' not in shown
    assert desk.post(page(contact), {"name": "X", "photo": ""}).status_code == 403


@pytest.mark.parametrize("wrong", ["abc", "0", "99999999999999999999", "1/../2"])
def test_a_button_of_no_contact_is_a_404(desk, contact, wrong):
    answer = desk.post(f"{LIST}{wrong}/close/", {"_form_submitted": "on"})
    assert answer.status_code == 404
    assert desk.get(f"{LIST}{wrong}/hand_over/").status_code in (200, 404)


# Many at once --------------------------------------------------------------------


def chosen(action, *contacts, **more):
    return {"action": action, "_selected_action": [c.pk for c in contacts]} | more


def test_many_are_handed_over_after_a_question(desk, manager, sales, contact, ana):
    second = make_contact(manager, area=sales)
    asked = desk.post(LIST, chosen("hand_over_many", contact, second))
    assert asked.status_code == 200
    assert asked.context["title"] == "Hand over contacts"
    assert contact.name in asked.content.decode()
    assert not Contact.objects.exclude(operator=None).exists()

    agreed = {"agreed": "1", "operator": ana.pk}
    answer = desk.post(
        LIST, chosen("hand_over_many", contact, second, **agreed), follow=True
    )
    assert said(answer) == ["2 contacts were handed over."]
    assert Contact.objects.filter(operator=ana).count() == 2
    assert LogEntry.objects.count() == 2


def test_agreeing_without_an_operator_asks_again(desk, contact, ana):
    again = desk.post(LIST, chosen("hand_over_many", contact, agreed="1"))
    assert again.context["form"].errors == {"operator": ["This field is required."]}


def test_many_move_to_an_area(desk, manager, contact, support):
    second = make_contact(manager)
    agreed = {"agreed": "1", "area": support.pk}
    answer = desk.post(
        LIST, chosen("change_area_many", contact, second, **agreed), follow=True
    )
    assert said(answer) == ["2 contacts were moved."]
    assert Contact.objects.filter(area=support).count() == 2


def test_many_chats_are_closed_and_what_could_not_be_is_told(desk, manager, contact):
    make_chat(contact)
    quiet = make_contact(manager)
    answer = desk.post(
        LIST, chosen("close_many", contact, quiet, agreed="1"), follow=True
    )
    assert said(answer) == ["1 chat was closed.", "1: There is no such chat."]


def test_many_are_deleted_after_a_question(desk, manager, contact):
    second = make_contact(manager)
    desk.post(LIST, chosen("delete_many", contact, second))
    assert Contact.objects.present().count() == 2
    answer = desk.post(
        LIST, chosen("delete_many", contact, second, agreed="1"), follow=True
    )
    assert said(answer) == ["2 contacts were deleted."]
    assert not Contact.objects.present().exists()


def test_contacts_of_two_managers_are_not_handed_over_together(
    office, contact, other_manager, ana
):
    second = make_contact(other_manager)
    agreed = {"agreed": "1", "operator": ana.pk}
    answer = office.post(LIST, chosen("hand_over_many", contact, second, **agreed))
    assert "operator" in answer.context["form"].errors
    assert said(answer) == ["Choose contacts of one manager only."]
    assert not Contact.objects.exclude(operator=None).exists()


def test_more_than_can_be_looked_through_are_refused(desk, contact, monkeypatch):
    monkeypatch.setattr("managers.admin.bulk.MOST_AT_ONCE", 1)
    second = make_contact(contact.manager)
    answer = desk.post(
        LIST, chosen("delete_many", contact, second, agreed="1"), follow=True
    )
    assert said(answer) == ["Choose at most 1 at once."]
    assert Contact.objects.present().count() == 2


# Finding ----------------------------------------------------------------------------


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


def test_situations_tell_contacts_apart(desk, manager, sales, ana, contact):
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


def test_channels_tell_contacts_apart(desk, contact, page_contact):
    assert listed(desk, channel__exact="facebook") == [page_contact]
