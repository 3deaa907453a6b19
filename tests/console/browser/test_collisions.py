"""Several operators and other programs act on the same chats."""

from __future__ import annotations

import signal

from playwright.sync_api import expect

from tests.console.browser.company import asked, execute


def card(page, name):
    return page.get_by_role("option", name=name)


def test_two_browsers_claim_one_chat(company, sign_in, running_feed):
    company.customer("Maria Souza")
    company.customer("João Prado", "Quero um bolo")
    ana, bruno = (sign_in(one, "/inbox/queue") for one in (company.ana, company.bruno))
    for page in (ana, bruno):
        card(page, "Maria Souza").click()
        page.locator("#claim").wait_for()
    # Bruno claims before the event can have reached him.
    running_feed.server.send_signal(signal.SIGSTOP)
    try:
        ana.keyboard.press("a")
        expect(ana.locator("#composer")).to_be_focused()
        bruno.keyboard.press("a")
        expect(bruno.locator(".dock")).to_contain_text("Ana Lima atendeu há")
    finally:
        running_feed.server.send_signal(signal.SIGCONT)
    expect(bruno.locator(".dock")).to_contain_text("João Prado")
    bruno.keyboard.press("a")
    expect(bruno.locator("#composer")).to_be_focused()
    expect(bruno.locator(".chat__name")).to_have_text("João Prado")


def test_a_preview_does_not_mark_messages_as_read(company, sign_in):
    contact = company.customer("Maria Souza")
    company.say(contact, "Tem alguém aí?")
    page = sign_in(company.ana, "/inbox/queue")
    card(page, "Maria Souza").click()
    expect(page.get_by_role("log")).to_contain_text("Tem alguém aí?")
    company.say(contact, "Alô?")
    expect(page.get_by_role("log")).to_contain_text("Alô?")
    expect(page.locator(".card .unread")).to_contain_text("3")
    question = "SELECT unread FROM contacts_contact WHERE id = %s"
    assert asked(question, contact.pk) == 3
    page.keyboard.press("a")
    expect(page.locator("#composer")).to_be_focused()
    expect(page.locator(".card .unread")).to_have_count(0)
    assert asked(question, contact.pk) == 0


def test_changes_by_sql_are_shown(company, sign_in):
    contact = company.customer("Maria Souza", "Bom dia")
    page = sign_in(company.ana, "/inbox/queue")
    card(page, "Maria Souza").click()
    expect(page.locator(".chat__name")).to_have_text("Maria Souza")
    execute(
        "UPDATE contacts_contact SET name = 'Maria Clara' WHERE id = %s", contact.pk
    )
    expect(page.locator(".chat__name")).to_have_text("Maria Clara")
    expect(card(page, "Maria Clara")).to_be_visible()
    execute(
        "UPDATE chats_message SET content = 'Boa tarde' WHERE contact_id = %s",
        contact.pk,
    )
    expect(page.get_by_role("log")).to_contain_text("Boa tarde")
    expect(page.get_by_role("log")).not_to_contain_text("Bom dia")
