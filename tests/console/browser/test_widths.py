"""A phone of 375 px, a page at 200 %, reduced motion: nothing is cut off or moves."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests import builders

# A window of 1280 x 800 at 200 % has half of its width in CSS pixels.
SIZES = {"phone": (375, 740), "zoom": (640, 400)}
_CUT_OFF = """() => {
  const wide = document.documentElement.clientWidth;
  const isClipped = (element) => element.closest(
    ".vh, .skip, [hidden], .clip-text, [aria-hidden=true], .scroll, .tabs, .chips");
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
# For single animations; the mark of a busy button keeps turning slowly.
_LONGEST_MOTION = """() => Math.max(...[...document.querySelectorAll("*")].flatMap((element) => {
  const { transitionDuration, animationDuration } = getComputedStyle(element);
  return `${transitionDuration},${animationDuration}`.split(",").map(parseFloat);
}))"""


def assert_fits(page, what):
    assert page.evaluate(_SIDEWAYS) <= 0, what
    assert page.evaluate(_CUT_OFF) == [], what


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
