"""A transfer can be undone for a few seconds, and is not lost when the page closes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.feed.processes import wait_until


@pytest.fixture
def chat(company, sign_in):
    """Returns Maria's chat with Ana, with the dialog of a transfer to Carla open."""
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


def test_it_is_undone_by_key_or_made_after_the_time(company, chat):
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


def test_it_is_made_at_once_when_the_page_closes(company, chat, sign_in):
    contact, page = chat
    choose(page, "Carla Reis")
    expect(toast(page)).to_contain_text("Vai para Carla Reis em")
    page.goto("about:blank")
    other = sign_in(company.carla)
    expect(other.get_by_role("option", name="Maria Souza")).to_be_visible()
    contact.refresh_from_db()
    assert (contact.operator, contact.area) == (company.carla, company.support)


def test_a_transfer_of_a_crashed_page_is_made_by_the_next_one(company, chat):
    contact, page = chat
    choose(page, "Carla Reis")
    expect(toast(page)).to_contain_text("Vai para Carla Reis em")
    page.context.set_offline(True)  # its last call is not sent
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


def test_the_transfer_dialog_shows_no_length_of_an_invisible_queue(company, sign_in):
    contact = company.customer("Maria Souza", area=company.support)
    company.claim(contact, company.carla)
    company.customer("João Reis")
    page = sign_in(company.carla)
    page.get_by_role("option", name="Maria Souza").click()
    page.locator("#composer").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    sales = page.locator(".pick", has_text="Vendas")
    expect(sales).to_contain_text("ninguém disponível")
    expect(sales).not_to_contain_text("fila")
