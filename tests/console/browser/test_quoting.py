"""An answer quotes a message, chosen by key or by its button."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.browser.company import asked
from tests.feed.processes import wait_until

QUOTED = "SELECT details ->> 'replyTo' FROM chats_message WHERE content = %s"
# Whether the browser has stored the draft.
KEPT = """() => new Promise((done) => {
  const opening = indexedDB.open("hci-console");
  opening.onsuccess = () => {
    const asked = opening.result.transaction("drafts").objectStore("drafts").getAll();
    asked.onsuccess = () => {
      opening.result.close();
      done(asked.result.some(({ text }) => text === "Fazemos, sim!"));
    };
  };
})"""


def test_an_answer_quotes_a_message(company, sign_in):
    contact = company.customer("Maria Souza", "Vocês fazem bolo?")
    company.say(contact, "E entregam?")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    keys = page.keyboard
    page.get_by_role("option", name="Maria Souza").click()
    bar = page.locator(".quoting")
    field = page.locator("#composer")

    # By the keyboard: from the list of messages up to the first one.
    page.get_by_role("log").focus()
    keys.press("ArrowUp")
    expect(page.locator(".msg:focus")).to_contain_text("E entregam?")
    keys.press("ArrowUp")
    keys.press("r")
    expect(bar).to_contain_text("Vocês fazem bolo?")
    expect(field).to_be_focused()

    # Removed by Escape, which leaves the field only then.
    keys.press("Escape")
    expect(bar).to_have_count(0)
    expect(field).to_be_focused()

    # By the pointer; it is kept after a reload, like the draft.
    message = page.locator(".msg", has_text="Vocês fazem bolo?")
    message.hover()
    message.get_by_role("button", name="Responder a esta mensagem").click()
    expect(field).to_be_focused()
    keys.type("Fazemos, sim!")
    wait_until(lambda: page.evaluate(KEPT))
    page.reload()
    expect(bar).to_contain_text("Vocês fazem bolo?")
    expect(field).to_have_value("Fazemos, sim!")
    field.focus()
    keys.press("Enter")
    expect(bar).to_have_count(0)
    sent = page.locator(".msg--out", has_text="Fazemos, sim!")
    expect(sent.locator(".quote")).to_contain_text("Vocês fazem bolo?")
    # Only messages stored by the server can be quoted.
    sent.locator(".msg__reply, .msg__fail").wait_for(state="attached")
    assert page.locator(".msg__fail").all_inner_texts() == []
    first = "SELECT uuid::text FROM chats_message WHERE content = %s"
    assert asked(QUOTED, "Fazemos, sim!") == asked(first, "Vocês fazem bolo?")
