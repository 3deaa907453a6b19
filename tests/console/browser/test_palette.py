"""Ctrl+K finds chats, actions, quick replies and pages."""

from __future__ import annotations

from playwright.sync_api import expect


def test_the_palette_is_grouped(company, sign_in):
    maria = company.customer("Maria Souza", "Bom dia")
    company.customer("Márcio Dias", "Oi")
    company.claim(maria, company.ana)
    page = sign_in(company.ana)
    keys = page.keyboard
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator("#composer")).to_be_visible()

    keys.press("Control+k")
    palette = page.get_by_role("dialog")
    expect(palette.get_by_role("group", name="Nesta conversa")).to_be_visible()
    keys.type("agu")
    replies = palette.get_by_role("group", name="Respostas rápidas")
    expect(replies).to_contain_text("Só um instante, Maria")
    expect(replies.locator(".is-active")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator("#composer")).to_have_value(
        "Só um instante, Maria, já estou verificando."
    )
    expect(page.locator("#composer")).to_be_focused()

    # Without accents, with what the server finds.
    keys.press("Control+k")
    expect(palette.get_by_role("combobox")).to_be_focused()
    keys.type("marcio")
    chats = palette.get_by_role("group", name="Conversas")
    expect(chats.locator("mark")).to_have_text("Márcio")
    keys.press("Enter")
    expect(page.locator(".chat__name")).to_have_text("Márcio Dias")

    # Recent chats are listed before typing.
    keys.press("Control+k")
    recent = palette.get_by_role("group", name="Conversas recentes")
    expect(recent).to_contain_text("Maria Souza")
    keys.type("bolo")
    keys.press("Control+Enter")
    page.wait_for_url("**/inbox/search?text=bolo&words=1")


def test_keys_right_after_escape_do_nothing(company, sign_in):
    company.customer("Maria Souza", "Bom dia")
    page = sign_in(company.ana)
    page.keyboard.press("Control+k")
    field = page.get_by_role("dialog").get_by_role("combobox")
    expect(field).to_be_focused()
    # Before the next frame, in which the field goes; an error fails the test.
    field.evaluate(
        """field => ["Escape", "ArrowDown"].forEach((key) =>
          field.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true})))"""
    )
    expect(page.get_by_role("dialog")).to_have_count(0)
