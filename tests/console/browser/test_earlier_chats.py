"""Earlier chats of a contact are one line each, which unfolds them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chats.models import Chat
from tests import builders
from tests.console.browser.conftest import await_live
from tests.feed.processes import wait_until

LONG = 70


@pytest.fixture
def customer(company):
    """A customer with two earlier chats, the second a long one, and an open one."""
    contact = company.customer("Maria Souza", "A primeira conversa")
    company.claim(contact, company.bruno)
    company.act("/api/chat/close", contact, company.bruno, reason="resolvido")
    for number in range(LONG):
        company.say(contact, f"antes {number}")
    company.claim(contact, company.ana)
    company.act("/api/chat/close", contact, company.ana, survey=False)
    company.say(contact, "Bom dia, agora")
    company.claim(contact, company.ana)
    return contact


def opened(page):
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.get_by_role("log")).to_contain_text("Bom dia, agora")
    return page.locator(".earlier")


def scrolled(page):
    return page.locator("#log").evaluate("log => log.scrollTop")


def test_earlier_chats_are_lines_that_tell_what_they_were(company, customer, sign_in):
    first = Chat.objects.filter(contact=customer).earliest("pk")
    page = sign_in(company.ana)
    lines = opened(page)
    expect(lines).to_have_count(2)
    for words in (first.protocol, "Vendas", "Bruno Dias", "Resolvido"):
        expect(lines.first).to_contain_text(words)
    expect(lines.first).to_have_attribute("aria-expanded", "false")
    log = page.get_by_role("log")
    expect(log).not_to_contain_text("A primeira conversa")
    expect(log).not_to_contain_text(f"antes {LONG - 1}")


def test_a_line_unfolds_where_it_is_and_folds_again(company, sign_in):
    contact = company.customer("Maria Souza", None)
    began = timezone.now() - timedelta(days=50)
    for number in range(40):
        at = began + timedelta(days=number)
        ended = at + timedelta(hours=1)
        chat = builders.make_chat(contact, opened_at=at, closed_at=ended)
        for place in range(3):
            text = f"atendimento {number}, mensagem {place}"
            builders.make_message(chat, content=text, created_at=at)
    company.say(contact, "Bom dia, agora")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    lines = opened(page)
    expect(lines).to_have_count(40)
    log = page.get_by_role("log")
    # Of this one nothing has been loaded yet.
    fifth = lines.nth(5)
    fifth.scroll_into_view_if_needed()
    page.locator("#log").evaluate("log => log.scrollBy(0, -60)")
    place = fifth.bounding_box()["y"]
    fifth.click()
    expect(log).to_contain_text("atendimento 5, mensagem 0")
    expect(log).not_to_contain_text("atendimento 4, mensagem")
    expect(log).not_to_contain_text("atendimento 6, mensagem")
    assert abs(fifth.bounding_box()["y"] - place) < 2
    expect(lines).to_have_count(40)
    lines.nth(7).click()
    expect(log).to_contain_text("atendimento 7, mensagem 0")
    assert abs(fifth.bounding_box()["y"] - place) < 2
    fifth.click()
    expect(log).not_to_contain_text("atendimento 5, mensagem")
    expect(log).to_contain_text("atendimento 7, mensagem 0")
    assert abs(fifth.bounding_box()["y"] - place) < 2


def test_the_keyboard_unfolds_and_a_screen_reader_is_not_flooded(
    company, customer, sign_in
):
    page = sign_in(company.ana)
    lines = opened(page)
    log = page.get_by_role("log")
    page.locator("#log").focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(lines.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(lines.nth(1)).to_have_attribute("aria-expanded", "true")
    expect(lines.nth(1)).to_be_focused()
    expect(log).to_contain_text("antes 0")
    expect(log).to_have_attribute("aria-live", "polite")
    # However many there are, they are one stop of Tab.
    expect(page.locator(".earlier[tabindex='0']")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.textContent")
    assert "antes 0" in focused


def test_what_comes_while_an_earlier_chat_is_read_moves_nothing(
    company, customer, sign_in
):
    page = sign_in(company.ana)
    lines = opened(page)
    lines.nth(1).click()
    expect(page.get_by_role("log")).to_contain_text("antes 0")
    page.locator("#log").evaluate("log => log.scrollTo(0, 1200)")
    wait_until(lambda: page.locator(".to-end").count() == 1)
    place = page.locator(".msg", has_text="antes 33").bounding_box()["y"]
    company.say(customer, "Ainda está aí?")
    expect(page.locator(".to-end")).to_contain_text("1 nova")
    assert page.locator(".msg", has_text="antes 33").bounding_box()["y"] == place
    page.locator(".to-end").click()
    expect(page.get_by_role("log")).to_contain_text("Ainda está aí?")


def test_a_chat_that_ends_while_it_is_shown_stays_unfolded(company, customer, sign_in):
    page = sign_in(company.ana)
    opened(page)
    company.act("/api/chat/close", customer, company.ana, survey=False)
    company.say(customer, "Esqueci uma coisa")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Esqueci uma coisa")
    expect(page.locator(".earlier")).to_have_count(3)
    expect(log).to_contain_text("Bom dia, agora")


def test_the_top_of_a_long_chat_brings_the_earlier_ones(company, customer, sign_in):
    for number in range(130):
        company.say(customer, f"depois {number}")
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    log = page.locator("#log")
    expect(log).to_contain_text("depois 129")
    # Nothing is known above the part that is loaded.
    expect(page.locator(".earlier")).to_have_count(0)
    log.focus()

    def is_at_the_top():
        page.keyboard.press("Home")
        page.wait_for_timeout(100)
        return page.locator(".earlier").count() == 2

    wait_until(is_at_the_top)
    expect(page.locator(".msg", has_text="Bom dia, agora")).to_be_attached()
    expect(log).not_to_contain_text("antes 69")


def test_a_link_to_an_earlier_chat_unfolds_it(company, customer, sign_in):
    first = Chat.objects.filter(contact=customer).earliest("pk")
    page = sign_in(company.ana)
    opened(page)
    page.goto(f"/protocol/{first.protocol}")
    await_live(page)
    expect(page.locator(".msg", has_text="A primeira conversa")).to_be_in_viewport()
    expect(page.locator(".earlier").first).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("log")).not_to_contain_text("antes 3")
    expect(page).to_have_url(re.compile("/inbox/"))


def test_on_a_phone_a_line_wraps_and_stays_inside(company, customer, sign_in):
    page = sign_in(company.ana, viewport={"width": 320, "height": 640})
    lines = opened(page)
    box = lines.first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
