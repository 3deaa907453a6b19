"""The back-office in a browser: its scripts, confirmation pages and screenshots."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from managers.models import ApiKey
from tests.builders import make_area, make_manager, make_supervisor
from tests.console.browser import pictures

LOCALES = {"pt-BR": "pt-BR", "en": "en-US"}
# The pages shown in the documentation, besides the reports.
PAGES = ("wall", "impact", "chat-page")
DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture
def open_page(company, new_context):
    """Opens a page as a supervisor, or as another person."""
    supervisor = make_supervisor(company.manager)
    User.objects.filter(pk=supervisor.pk).update(username="helena")

    def opened(place, user=supervisor, **options):
        client = Client()
        client.force_login(user)
        context = new_context(viewport=DESKTOP, **options)
        cookie = client.cookies["sessionid"].value
        context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": company.url}]
        )
        page = context.new_page()
        page.goto(place)
        return page

    return opened


@pytest.fixture
def administrator(company):
    return User.objects.create_superuser("chefe", password="secret-password")


def leave(page, operator):
    """Opens the confirmation page of an operator's deactivation."""
    page.goto(f"/admin/areas/operator/{operator.pk}/change/")
    # The centre of the tests has user names and addresses with blanks.
    page.locator("#id_username").fill("ana.lima")
    page.locator("#id_email").fill("ana.lima@example.com")
    page.locator("#id_is_active").uncheck()
    page.locator("[name=_save]").first.click()
    expect(page.locator(".bo-impact")).to_be_visible()


def test_the_confirmation_page_fits_a_phone(company, open_page):
    company.claim(company.customer("Maria Souza"), company.ana)
    page = open_page("/admin/")
    page.set_viewport_size({"width": 375, "height": 740})
    leave(page, company.ana)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.locator("form .bo-buttons button").first.click()
    expect(page.locator(".bo-impact")).to_have_count(0)
    company.ana.refresh_from_db()
    assert not company.ana.is_active


def test_choosing_a_company_limits_the_areas(company, open_page, administrator):
    other = make_manager(name="Farmácia Sol")
    make_area(other, "balcao", name="Balcão")
    page = open_page("/admin/chats/reply/add/", administrator)
    areas = page.locator("#id_area option:not([hidden])")
    expect(areas.filter(has_text="Balcão")).to_have_count(1)
    page.locator("#id_manager").select_option(str(company.manager.pk))
    expect(areas.filter(has_text="Balcão")).to_have_count(0)
    page.locator("#id_manager").select_option(str(other.pk))
    expect(areas.filter(has_text="Balcão")).to_have_count(1)
    expect(areas).to_have_count(2)


def test_a_button_copies_a_new_key(company, open_page, administrator):
    page = open_page("/admin/managers/apikey/add/", administrator)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#id_name").fill("bot")
    page.locator("#id_all_managers").check()
    page.locator("[name=_save]").first.click()
    page.locator("[data-copy]").click()
    expect(page.locator("[role=status]")).to_have_text("Copiada")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#made-key").inner_text()
    assert re.fullmatch(r"hci_\w{8}_\S+", copied)
    assert ApiKey.objects.get(prefix=copied[4:12]).all_managers


@pytest.mark.parametrize("language", LOCALES)
def test_the_screenshots_are_unchanged(company, open_page, tmp_path, language):
    held = [company.customer(name) for name in ("Maria Souza", "João Prado")]
    company.customer("Rita Lima")
    for contact in held:
        company.claim(contact, company.ana)
    wrong = []

    def take(name, taken):
        wrong.append(pictures.compare(f"{name}.{language}.light", taken, tmp_path))

    page = open_page("/admin/", locale=LOCALES[language])
    expect(page.locator(".bo-waits")).to_contain_text("Rita Lima")
    page.evaluate("document.fonts.ready")
    take("wall", page.locator("#wall-live").screenshot(animations="disabled"))
    leave(page, company.ana)
    take("impact", page.screenshot(animations="disabled"))
    chat = held[0].chats.get()
    page.goto(f"/admin/chats/chat/{chat.pk}/change/")
    page.locator(".bo-act summary").nth(1).click()
    expect(page.locator(".bo-act[open] form")).to_be_visible()
    take("chat-page", page.screenshot(animations="disabled"))
    assert [*filter(None, wrong)] == []


def test_lists_and_their_actions_need_no_script(company, open_page):
    """Filters are beside the list, and a dialog is a page."""
    contact = company.customer("Maria Souza")
    page = open_page("/admin/areas/operator/", java_script_enabled=False)
    page.locator("input[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option("deactivate")
    page.locator("button[name=index]").click()
    expect(page.locator(".bo-impact")).to_be_visible()
    page.goto("/admin/areas/operator/")
    page.locator("#filter-form button[type=submit]").click()
    page.goto(f"/admin/contacts/contact/{contact.pk}/change/")
    page.locator("a[href$='/hand_over/']").first.click()
    page.locator("select[name=operator]").select_option(str(company.ana.pk))
    page.locator("form.bo-panel button[type=submit]").click()
    expect(page).to_have_url(re.compile(f"/contact/{contact.pk}/change/$"))
    contact.refresh_from_db()
    assert contact.operator == company.ana
