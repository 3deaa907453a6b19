"""The console's page, its texts and its manifest."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.utils import translation

from hci_center.console.words import SCRIPTS, scripts, used

PLACES = [
    "/",
    "/inbox/queue",
    "/inbox/mine/551140000000/5511988887777",
    "/inbox/closed/f:123/abc?area=vendas",
    "/protocol/BR202611290000001",
]


@pytest.mark.parametrize("place", PLACES)
def test_all_addresses_serve_the_same_page(client, place):
    answer = client.get(place)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
    assert "no-store" in answer["Cache-Control"]


def test_the_files_that_it_loads_exist(client):
    page = client.get("/").content.decode()
    named = re.findall(r'"/static/([^"]+)"', page)
    assert len(named) > 30
    assert [name for name in named if not finders.find(name)] == []


def test_there_are_no_inline_scripts_or_styles(client):
    page = client.get("/").content.decode()
    assert "<style" not in page
    assert not re.search(r"\son\w+=|\sstyle=", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


@pytest.mark.parametrize(
    ("public_url", "feed"),
    [("", "ws://testserver:8001"), ("https://chat.example", "wss://chat.example")],
)
def test_its_policy_allows_only_its_own_files_and_the_feed(
    client, settings, public_url, feed
):
    settings.PUBLIC_URL, settings.FEED_PORT = public_url, 8001
    policy = client.get("/")["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";") if part)
    assert parts == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "frame-src": "blob:",
        "worker-src": "'self'",
        "img-src": "'self' blob:",
        "media-src": "'self' blob:",
        "connect-src": f"'self' {feed}",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "lit-html service-worker",
    }


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_every_text_of_the_scripts_is_translated(client, language):
    answer = client.get(f"/console/words/{language}.js")
    script = answer.content.decode()
    words = json.loads(script.removeprefix("globalThis.consoleWords = ").rstrip(";\n"))
    ones, plurals = used()
    assert words["language"] == language
    assert set(words["texts"]) == ones | {one for one, _ in plurals}
    catalogue = translation.trans_real.translation(language)
    assert [text for text in ones if text not in catalogue._catalog] == []
    assert all((one, 1) in catalogue._catalog for one, _ in plurals)


def test_texts_of_scripts_are_literals():
    """A concatenated text would have no translation."""
    code = "\n".join(path.read_text() for path in scripts())
    ones, plurals = used()
    assert len(re.findall(r"(?<![.\w])t\(", code)) == len(
        re.findall(r'(?<![.\w])t\(\s*"', code)
    ) + len(re.findall(r"function t\(", code))
    assert ones
    assert plurals


def test_other_languages_are_not_supported(client):
    assert client.get("/console/words/xx.js").status_code == 404


def test_the_manifest_allows_installing_it(client):
    manifest = client.get("/manifest.webmanifest").json()
    assert manifest["start_url"] == manifest["scope"] == "/"
    [icon] = manifest["icons"]
    assert finders.find(icon["src"].removeprefix("/static/"))


def test_no_script_is_long():
    long = {p.name: p.read_text().count("\n") for p in SCRIPTS.rglob("*.js")}
    assert {name: lines for name, lines in long.items() if lines > 300} == {}
