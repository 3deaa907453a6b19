"""Messages are shown with their line breaks, files and places."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from chats.models import Message
from tests.console.browser.company import PNG, WAVE

LINES = "Bom dia!\n\n1 - Vendas\n2 - Suporte"


def test_line_breaks_of_messages_and_notes_are_kept(company, sign_in):
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


def test_a_menu_is_above_the_newest_message(company, sign_in):
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


def test_a_location_is_shown_as_its_text(company, sign_in):
    """Its gateway gives it a type and no file."""
    said = "Padaria Estrela, Rua das Flores 12\nhttps://maps.example/?q=-23.5,-46.6"
    contact = company.customer("Maria Souza", "Onde fica?")
    Message.objects.filter(contact=contact).update(type="location", content=said)
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    text = page.get_by_role("log").locator(".msg--in .bubble__text")
    expect(text).to_have_text(said.replace("\n", " "))
    expect(text.get_by_role("link")).to_have_attribute(
        "href", "https://maps.example/?q=-23.5,-46.6"
    )
    expect(page.locator(".file")).to_have_count(0)


def test_loading_a_picture_is_retried(company, sign_in):
    contact = company.customer("Maria Souza", None)
    company.say(contact, "o bolo", type="image", base64=PNG)
    company.claim(contact, company.ana)
    page = sign_in(company.ana, "/inbox/queue")
    files = re.compile("/api/chat/file/")
    page.route(files, lambda route: route.abort())
    page.keyboard.press("1")
    page.get_by_role("option", name="Maria Souza").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("A foto não baixou")
    page.unroute(files)
    log.get_by_role("button", name="Tentar de novo").click()
    expect(log.get_by_role("img", name="o bolo")).to_be_visible()
    expect(log).not_to_contain_text("A foto não baixou")


def test_loading_a_voice_message_is_retried(company, sign_in):
    contact = company.customer("Maria Souza", None)
    company.say(contact, "recado", type="audio", base64=WAVE)
    company.claim(contact, company.ana)
    page = sign_in(company.ana, "/inbox/mine")
    files = re.compile("/api/chat/file/")
    page.route(files, lambda route: route.fulfill(status=503))
    page.get_by_role("option", name="Maria Souza").click()
    log = page.get_by_role("log")
    play = log.get_by_role("button", name="Ouvir mensagem de voz")
    play.focus()
    page.keyboard.press("Enter")
    expect(log.get_by_role("alert")).to_contain_text("A mensagem de voz não baixou")
    again = log.get_by_role("button", name="Tentar de novo")
    expect(again).to_be_focused()
    save = log.get_by_role("link", name="Baixar")
    expect(save).to_have_attribute("href", files)
    # The second attempt fails, too.
    page.keyboard.press("Enter")
    expect(again).to_be_focused()
    expect(log.get_by_role("alert")).to_be_visible()
    page.unroute(files)
    page.keyboard.press("Enter")
    expect(log.get_by_role("alert")).to_have_count(0)
    expect(log.locator(".audio__time")).to_contain_text("/ 0:01")


def test_loading_a_video_is_retried(company, sign_in):
    contact = company.customer("Maria Souza", None)
    company.say(contact, "a festa", type="video", base64=PNG)
    Message.objects.filter(contact=contact).update(type="video")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("O vídeo não baixou")
    expect(log.get_by_role("link", name="Baixar")).to_be_visible()
    log.get_by_role("button", name="Tentar de novo").click()
    expect(log).to_contain_text("O vídeo não baixou")


def test_the_files_of_a_contact_are_listed(company, sign_in):
    contact = company.customer("Maria Souza", None)
    for number in range(5):
        company.say(contact, f"foto {number}", type="image", base64=PNG)
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    thumbs = page.locator(".thumb")
    expect(thumbs).to_have_count(4)
    page.get_by_role("button", name="Mostrar mais 2").click()
    expect(thumbs).to_have_count(5)
    company.say(contact, "mais uma", type="image", base64=PNG)
    expect(thumbs).to_have_count(6)
    thumbs.first.click()
    expect(page.get_by_role("dialog").locator(".viewer__image")).to_be_visible()
