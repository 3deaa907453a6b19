"""Without a connection messages are sent later, in order and once; the page catches up."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.console.browser.company import asked
from tests.console.browser.comparing import assert_same
from tests.console.browser.conftest import await_live
from tests.feed.processes import wait_until

# The number of rows of each kind that the browser stores.
KEPT = """kind => new Promise((done, fail) => {
  const opening = indexedDB.open("hci-console");
  opening.onerror = fail;
  opening.onsuccess = () => {
    const counting = opening.result.transaction(kind).objectStore(kind).count();
    counting.onerror = fail;
    counting.onsuccess = () => { opening.result.close(); done(counting.result); };
  };
})"""
HALF_AN_HOUR = 30 * 60 * 1000
SENT = (
    "SELECT string_agg(content, '|' ORDER BY id) FROM chats_message "
    "WHERE contact_id = %s AND direction = 'out'"
)


@pytest.fixture
def chat(company):
    """A chat of Ana's with one message."""
    contact = company.customer("Maria Souza", "Vocês fazem bolo?")
    company.claim(contact, company.ana)
    return contact


def place_of(company, contact):
    return f"/inbox/mine/{company.manager.number}/{contact.external_id}"


def write(page, *texts):
    for text in texts:
        page.locator("#composer").fill(text)
        page.keyboard.press("Enter")


def await_kept(page, kind, count):
    wait_until(lambda: page.evaluate(KEPT, kind) >= count)


def test_the_queue_survives_a_reload(company, chat, sign_in):
    page = sign_in(company.ana, place_of(company, chat), service_workers="allow")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Vocês fazem bolo?")
    page.evaluate("navigator.serviceWorker.ready")
    await_kept(page, "cache", 2)  # the lists, and this conversation

    page.context.set_offline(True)
    write(page, "Fazemos, sim!", "De cenoura e de fubá.", "Qual prefere?")
    page.locator("#composer").fill("Também temos pão")
    expect(log).to_contain_text("Qual prefere?")
    page.reload()

    # The shell comes from the service worker, the rest from what was stored.
    expect(log).to_contain_text("Vocês fazem bolo?")
    for text in ("Fazemos, sim!", "De cenoura e de fubá.", "Qual prefere?"):
        expect(log.get_by_text(text)).to_have_count(1)
    expect(page.locator("#composer")).to_have_value("Também temos pão")
    assert asked(SENT, chat.pk) is None

    page.context.set_offline(False)
    await_live(page)
    wait_until(lambda: (asked(SENT, chat.pk) or "").endswith("Qual prefere?"))
    page.reload()
    await_live(page)
    expect(log.get_by_text("Fazemos, sim!")).to_have_count(1)
    assert asked(SENT, chat.pk) == "Fazemos, sim!|De cenoura e de fubá.|Qual prefere?"


def test_half_an_hour_without_a_connection(company, chat, sign_in, running_feed):
    page = sign_in(company.ana, place_of(company, chat))
    page.clock.install()
    page.reload()
    await_live(page)
    log = page.get_by_role("log")
    expect(log).to_contain_text("Vocês fazem bolo?")

    page.context.set_offline(True)
    expect(page.locator(".status")).to_have_class("status status--off")
    write(page, "Fazemos, sim!")
    page.locator("#composer").fill("E temos")
    company.say(chat, "Alô?")
    company.customer("João Prado", "Bom dia")
    for _ in range(3):
        page.clock.fast_forward(HALF_AN_HOUR // 3)
    # The page can be used all the time.
    expect(log).to_contain_text("Vocês fazem bolo?")
    expect(log.get_by_text("Fazemos, sim!")).to_have_count(1)
    expect(page.locator("#composer")).to_have_value("E temos")

    # Missed messages are counted when the connection is back.
    running_feed.await_quiet()
    page.context.set_offline(False)
    page.clock.fast_forward(20_000)
    # At least two messages, their chats and their contacts have changed.
    expect(page.locator(".status")).to_contain_text(re.compile(r"Atualizado, \d+ muda"))
    wait_until(lambda: asked(SENT, chat.pk) == "Fazemos, sim!")
    expect(log.get_by_text("Alô?")).to_have_count(1)
    expect(page.locator("#composer")).to_have_value("E temos")
    expect(log.locator(".bubble__text")).to_have_text(
        ["Vocês fazem bolo?", "Alô?", "Fazemos, sim!"]
    )
    page.locator("#composer").blur()
    for tab, state in (("2", "waiting"), ("1", "mine")):
        page.keyboard.press(tab)
        assert_same(page, state, str(company.ana.pk))
