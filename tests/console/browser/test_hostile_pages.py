"""Hostile texts in every column, and hostile files: no script runs."""

from __future__ import annotations

import base64
import contextlib
import io
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from PIL import Image
from playwright.sync_api import Error

from chats.models import Attachment
from tests.admin.conftest import make_centre
from tests.console.browser.test_hostile_texts import TEXTS
from tests.counts import count

APPS = ("managers", "areas", "contacts", "chats", "auth", "audit")
# Without these values there is no page, or they contain no text of a person.
KEPT = {
    "password",
    "time_zone",
    "username",
    "sender",
    "codename",
    "app_label",
    "digest",
}
# Pages that are opened; all of them are parsed by the browser.
OPENED = count(4, full=1000)
# Content that a browser would run on our origin.
LIVE = """(page) => {
  const found = new DOMParser().parseFromString(page, "text/html");
  const texts = [];
  for (const one of found.querySelectorAll("*")) {
    if (one.localName === "script" && one.textContent.includes("window.hacked=1")
        && !["application/json"].includes(one.type)) {
      texts.push(one.outerHTML);
    }
    for (const { name, value } of one.attributes) {
      const address = value.replace(/[\\s\\x00-\\x20]/g, "").toLowerCase();
      const runs = /^(javascript|vbscript|data:text)/.test(address);
      if ((name.startsWith("on") && value.includes("hacked"))
          || (runs && ["href", "src", "action", "formaction", "data", "srcdoc"]
            .includes(name))) {
        texts.push(one.outerHTML);
      }
    }
  }
  return texts.map((text) => text.slice(0, 300));
}"""


def text_columns() -> list[tuple[type[models.Model], models.Field[Any, Any]]]:
    """Returns the columns of all tables that contain texts of people."""
    return [
        (model, field)
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not field.primary_key
        and "Encrypted" not in type(field).__name__
        and field.name not in KEPT
    ]


def spoil() -> int:
    """Writes a hostile text into each of these columns if valid; returns how many."""
    spoiled = 0
    for place, (model, field) in enumerate(text_columns()):
        most = field.max_length or 1000
        fitting = [text for text in TEXTS if len(text) + 6 <= most]
        if not fitting:
            continue
        text = fitting[place % len(fitting)]
        table, column = (
            connection.ops.quote_name(name)
            for name in (model._meta.db_table, field.column)
        )
        key = connection.ops.quote_name(model._meta.pk.column)
        # Unique where it has to be.
        write = f"UPDATE {table} SET {column} = %s || right({key}::text, 6)"  # noqa: S608
        with (
            contextlib.suppress(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(write, [text])
            spoiled += cursor.rowcount > 0
    return spoiled


def pages(rows: dict[str, Any]) -> list[str]:
    """Returns the addresses of the back-office: lists, rows, their histories, and more."""
    found = ["/admin/"]
    for model, page in admin.site._registry.items():
        path = f"{model._meta.app_label}/{model._meta.model_name}"
        found.append(f"/admin/{path}/")
        row = rows.get(path) or model._default_manager.first()
        if row is not None:
            found.append(f"/admin/{path}/{row.pk}/change/")
            found.append(f"/admin/{path}/{row.pk}/history/")
        if page.search_fields:
            found.append(f"/admin/{path}/?q=%3Csvg%20onload%3Dwindow.hacked%3D1%3E")
    return found


@pytest.mark.timeout(count(120, full=900))
def test_no_text_runs_as_a_script_in_the_back_office(company, new_context):
    own = make_centre(company.manager, "Sabia")
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    company.say(contact, "", type="image", base64=data_uri(png(), "image/png"))
    chief = User.objects.create_superuser("chefe", password="secret-password")
    client = Client()
    client.force_login(chief)
    assert spoil() > 40
    context = new_context()
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": company.url}])
    page = context.new_page()
    page.goto("/admin/login/")
    every, hostile = pages(own.rows()), 0
    assert len(every) > 60
    assert page.evaluate(LIVE, "<a href=javascript:window.hacked=1>") != []
    for address in every:
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        content = answer.content.decode()
        hostile += "hacked" in content
        assert page.evaluate(LIVE, content) == [], address
    assert hostile > 20
    seen = [one for one in every if one.endswith(("/change/", "/"))]
    for address in seen[:: max(1, len(seen) // OPENED)]:
        page.goto(address)
        assert page.evaluate("window.hacked") is None, address
    print(f"{len(every)} pages, {hostile} of them with hostile texts: nothing ran")  # noqa: T201


SCRIPT = "<script>window.hacked=1;alert(1)</script>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{SCRIPT}</svg>'
PDF = (
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction"
    "<</S/JavaScript/JS(app.alert(1))>>>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]"
    "/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
    "trailer<</Root 1 0 R>>\n%%EOF"
)


def png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "PNG")
    return made.getvalue()


def gif() -> bytes:
    """A picture that is also a page."""
    made = io.BytesIO()
    Image.new("P", (8, 8)).save(made, "GIF", comment=SCRIPT.encode())
    return made.getvalue()


FILES = {
    "page.html": ("text/html", SCRIPT.encode()),
    "photo.jpg.html": ("image/jpeg", SCRIPT.encode()),
    "page.xhtml": (
        "application/xhtml+xml",
        f'<html xmlns="http://www.w3.org/1999/xhtml">{SCRIPT}</html>'.encode(),
    ),
    "drawing.svg": ("image/svg+xml", SVG.encode()),
    "drawing.png": ("image/png", SVG.encode()),
    "feed.xml": (
        "application/xml",
        f'<?xml version="1.0"?><x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>'
        f"alert(1)</h:script>{SVG}</x>".encode(),
    ),
    "note.pdf": ("application/pdf", PDF.encode()),
    "note.txt": ("text/plain", SCRIPT.encode()),
    "script.js": ("text/javascript", b"window.hacked=1;alert(1)"),
    "both.gif": ("image/gif", gif() + SCRIPT.encode()),
    "both.html": ("text/html", gif()),
    "a\r\nContent-Type: text/html\r\n\r\n.png": ("image/png", png()),
    "\u202egnp.lmth": ("text/html", SCRIPT.encode()),
    "page.mht": ("multipart/related", b"MIME-Version: 1.0\r\n\r\n" + SCRIPT.encode()),
    "sheet.xsl": ("text/xsl", b"<xsl:stylesheet/>" + SCRIPT.encode()),
}


def data_uri(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def test_no_file_runs_on_our_origin(company, new_context):
    contact = company.customer("Maria Souza")
    company.claim(contact, company.ana)
    for name, (mime, content) in FILES.items():
        with contextlib.suppress(AssertionError):
            company.say(
                contact,
                "",
                type="file",
                base64=data_uri(content, mime),
                fileName=name,
            )
    uuids = list(Attachment.objects.values_list("uuid", flat=True))
    assert len(uuids) >= 10
    client = Client()
    client.force_login(company.ana.user)
    context = new_context()
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": company.url}])
    downloads: list[Any] = []
    for uuid in uuids:
        page = context.new_page()
        page.on("download", lambda one: downloads.append(one))
        # A download does not navigate.
        with contextlib.suppress(Error):
            page.goto(f"/api/chat/file/{uuid}")
        assert page.evaluate("window.hacked") is None
        page.close()
        headers = context.request.get(f"/api/chat/file/{uuid}").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"] or (
            headers["content-type"] == "application/pdf"
        )
        assert headers["content-type"].partition(";")[0] not in (
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "application/xml",
            "text/xml",
        )
    assert len(downloads) >= 5
