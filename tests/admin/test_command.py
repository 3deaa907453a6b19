"""Ctrl+K finds customers and protocols in addition to the entries of the menu."""

from tests.builders import make_chat, make_contact, make_manager


def found(client, term):
    return client.get("/admin/search/", {"s": term, "extended": "1"}).content.decode()


def test_a_customer_and_a_protocol_are_found(desk, manager, contact):
    chat = make_chat(contact)
    page = found(desk, "souza")
    assert f"/admin/contacts/contact/{contact.pk}/change/" in page
    assert contact.name in page
    page = found(desk, chat.protocol)
    assert f"/admin/chats/chat/{chat.pk}/change/" in page


def test_entries_of_the_menu_are_found(desk):
    assert "/admin/areas/area/" in found(desk, "area")


def test_changes_are_found_at_once(desk, manager):
    assert "Joaquim" not in found(desk, "joaquim")
    make_contact(manager, name="Joaquim Alves")
    assert "Joaquim" in found(desk, "joaquim")


def test_other_managers_rows_are_not_found(desk, contact):
    other = make_contact(make_manager(), name="Maria Oliveira")
    chat = make_chat(other)
    assert "Oliveira" not in found(desk, "oliveira")
    assert chat.protocol not in found(desk, chat.protocol)


def test_hostile_names_and_terms_are_shown_as_text(desk, manager):
    make_contact(manager, name="<script>alert(1)</script> Lima")
    page = found(desk, "lima")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert (
        desk.get("/admin/search/", {"s": "%' OR 1=1 \x00", "extended": 1}).status_code
        < 500
    )


def test_an_operator_finds_nothing(client, ana, contact):
    client.force_login(ana.user)
    answer = client.get("/admin/search/", {"s": "souza", "extended": "1"})
    assert contact.name not in answer.content.decode()
