"""WCAG 2.2 AA by axe-core, in every state of the page, light and dark."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.console.browser.company import PNG, WAVE

AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="NO AXE: accessibility is NOT TESTED (bin/npm installs it)"
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) =>
    [id, nodes.slice(0, 4).map((one) => [one.html.slice(0, 160), one.failureSummary])]);
}"""


class Checked:
    """A page whose states are checked one by one; all errors are reported at the end."""

    def __init__(self, page):
        self.page, self.found = page, []

    def check(self, state):
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE.read_text())
        self.found += [(state, *one) for one in self.page.evaluate(_RUN, TAGS)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_accessible(company, sign_in, scheme):
    maria = company.customer("Maria Souza", "Olá! https://padaria.example")
    company.say(maria, "o bolo", type="image", base64=PNG)
    company.say(maria, "", type="file", base64=PNG, fileName="pedido.png")
    company.customer("João Prado")
    company.claim(maria, company.ana)
    page = sign_in(company.ana, color_scheme=scheme)
    checked, keys, dialog = Checked(page), page.keyboard, page.get_by_role("dialog")
    page.get_by_role("option", name="Maria Souza").wait_for()
    checked.check("inbox")
    keys.press("2")
    page.get_by_role("option", name="João Prado").click()
    page.locator("#claim").wait_for()
    checked.check("preview")
    keys.press("1")
    page.get_by_role("option", name="Maria Souza").click()
    page.locator("#composer").wait_for()
    page.locator("#composer").press_sequentially("/")
    page.locator("#quick [role=option]").first.wait_for()
    checked.check("quick replies")
    page.locator("#composer").fill("")
    keys.press("Escape")
    for key, state in (("t", "transfer"), ("e", "closing"), ("?", "keys")):
        keys.press(key)
        dialog.wait_for()
        checked.check(state)
        keys.press("Escape")
        expect(dialog).to_have_count(0)
    keys.press("Control+k")
    dialog.wait_for()
    checked.check("palette")
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator("#me").click()
    page.get_by_role("menu").wait_for()
    checked.check("menu")
    keys.press("Escape")
    keys.press("n")
    page.locator(".composer--note").wait_for()
    checked.check("note")
    page.context.set_offline(True)
    page.locator(".status--off").wait_for()
    checked.check("offline")
    page.context.set_offline(False)
    assert checked.found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_is_accessible(company, new_context, scheme):
    page = new_context(color_scheme=scheme).new_page()
    page.goto("/")
    page.locator("input[name=username]").fill("ana")
    page.locator("input[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    checked = Checked(page)
    checked.check("sign-in")
    assert checked.found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_earlier_chats_and_queues_are_accessible(company, sign_in, scheme):
    maria = company.customer("Maria Souza", "Bom dia")
    company.claim(maria, company.ana)
    company.act("/api/chat/close", maria, company.ana, reason="resolvido")
    company.say(maria, "recado", type="audio", base64=WAVE)
    company.claim(maria, company.ana)
    company.customer("João Prado")
    page = sign_in(company.ana, color_scheme=scheme)
    checked = Checked(page)
    page.route(re.compile("/api/chat/file/"), lambda route: route.abort())
    page.get_by_role("option", name="Maria Souza").click()
    page.locator(".earlier").wait_for()
    checked.check("folded")
    page.locator(".earlier").click()
    page.locator(".earlier[aria-expanded=true]").wait_for()
    page.get_by_role("button", name="Ouvir mensagem de voz").click()
    page.locator(".audio--failed").wait_for()
    checked.check("unfolded, and a voice message that could not be loaded")
    page.set_viewport_size({"width": 375, "height": 740})
    checked.check("unfolded on a phone")
    page.goto("/inbox/queue")
    page.locator(".areas-strip").wait_for()
    checked.check("queues on a phone")
    assert checked.found == []
