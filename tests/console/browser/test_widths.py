"""A phone of 375 px, a page at 200 %, reduced motion: nothing is cut off or moves."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from areas.models import OperatorArea
from tests import builders

# A window of 1280 x 800 at 200 % has half of its width in CSS pixels.
SIZES = {"phone": (375, 740), "zoom": (640, 400)}
_CUT_OFF = """() => {
  const wide = document.documentElement.clientWidth;
  const isClipped = (element) => element.closest(
    ".vh, .skip, [hidden], .clip-text, [aria-hidden=true], .scroll, .tabs, .chips, .areas-strip");
  return [...document.body.querySelectorAll("button, a, input, textarea, p, h1, h2")]
    .filter((element) => element.checkVisibility() && !isClipped(element))
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 0 && (right > wide + 1 || left < -1);
    })
    .map((element) => element.outerHTML.slice(0, 120));
}"""
_SIDEWAYS = (
    "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
)
# Words of the console that go on in another line without a hyphen.
_DIVIDED = r"""() => {
  const divided = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const { parentElement, data } = node;
    if (!parentElement.checkVisibility()) continue;
    if (parentElement.closest(".vh, .skip, .bubble__text, .clip-text, option")) continue;
    for (const { 0: word, index } of data.matchAll(/\p{L}{4,}/gu)) {
      // What follows a soft hyphen begins with the drawn hyphen, in the line before.
      range.setStart(node, index + (data[index - 1] === "\u00AD" ? 1 : 0));
      range.setEnd(node, index + word.length);
      const boxes = [...range.getClientRects()].filter(({ width }) => width > 0.5);
      if (new Set(boxes.map(({ top }) => Math.round(top))).size > 1) divided.push(word);
    }
  }
  return divided;
}"""
# For single animations; the mark of a busy button keeps turning slowly.
_LONGEST_MOTION = """() => Math.max(...[...document.querySelectorAll("*")].flatMap((element) => {
  const { transitionDuration, animationDuration } = getComputedStyle(element);
  return `${transitionDuration},${animationDuration}`.split(",").map(parseFloat);
}))"""


def assert_fits(page, what):
    assert page.evaluate(_SIDEWAYS) <= 0, what
    assert page.evaluate(_CUT_OFF) == [], what
    assert page.evaluate(_DIVIDED) == [], what


def test_where_the_chat_covers_the_list_keys_lead_to_what_they_name(company, sign_in):
    """As at 200 % zoom; a key that finds nothing to focus would let the next ones act."""
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    page = sign_in(company.ana, viewport={"width": 640, "height": 400})
    option = page.get_by_role("option", name="Maria Souza")
    composer, search = page.locator("#composer"), page.locator("#search")

    def open_chat():
        option.click()
        expect(composer).to_be_visible()
        page.locator("#log").focus()

    open_chat()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("ar")
    expect(search).to_have_value("ar")
    page.keyboard.press("Escape")
    expect(search).to_have_value("")
    page.keyboard.press("Escape")
    expect(search).not_to_be_focused()
    expect(page).to_have_url(re.compile("/inbox/mine$"))
    open_chat()
    page.keyboard.press("Shift+F")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    open_chat()
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("#contact$"))
    page.keyboard.press("Escape")
    expect(composer).to_be_visible()
    page.keyboard.press("l")
    expect(page.locator("#add-tag")).to_be_focused()
    page.keyboard.press("Escape")
    composer.click()
    # Out of the field, and then out of the chat.
    page.keyboard.press("Escape")
    expect(page.locator("#log")).to_be_focused()
    page.keyboard.press("Escape")
    expect(option).to_be_visible()


LONG_NAMES = ("Agendamento", "Desenvolvimento institucional", "Responsabilidade social")


@pytest.mark.parametrize("width", [320, 900, 1440])
def test_no_long_word_is_divided_without_a_hyphen(company, sign_in, width):
    for number, name in enumerate(LONG_NAMES):
        area = builders.make_area(company.manager, f"longa{number}", name=name)
        OperatorArea.objects.create(
            manager=company.manager, operator=company.ana, area=area
        )
    contact = company.customer("Maria Souza", area=area)
    company.claim(contact, company.ana)
    company.customer("João Reis", area=area)
    page = sign_in(
        company.ana, "/inbox/queue", viewport={"width": width, "height": 900}
    )
    page.get_by_role("option").wait_for()
    assert_fits(page, "queue")
    page.keyboard.press("Shift+F")
    page.get_by_role("menu").wait_for()
    assert_fits(page, "filters")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.get_by_role("option", name="Maria Souza").click()
    expect(page.locator("#composer")).to_be_visible()
    assert_fits(page, "chat")
    for key in ("t", "e"):
        page.locator("#log").focus()
        page.keyboard.press(key)
        page.get_by_role("dialog").wait_for()
        assert_fits(page, key)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_console_fits(company, sign_in, size):
    width, height = SIZES[size]
    long = "Maria Aparecida do Espírito Santo Albuquerque de Vasconcelos"
    contact = company.customer(long, "palavrasemespaço" * 20)
    company.claim(contact, company.ana)
    page = sign_in(company.ana, viewport={"width": width, "height": height})
    page.get_by_role("option").wait_for()
    assert_fits(page, "list")
    page.get_by_role("option").click()
    expect(page.locator("#composer")).to_be_visible()
    assert_fits(page, "chat")
    page.keyboard.press("t")
    page.get_by_role("dialog").wait_for()
    assert_fits(page, "transfer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").wait_for()
    assert_fits(page, "palette")
    # With reduced motion there is none; the check finds motion without that setting.
    assert page.evaluate(_LONGEST_MOTION) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(_LONGEST_MOTION) > 0


@pytest.mark.parametrize("path", ["/admin/", "/admin/managers/manager/"])
def test_the_back_office_scrolls_within_its_cards(company, new_context, path):
    administrator = builders.make_supervisor()
    administrator.is_superuser = True
    administrator.save()
    for n in range(3):
        builders.make_manager(name=f"Companhia de nome comprido e sem fim {n}")
    client = Client()
    client.force_login(administrator)
    context = new_context(viewport={"width": 375, "height": 740})
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": company.url}])
    page = context.new_page()
    page.goto(path)
    page.get_by_role("main").or_(page.locator("#main")).first.wait_for()
    assert page.evaluate(_SIDEWAYS) <= 0
