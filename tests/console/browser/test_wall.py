"""The wall of the back-office follows the feed without polling."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from areas.models import Area
from tests.builders import make_supervisor


@pytest.fixture
def wall(company, new_context, running_web):
    """Returns the first page as a supervisor, live, with the requests that it made."""
    client = Client()
    client.force_login(make_supervisor(company.manager))
    context = new_context()
    cookie = client.cookies["sessionid"].value
    context.add_cookies(
        [{"name": "sessionid", "value": cookie, "url": running_web.url}]
    )
    page = context.new_page()
    page.asked = []
    page.on("request", lambda each: page.asked.append(each.url))
    with page.expect_response("**/admin/live/"):
        page.goto("/admin/")
    return page


def waiting(page):
    return page.locator("#wall-live a[href*='state=waiting'] .bo-number").first


def test_a_new_customer_is_counted_at_once(company, wall, running_feed):
    expect(waiting(wall)).to_have_text("0")
    expect(wall.locator("#wall-today svg")).to_be_visible()
    contact = company.customer("Maria Souza")
    expect(waiting(wall)).to_have_text("1")
    expect(wall.locator(".bo-waits")).to_contain_text("Maria Souza")
    company.claim(contact, company.ana)
    expect(waiting(wall)).to_have_text("0")
    expect(wall.locator("#wall-live")).to_contain_text(company.ana.name)

    # Without changes no request is made as time passes.
    running_feed.await_quiet()
    wall.clock.install()
    wall.asked.clear()
    wall.clock.run_for(30_000)
    assert [url for url in wall.asked if "/admin/live/" in url] == []


def test_without_the_feed_it_shows_that_and_reloads_once_when_it_is_back(
    company, wall, running_feed
):
    running_feed.kill_server()
    bar = wall.locator("#wall-bar")
    expect(bar).to_contain_text(re.compile(r"Sem ligação ao vivo desde \d\d:\d\d"))
    company.customer("João Prado")
    expect(waiting(wall)).to_have_text("0")
    bar.get_by_role("button").click()
    expect(waiting(wall)).to_have_text("1")
    company.customer("Rita Lima")
    running_feed.start_server()
    expect(waiting(wall)).to_have_text("2")
    expect(bar).to_be_hidden()


def test_a_user_who_loses_the_permission_sees_nothing(company, wall):
    company.customer("Maria Souza")
    expect(wall.locator(".bo-waits")).to_contain_text("Maria Souza")
    wall.context.clear_cookies()
    Area.objects.filter(manager=company.manager).first().save()
    company.customer("João Prado")
    expect(wall.locator("#wall-live")).to_be_empty()
    expect(wall.locator("#wall-bar")).to_contain_text("Sua sessão terminou.")
