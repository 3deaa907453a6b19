"""A whole shift with only the keyboard."""

from __future__ import annotations

import base64

from playwright.sync_api import expect

from chats.models import Attachment
from tests.console.browser.company import PASSWORD, PNG, asked
from tests.console.browser.conftest import await_live


def attach(page, caption):
    """Chooses a file by its key, and sends it with a caption."""
    picture = base64.b64decode(PNG.partition(",")[2])
    file = {"name": "cardapio.png", "mimeType": "image/png", "buffer": picture}
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Control+o")
    chosen.value.set_files(file)
    expect(page.locator(".attached")).to_contain_text("cardapio.png")
    expect(page.locator("#composer")).to_be_focused()
    page.keyboard.type(caption)
    page.keyboard.press("Enter")
    expect(page.locator(".attached")).to_have_count(0)


def record(page):
    """Goes from the field to the microphone, speaks for a second, and sends it."""
    microphone = page.get_by_role("button", name="Gravar mensagem de voz")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(microphone).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#recording-send")).to_be_focused()
    expect(page.get_by_role("timer")).to_have_text("0:01")
    page.keyboard.press("Enter")


def test_a_shift_with_only_the_keyboard(company, new_context):
    first = company.customer("Maria Souza", "Vocês fazem bolo?")
    second = company.customer("João Prado", "Bom dia")
    page = new_context().new_page()
    # Playwright takes the dialog from its first listener on, and needs a moment for it.
    page.on("filechooser", lambda chooser: None)
    keys = page.keyboard
    page.goto("/")
    expect(page.locator("input[name=username]")).to_be_focused()
    keys.type(company.ana.user.username)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    await_live(page)

    # The queue: the longest wait is first.
    keys.press("2")
    expect(page.locator(".card")).to_have_count(2)
    keys.press("j")
    expect(page.locator(".chat__name")).to_have_text("Maria Souza")
    keys.press("a")
    expect(page.locator("#composer")).to_be_focused()
    log = page.get_by_role("log")
    keys.type("Fazemos, sim!")
    keys.press("Enter")
    expect(log).to_contain_text("Fazemos, sim!")
    expect(page.locator("#composer")).to_have_value("")

    # A quick reply, shown as it will be sent.
    keys.type("/agu")
    expect(page.locator("#quick")).to_contain_text("Só um instante, Maria")
    keys.press("Enter")
    expect(page.locator("#composer")).to_have_value(
        "Só um instante, Maria, já estou verificando."
    )
    keys.press("Enter")
    expect(log).to_contain_text("já estou verificando")

    attach(page, "O cardápio está aqui")
    expect(log.get_by_role("img", name="O cardápio está aqui")).to_be_visible()
    record(page)
    expect(log.get_by_role("button", name="Ouvir")).to_be_visible()
    expect(page.locator("#composer")).to_be_focused()

    # A note, by its key outside the field.
    keys.press("Escape")
    keys.press("n")
    expect(page.locator("#composer")).to_be_focused()
    keys.type("Cliente antiga")
    keys.press("Enter")
    expect(log).to_contain_text("Cliente antiga")

    # Closing, with an outcome.
    keys.press("Escape")
    keys.press("e")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("radio", name="Resolvido").focus()
    keys.press("Space")
    keys.press("Control+Enter")
    expect(page.locator(".dock")).to_contain_text("Encerrad")
    expect(dialog).to_have_count(0)

    # The other chat is moved to another area, with a note.
    keys.press("2")
    expect(page.locator(".card:not(.is-gone)")).to_have_count(1)
    keys.press("j")
    expect(page.locator(".chat__name")).to_have_text("João Prado")
    keys.press("a")
    expect(page.locator("#composer")).to_be_focused()
    keys.press("Escape")
    keys.press("t")
    dialog.get_by_role("radio", name="Suporte").focus()
    keys.press("Space")
    dialog.get_by_role("textbox").focus()
    keys.type("Forno não liga")
    keys.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Vai para a fila de Suporte em")
    expect(page.locator(".dock")).to_contain_text("Prévia")

    said = asked(
        "SELECT string_agg(content, '|' ORDER BY id) FROM chats_message "
        "WHERE contact_id = %s AND direction = 'out'",
        first.pk,
    )
    assert said == (
        "Fazemos, sim!|Só um instante, Maria, já estou verificando.|"
        "Arquivo em anexo|Arquivo em anexo"
    )
    picture, voice = Attachment.objects.filter(
        message__contact=first, message__direction="out"
    ).order_by("message")
    assert (picture.mime, picture.message.type) == ("image/png", "image")
    assert picture.message.details["caption"] == "O cardápio está aqui"
    assert (voice.message.type, voice.is_voice, voice.size > 1000) == (
        "audio",
        True,
        True,
    )
    notes = (
        "SELECT text FROM chats_note JOIN chats_chat ON chats_chat.id = chat_id "
        "WHERE chats_chat.contact_id = %s"
    )
    assert asked(notes, first.pk) == "Cliente antiga"
    assert asked(notes, second.pk) == "Forno não liga"
    assert asked("SELECT closed_at FROM chats_chat WHERE contact_id = %s", first.pk)
    second.refresh_from_db()
    assert (second.area, second.operator) == (company.support, None)
