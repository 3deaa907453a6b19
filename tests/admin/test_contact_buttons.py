"""The actions on one contact's page."""

import pytest
from django.contrib.admin.models import LogEntry

from chats.models import Chat, ChatEvent
from contacts.models import Contact
from tests.admin.conftest import messages_of
from tests.admin.contact_pages import LIST, listed, page
from tests.builders import make_chat, make_operator


def lines(contact):
    """Returns the lines of the ledger of the contact's chats."""
    events = ChatEvent.objects.filter(chat__contact=contact).order_by("pk")
    return list(events.values_list("kind", "area__code", "operator__name", "actor"))


def test_the_page_offers_the_possible_actions(desk, contact):
    shown = desk.get(page(contact)).content.decode()
    assert "hand_over/" in shown
    assert "/close/" not in shown
    make_chat(contact)
    assert "/close/" in desk.get(page(contact)).content.decode()


def test_the_link_of_a_button_shows_the_dialog(desk, contact, ana):
    make_chat(contact)
    for button in ("hand_over", "change_area", "close", "delete_contact"):
        assert desk.get(page(contact, button)).status_code == 200
    assert Chat.objects.filter(closed_at=None).exists()
    assert Contact.objects.present().filter(operator=None).exists()


def test_without_a_script_the_link_leads_to_a_page(desk, contact, ana):
    make_chat(contact)
    for button in ("hand_over", "change_area", "close", "delete_contact"):
        shown = desk.get(page(contact, button)).content.decode()
        assert 'id="nav-sidebar"' in shown
        assert f'href="{page(contact)}"' in shown
        by_script = {"HX-Request": "true"}
        dialog = desk.get(page(contact, button), headers=by_script).content.decode()
        assert "<html" not in dialog
    wrong = {"_form_submitted": "on", "operator": "999999"}
    refused = desk.post(page(contact, "hand_over"), wrong)
    assert refused.status_code == 200
    assert "nav-sidebar" in refused.content.decode()
    assert refused.context["form"].errors["operator"]
    assert Contact.objects.get().operator is None


def test_it_is_handed_over(desk, supervisor, contact, ana):
    make_chat(contact)
    answer = desk.post(
        page(contact, "hand_over"),
        {"_form_submitted": "on", "operator": ana.pk},
        follow=True,
    )
    assert answer.redirect_chain == [(page(contact), 302)]
    assert messages_of(answer) == ["Handed over to Ana."]
    assert Contact.objects.get().operator == ana
    assert lines(contact) == [("transferred", "vendas", "Ana", f"user:{supervisor.pk}")]
    assert LogEntry.objects.get().change_message == "Handed over to Ana."


def test_the_response_names_the_next_page(desk, contact, ana):
    answer = desk.post(
        page(contact, "hand_over"),
        {"_form_submitted": "on", "operator": ana.pk},
        headers={"HX-Request": "true"},
    )
    assert answer["HX-Redirect"] == page(contact)


def test_releasing_a_contact_must_be_chosen_explicitly(desk, contact, ana):
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
    assert messages_of(answer) == ["Moved to Suporte."]
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
    assert messages_of(answer) == ["Chat closed."]
    assert Chat.objects.get().closed_at is not None
    assert Contact.objects.get().operator is None
    assert lines(contact) == [("closed", "vendas", None, f"user:{supervisor.pk}")]


def test_closing_a_closed_chat_is_reported_in_a_sentence(desk, contact):
    answer = desk.post(page(contact, "close"), {"_form_submitted": "on"}, follow=True)
    assert messages_of(answer) == ["There is no such chat."]


def test_a_deleted_contact_is_not_listed_and_read_only(desk, contact):
    make_chat(contact)
    answer = desk.post(
        page(contact, "delete_contact"), {"_form_submitted": "on"}, follow=True
    )
    assert messages_of(answer) == ["Contact deleted."]
    assert listed(desk) == []
    assert listed(desk, deleted="yes") == [contact]
    assert Chat.objects.get().closed_at is not None
    shown = desk.get(page(contact)).content.decode()
    assert "hand_over/" not in shown
    assert 'name="_save"' not in shown
    assert desk.post(page(contact), {"name": "X", "photo": ""}).status_code == 403


@pytest.mark.parametrize("wrong", ["abc", "0", "99999999999999999999", "1/../2"])
def test_a_button_of_an_unknown_contact_is_a_404(desk, contact, wrong):
    answer = desk.post(f"{LIST}{wrong}/close/", {"_form_submitted": "on"})
    assert answer.status_code == 404
    assert desk.get(f"{LIST}{wrong}/hand_over/").status_code in (200, 404)
