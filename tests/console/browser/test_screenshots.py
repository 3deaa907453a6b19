"""Screenshots of the console's states, light and dark, and their comparison.

`UPDATE_SCREENSHOTS=1 bin/test tests/console/browser/test_screenshots.py` replaces those
of the documentation.
"""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps
from playwright.sync_api import expect

from tests.console.browser import bakery, pictures, thursday
from tests.console.browser.test_back_office import PAGES as BACK_OFFICE
from tests.console.browser.test_report_pages import PAGES as REPORTS
from tests.feed.processes import wait_until

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}
STATES = ("inbox", "template", "queue", "empty", "phone-list", "phone-chat", "offline")
LOCALES = {"pt-BR": "pt-BR", "en": "en-US"}
SCHEMES = ("light", "dark")
# In English the pictures of the documentation; in Portuguese all.
DARK = {("inbox", "en"), *((state, "pt-BR") for state in STATES)}


class Album:
    """Takes one page's screenshots, light and dark, and collects the differences."""

    def __init__(self, page, language, folder):
        self.page, self.language, self.folder = page, language, folder
        self.wrong: list[str] = []

    def take(self, state):
        self.page.mouse.move(0, 0)
        # The day's label is shown while scrolling, and for a moment after.
        expect(self.page.locator(".is-scrolling, .bone")).to_have_count(0)
        for scheme in SCHEMES[: 2 if (state, self.language) in DARK else 1]:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            expect(self.page.locator(f"html[data-theme={scheme}]")).to_be_attached()
            taken = self.page.screenshot(animations="disabled")
            name = f"{state}.{self.language}.{scheme}"
            if wrong := pictures.compare(name, taken, self.folder):
                self.wrong.append(wrong)


def card(page, name):
    return page.get_by_role("option", name=name)


@pytest.mark.parametrize("language", LOCALES)
def test_every_state_looks_unchanged(company, sign_in, tmp_path, language):
    thursday.fill(company)
    page = sign_in(
        company.ana, locale=LOCALES[language], viewport=DESKTOP, clock=bakery.NOW
    )
    album, field = Album(page, language, tmp_path), page.locator("#composer")
    card(page, "Maria Aparecida").click()
    expect(page.get_by_role("log")).to_contain_text("Parabéns, Lúcia")
    page.locator(".photo img").wait_for()
    wait_until(lambda: page.evaluate("document.querySelector('.photo img').complete"))
    album.take("inbox")
    card(page, "Paulo Tavares").click()
    expect(page.locator(".picker__preview")).to_contain_text("encomenda está pronta")
    album.take("template")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    card(page, "Inês Guimarães").click()
    page.locator("#claim").wait_for()
    album.take("queue")
    page.locator(".tile", has_text="Financeiro").click()
    page.locator(".list .blank").wait_for()
    album.take("empty")
    page.keyboard.press("1")
    card(page, "Maria Aparecida").wait_for()
    page.set_viewport_size(PHONE)
    album.take("phone-list")
    card(page, "Maria Aparecida").click()
    field.wait_for()
    album.take("phone-chat")
    page.set_viewport_size(DESKTOP)
    page.context.set_offline(True)
    page.locator(".status--off").wait_for()
    for text in ("Anotado: “Parabéns, Lúcia”.", "Sábado às 9h está reservado."):
        field.fill(text)
        field.press("Enter")
        expect(page.get_by_role("log")).to_contain_text(text)
    album.take("offline")
    assert album.wrong == []


def test_every_committed_picture_is_taken_by_a_test():
    wanted = {f"{state}.pt-BR.{scheme}" for state in STATES for scheme in SCHEMES}
    wanted |= {f"{state}.en.light" for state in STATES} | {"inbox.en.dark"}
    wanted |= {
        f"{name}.{language}.light"
        for name in (*REPORTS, *BACK_OFFICE)
        for language in LOCALES
    }
    files = list(pictures.FOLDER.iterdir())
    assert {one.name for one in files} == {f"{name}.png" for name in wanted}
    assert [one.name for one in files if one.stat().st_size > 150_000] == []


def committed(name):
    return Image.open(pictures.FOLDER / f"{name}.png").convert("RGB")


def painted_over(picture, box):
    """Returns the picture with the box filled with the colour of its corner."""
    broken = picture.copy()
    broken.paste(picture.getpixel(box[:2]), box)
    return broken


# The parts of the desktop's page: left, top, right, bottom.
RAIL, LIST, CHAT = (0, 0, 76, 870), (80, 110, 428, 868), (432, 68, 1124, 868)
CONTACT, HEAD, COMPOSER = (
    (1130, 8, 1430, 868),
    (432, 10, 1124, 62),
    (440, 770, 1116, 862),
)


@pytest.mark.parametrize("part", [RAIL, LIST, CHAT, CONTACT, HEAD, COMPOSER])
@pytest.mark.parametrize("name", ["inbox.pt-BR.light", "inbox.pt-BR.dark"])
def test_a_missing_part_is_found(name, part):
    picture = committed(name)
    assert not pictures.is_same(picture, painted_over(picture, part))


def test_a_broken_layout_is_found():
    picture, dark = committed("inbox.pt-BR.light"), committed("inbox.pt-BR.dark")
    assert not pictures.is_same(picture, dark)
    assert not pictures.is_same(picture, ImageOps.invert(picture))
    assert not pictures.is_same(picture, picture.crop((0, 0, 1440, 880)))
    # The conversation covers the list, or is wider than its column.
    overlapping = picture.copy()
    overlapping.paste(picture.crop(CHAT), (CHAT[0] - 60, CHAT[1]))
    assert not pictures.is_same(picture, overlapping)
    assert not pictures.is_same(picture, ImageChops.offset(picture, 0, 12))
    unstyled = Image.new("RGB", picture.size, "white")
    assert not pictures.is_same(picture, unstyled)


@pytest.mark.parametrize("name", ["inbox.pt-BR.light", "phone-chat.pt-BR.dark"])
def test_other_fonts_are_accepted(name):
    picture = committed(name)
    smoothed = picture.filter(ImageFilter.GaussianBlur(1))
    assert pictures.is_same(picture, smoothed)
    half_a_pixel = Image.blend(picture, ImageChops.offset(picture, 1, 0), 0.5)
    assert pictures.is_same(picture, half_a_pixel)
