"""The rail says how long the first of each queue has waited, and keeps saying it."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from areas.models import OperatorArea
from contacts.models import Contact
from tests import builders


def waiting_since(company, name, minutes, **over):
    contact = company.customer(name, **over)
    since = timezone.now() - timedelta(minutes=minutes, seconds=20)
    Contact.objects.filter(pk=contact.pk).update(queued_at=since)
    return contact


def test_the_longest_wait_of_each_queue_is_shown_and_updated(company, sign_in):
    first = waiting_since(company, "Maria Souza", 42)
    waiting_since(company, "João Reis", 12)
    page = sign_in(company.ana, "/inbox/mine")
    rail = page.get_by_role("navigation", name="Principal", exact=True)
    sales = rail.locator(".tile", has_text="Vendas")
    support = rail.locator(".tile", has_text="Suporte")
    expect(sales.locator(".queue-wait")).to_contain_text("há 42 min")
    expect(sales).to_have_accessible_name(
        re.compile("2 na fila de Vendas *, o mais antigo espera há 42 min")
    )
    expect(support.locator(".queue-wait")).to_have_count(0)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    # Somebody else answers the first, and another comes for the other area.
    company.claim(first, company.bruno)
    expect(sales.locator(".queue-wait")).to_contain_text("há 12 min")
    company.customer("Rita Nunes", area=company.support)
    expect(support.locator(".queue-wait")).to_contain_text("agora")
    assert not [url for url in asked if "/api/chat/list" in url]


def test_who_waits_without_an_area_has_a_queue_while_there_is_somebody(
    company, sign_in
):
    contact = waiting_since(company, "Maria Souza", 7, area=None)
    company.customer("João Reis")
    page = sign_in(company.ana, "/inbox/mine")
    tile = page.locator(".tile", has_text="Sem área")
    expect(tile).to_contain_text("há 7 min")
    tile.click()
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option", name="Maria Souza")).to_be_visible()
    company.claim(contact, company.bruno)
    expect(tile).to_have_count(0)


def test_the_queue_of_an_area_with_a_number_for_a_code(company, sign_in):
    area = builders.make_area(company.manager, "10", name="Balcão")
    OperatorArea.objects.create(
        manager=company.manager, operator=company.ana, area=area
    )
    company.customer("Maria Souza", area=area)
    company.customer("João Reis")
    page = sign_in(company.ana, "/inbox/mine")
    page.locator(".tile", has_text="Balcão").click()
    expect(page.get_by_role("option")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("option", name="Maria Souza")).to_be_visible()
    expect(page.locator(".list .chip").first).to_contain_text("Balcão")


def test_a_phone_has_the_queues_above_the_list(company, sign_in):
    waiting_since(company, "Maria Souza", 42)
    page = sign_in(company.ana, "/inbox/queue", viewport={"width": 320, "height": 640})
    strip = page.locator(".areas-strip")
    sales = strip.get_by_role("link", name=re.compile("Vendas"))
    expect(sales).to_contain_text("há 42 min")
    sales.click()
    expect(page).to_have_url(re.compile("area=vendas"))
    expect(sales).to_have_attribute("aria-current", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
