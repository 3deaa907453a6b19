"""Texts and choices are not lost and do not end up in another chat."""

from __future__ import annotations

import base64
import re

from playwright.sync_api import expect

from tests.console.browser.company import PASSWORD, PNG, asked
from tests.console.browser.conftest import await_live
from tests.feed.processes import wait_until

LATER = "SELECT text FROM chats_scheduled WHERE contact_id = %s"
SENT = "SELECT string_agg(content, '|' ORDER BY id) FROM chats_message WHERE contact_id = %s AND direction = 'out'"
PICTURE = {
    "name": "cardapio.png",
    "mimeType": "image/png",
    "buffer": base64.b64decode(PNG.partition(",")[2]),
}


def test_a_dialog_closes_with_its_chat(company, sign_in):
    """The browser's back button shows another chat, which does not get the input."""
    maria, joao = company.customer("Maria Souza"), company.customer("João Prado")
    for contact in (maria, joao):
        company.claim(contact, company.ana)
    page = sign_in(company.ana)
    dialog, field = page.get_by_role("dialog"), page.locator("#composer")
    for name in ("João Prado", "Maria Souza"):
        page.get_by_role("option", name=name).click()
        expect(page.locator(".chat__name")).to_have_text(name)
    page.get_by_role("button", name="Enviar depois").click()
    dialog.get_by_label("Mensagem").fill("Só para a Maria")
    page.go_back()
    expect(page.locator(".chat__name")).to_have_text("João Prado")
    expect(dialog).to_have_count(0)
    expect(field).to_have_value("")
    page.keyboard.press("k")
    page.go_forward()
    # The text in the dialog is kept as the draft of the answer.
    expect(page.locator(".chat__name")).to_have_text("Maria Souza")
    expect(field).to_have_value("Só para a Maria")
    assert asked(LATER, joao.pk) is None


def test_a_dialog_closes_when_its_chat_is_no_longer_visible(company, sign_in):
    contact = company.customer("Maria Souza", area=company.support)
    company.claim(contact, company.carla)
    page = sign_in(company.carla)
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator("#composer")).to_be_visible()
    page.keyboard.press("t")
    expect(page.get_by_role("dialog")).to_be_visible()
    status, _ = company.ask("PUT", "/api/user/contact/area", contact, area="vendas")
    assert status == 200
    expect(page.get_by_role("heading", name="Você não vê mais")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    # Keys work again.
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile("/inbox/queue"))


def test_the_note_of_a_transfer_is_kept_when_its_dialog_closes(company, sign_in):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator("#composer")).to_be_visible()
    note = page.get_by_role("dialog").get_by_role("textbox")
    page.keyboard.press("t")
    note.fill("Já pagou o sinal")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("t")
    expect(note).to_have_value("Já pagou o sinal")


def test_a_recording_is_never_a_note(company, sign_in):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    page.get_by_role("button", name="Gravar mensagem de voz").click()
    expect(page.locator("#recording-send")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator(".composer--note")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#composer")).to_be_focused()


def test_a_text_too_long_for_a_caption_is_sent_after_the_file(company, sign_in):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    field = page.locator("#composer")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Anexar arquivo").click()
    chosen.value.set_files(PICTURE)
    expect(page.locator(".attached")).to_contain_text("cardapio.png")
    field.fill("a" * 1025)
    page.keyboard.press("Enter")
    wait_until(lambda: asked(SENT, contact.pk) == f"Arquivo em anexo|{'a' * 1025}")
    # A note that is too long is kept.
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    field.fill("b" * 5000)
    expect(page.locator(".composer__hint")).to_have_text("5000 / 4096")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("O texto é longo demais")
    expect(field).to_have_value("b" * 5000)


def test_a_key_retries_a_refused_message(company, sign_in):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator("#composer")).to_be_visible()
    send = re.compile("/api/chat/message/send/operator/")
    refusal = {"success": False, "error": {"code": "invalid", "message": "Não agora."}}
    page.route(send, lambda route: route.fulfill(status=400, json=refusal))
    page.locator("#composer").fill("Bom dia")
    page.keyboard.press("Enter")
    expect(page.locator(".msg__fail")).to_contain_text("Não agora.")
    page.unroute(send)
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+R")
    wait_until(lambda: asked(SENT, contact.pk) == "Bom dia")
    expect(page.locator(".msg__fail")).to_have_count(0)


def test_the_focus_moves_to_the_next_chat_after_closing(company, sign_in):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    page.get_by_role("button", name="Encerrar").click()
    page.get_by_role("dialog").get_by_role("button", name="Encerrar").click()
    expect(page.locator(".dock")).to_contain_text("Encerrada")
    expect(page.get_by_role("log")).to_be_focused()


def test_the_list_only_stands_still_with_pointer_or_focus_in_it(company, sign_in):
    first = company.customer("Maria Souza")
    company.claim(first, company.ana)
    page = sign_in(company.ana)
    options = page.locator(".card")
    expect(options).to_have_count(1)
    fresh = page.locator(".list__new")

    # With the focus in it, new chats wait.
    page.locator("#cards").focus()
    second = company.customer("João Prado")
    company.claim(second, company.ana)
    expect(fresh).to_contain_text("1 nova")
    expect(options).to_have_count(1)
    # While the operator writes, the list moves again, even after a click in it.
    options.first.click()
    page.locator("#composer").click()
    expect(options).to_have_count(2)
    expect(fresh).to_have_count(0)
    third = company.customer("Rita Reis")
    company.claim(third, company.ana)
    expect(options).to_have_count(3)


def test_unread_messages_are_shown_on_every_first_page(company, sign_in):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    company.say(contact, "Alô?")
    page = sign_in(company.ana, "/inbox/queue")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    expect(page.locator("#tab-answered .count")).to_have_text("0")
    page.reload()
    await_live(page)
    expect(page.locator(".rail__item .unread").first).to_contain_text("1")


def test_the_focus_returns_after_menus_and_dialogs(company, sign_in):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    keys, focused = page.keyboard, page.locator(":focus")
    for button in ("#me", "#bell", "#chat-more"):
        page.locator(button).click()
        expect(page.locator("[role=menu] :focus")).to_be_visible()
        keys.press("Escape")
        expect(page.locator(button)).to_be_focused()
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Onde estou conectado").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("#me")).to_be_focused()
    # Outside fields and dialogs, Escape moves the focus to the list.
    keys.press("Escape")
    expect(focused).to_have_attribute("id", "cards")
    # Opening a chat again focuses its text field.
    page.get_by_role("option", name="Maria Souza").click()
    company.act("/api/chat/close", contact, company.ana)
    page.get_by_role("button", name="Reabrir").click()
    expect(page.locator("#composer")).to_be_focused()


def test_what_is_typed_before_the_page_is_drawn_is_not_lost(company, sign_in):
    """A slow machine: sending and the next letter come in the same frame."""
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    field = page.locator("#composer")
    field.fill("Bom dia")
    field.evaluate(
        """field => {
          const options = { key: "Enter", bubbles: true, cancelable: true };
          field.dispatchEvent(new KeyboardEvent("keydown", options));
          field.setRangeText("T", field.value.length, field.value.length, "end");
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }"""
    )
    wait_until(lambda: asked(SENT, contact.pk) == "Bom dia")
    expect(field).to_have_value("T")


def test_a_password_is_changed(company, sign_in):
    page = sign_in(company.ana)
    before = company.ana.user.password
    dialog = page.get_by_role("dialog")
    page.locator("#me").click()
    page.get_by_role("menuitem", name="Trocar senha").click()
    dialog.get_by_label("Senha atual").fill(PASSWORD)
    dialog.get_by_label("Nova senha", exact=True).fill("outra-senha-comprida")
    dialog.get_by_label("Nova senha, de novo").fill("outra-senha")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("As duas senhas novas são diferentes.")
    dialog.get_by_label("Nova senha, de novo").fill("outra-senha-comprida")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Senha trocada")
    # The page stays live.
    company.ana.user.refresh_from_db()
    assert company.ana.user.password != before
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    expect(page.locator(".card")).to_have_count(1)
