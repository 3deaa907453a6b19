"""Searches: words typed with pauses, an old message, an earlier chat."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from chats.inbox.words import index_words
from chats.models import Chat, Message
from tests import builders
from tests.console.browser.conftest import await_live
from tests.feed.processes import wait_until


def test_a_search_with_pauses_while_typing(company, sign_in):
    company.customer("Ana Souza")
    page = sign_in(company.ana, "/inbox/queue")
    field = page.locator("#search")
    field.press_sequentially("ana ")
    expect(page).to_have_url(re.compile("/inbox/search"))
    expect(page.get_by_role("option")).to_have_count(1)
    field.press_sequentially("souza")
    expect(field).to_have_value("ana souza")
    expect(page.get_by_role("option", name="Ana Souza")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("/inbox/queue"))
    expect(field).to_have_value("")


def test_a_search_by_words_shows_the_message(company, sign_in, running_feed):
    contact = company.customer("Maria Souza", "Quero um panetone recheado")
    for number in range(130):
        company.say(contact, f"mensagem {number}")
    running_feed.await_quiet()
    while index_words():
        pass
    company.claim(contact, company.ana)
    page = sign_in(company.ana, "/inbox/search?text=panetone&words=1")
    page.get_by_role("option", name="Maria Souza").click()
    found = page.locator(".msg.is-found")
    expect(found).to_contain_text("panetone recheado")
    expect(found).to_be_in_viewport()


def test_an_earlier_chat_is_shown_from_its_start(company, sign_in):
    contact = company.customer("Maria Souza", "A primeira conversa")
    for number in range(70):
        company.say(contact, f"antes {number}")
    company.act("/api/chat/close", contact, company.ana)
    earlier = Chat.objects.get(contact=contact)
    for number in range(70):
        company.say(contact, f"depois {number}")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.get_by_role("log")).to_contain_text("depois 69")
    page.get_by_role("link", name=earlier.protocol).click()
    first = page.locator(".msg", has_text="A primeira conversa")
    expect(first).to_be_in_viewport()
    # The address of the protocol leads to the same place.
    page.goto(f"/protocol/{earlier.protocol}")
    await_live(page)
    expect(first).to_be_in_viewport()


def test_a_quote_links_to_a_message_that_is_not_loaded(company, sign_in):
    contact = company.customer("Maria Souza", "Quanto custa o bolo?")
    company.claim(contact, company.ana)
    first = Message.objects.get(contact=contact)
    for number in range(70):
        company.say(contact, f"mensagem {number}")
    body = {
        "operatorId": str(company.ana.pk),
        "contactNumber": int(contact.external_id),
        "content2": "Oitenta reais",
        "replyTo": str(first.uuid),
    }
    port = company.manager.controller_port
    company.call("POST", f"/api/chat/message/send/operator/{port}", body)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    quote = page.get_by_role("log").locator(".quote")
    expect(quote).to_contain_text("não está carregada")
    quote.click()
    found = page.locator(".msg.is-found")
    expect(found).to_contain_text("Quanto custa o bolo?")
    expect(found).to_be_in_viewport()


def test_a_search_from_the_foot_of_a_long_list_shows_what_it_finds(company, sign_in):
    for number in range(80):
        contact = builders.make_contact(
            company.manager, name=f"Cliente {number:02}", area=company.sales
        )
        builders.make_message(builders.make_chat(contact))
    page = sign_in(company.ana, "/inbox/queue")
    cards = page.locator("#cards")
    expect(page.locator(".card").first).to_be_visible()
    last = page.locator(".card", has_text="Cliente 79")

    def is_at_its_foot():
        cards.evaluate("element => element.scrollTo(0, element.scrollHeight)")
        page.wait_for_timeout(100)
        return last.count() == 1

    wait_until(is_at_its_foot)
    page.locator("#search").press_sequentially("cliente 0")
    expect(page.locator(".card", has_text="Cliente 03")).to_be_in_viewport()
    # After the search the list is at the same position.
    page.keyboard.press("Escape")
    expect(last).to_be_in_viewport()
