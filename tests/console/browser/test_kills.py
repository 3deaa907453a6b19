"""kill -9 of the web server and of the feed: the console recovers, nothing is lost."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.browser.company import asked
from tests.console.browser.conftest import await_live
from tests.feed.processes import wait_until


def test_the_console_recovers_after_web_and_feed_are_killed(
    company, sign_in, running_web, running_feed
):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana)
    page.get_by_role("option", name="Maria Souza").click()
    log, field = page.get_by_role("log"), page.locator("#composer")
    field.fill("antes")
    field.press("Enter")
    expect(log).to_contain_text("antes")
    running_web.kill()
    running_feed.kill_server()
    try:
        page.locator(".status--off").wait_for()
        for text in ("um", "dois", "três"):
            field.fill(text)
            field.press("Enter")
            expect(log).to_contain_text(text)
        field.fill("ainda escrevo isto")
    finally:
        running_web.start()
        running_feed.start_server()
    company.say(contact, "enquanto isso")
    expect(log).to_contain_text("enquanto isso")
    sent = (
        "SELECT string_agg(content, ' ' ORDER BY id) FROM chats_message "
        "WHERE contact_id = %s AND direction = 'out'"
    )
    wait_until(lambda: asked(sent, contact.pk) == "antes um dois três")
    expect(field).to_have_value("ainda escrevo isto")
    await_live(page)
