"""A PDF file opens in a dialog, in the browser's own viewer."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser.conftest import WHOLE, first_of, launched
from tests.feed.processes import wait_until

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R
/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F1 24 Tf 40 100 Td (Pedido 88412) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
"""


@pytest.fixture(scope="module")
def browser(playwright_and_loop: Any) -> Iterator[Browser]:
    """A whole browser: the shell has no viewer."""
    path = first_of(*WHOLE)
    if path is None:
        pytest.skip("NO CHROMIUM: the viewer of PDF files is NOT TESTED")
    yield from launched(path, *playwright_and_loop)


def test_a_pdf_is_shown_in_the_page(company, sign_in):
    contact = company.customer("Maria Souza", None)
    content = "data:application/pdf;base64," + base64.b64encode(PDF).decode()
    company.say(contact, "", type="pdf", base64=content, fileName="pedido.pdf")
    page = sign_in(company.ana, "/inbox/queue")
    page.get_by_role("option", name="Maria Souza").click()
    file = page.get_by_role("link", name="Abrir pedido.pdf")
    file.click()
    viewer = page.get_by_role("dialog", name="pedido.pdf")
    frame = viewer.locator("iframe")
    expect(frame).to_have_attribute("src", re.compile("^blob:"))
    shown = frame.element_handle().content_frame()
    # The browser's viewer is there, not the page of a refused frame.
    wait_until(lambda: shown.evaluate("document.contentType === 'application/pdf'"))
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(file).to_be_focused()
