"""A transfer can be undone for a few seconds, and is not lost with the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.feed.processes import wait_until


@pytest.fixture
def chat(company, sign_in):
    """Ana answers Maria's chat, and has the dialog of a transfer to Carla open."""
    contact = company.customer("Maria Souza", "Meu forno não liga")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator("#composer")).to_be_visible()
    return contact, page


def choose(page, person):
    page.locator("#composer").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Suporte").first.check()
    dialog.get_by_role("radio", name=person).check()
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)


def toast(page):
    return page.locator(".toast")


def test_it_is_undone_by_key_and_done_when_the_time_is_over(company, chat):
    contact, page = chat
    choose(page, "Carla Reis")
    expect(toast(page)).to_contain_text("Vai para Carla Reis em")
    page.keyboard.press("z")
    expect(toast(page)).to_contain_text("A conversa fica com você")
    contact.refresh_from_db()
    assert (contact.operator, contact.area) == (company.ana, company.sales)

    choose(page, "Carla Reis")
    expect(toast(page)).to_contain_text("Vai para Carla Reis em")
    expect(page.locator(".dock")).to_contain_text("Carla Reis")
    contact.refresh_from_db()
    assert (contact.operator, contact.area) == (company.carla, company.support)


def test_it_is_done_at_once_when_the_page_is_left(company, chat, sign_in):
    contact, page = chat
    choose(page, "Carla Reis")
    expect(toast(page)).to_contain_text("Vai para Carla Reis em")
    page.goto("about:blank")
    other = sign_in(company.carla)
    expect(other.get_by_role("option", name="Maria Souza")).to_be_visible()
    contact.refresh_from_db()
    assert (contact.operator, contact.area) == (company.carla, company.support)


def test_what_a_dead_page_left_is_done_by_the_next(company, chat):
    contact, page = chat
    choose(page, "Carla Reis")
    expect(toast(page)).to_contain_text("Vai para Carla Reis em")
    page.context.set_offline(True)  # its last call does not leave
    other = page.context.new_page()
    page.close()
    page.context.set_offline(False)
    other.goto("/inbox/mine")
    expect(other.locator(".status")).to_contain_text("Conectado")
    expect(other.get_by_role("option", name="Maria Souza")).to_have_count(0)

    def is_hers():
        contact.refresh_from_db()
        return contact.operator == company.carla

    # The list may have been empty because it was still loading.
    wait_until(is_hers)
