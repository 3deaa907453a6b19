"""What people write is shown as they wrote it, in lines."""

from __future__ import annotations

from playwright.sync_api import expect

LINES = "Bom dia!\n\n1 - Vendas\n2 - Suporte"


def test_the_lines_of_messages_and_notes_stay(company, sign_in):
    contact = company.customer("Maria Souza", LINES)
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    field, log = page.locator("#composer"), page.get_by_role("log")
    expect(field).to_be_visible()
    field.fill(LINES)
    field.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    field.fill(LINES)
    field.press("Enter")
    for place in (".msg--in .bubble__text", ".msg--out .bubble__text", ".note p"):
        expect(log.locator(place)).to_have_count(1)
        # As it is drawn: where lines are run together, it has spaces for their ends.
        assert log.locator(place).inner_text() == LINES


def test_a_menu_is_above_what_was_just_said(company, sign_in):
    contact = company.customer("Maria Souza", "Bom dia")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator("#composer")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator(".toast")).to_be_visible()
    page.locator("#me").click()
    # A click waits until nothing lies over the place.
    page.get_by_role("menuitem", name="Onde estou conectado").click(timeout=3000)
    expect(page.get_by_role("dialog")).to_be_visible()
