"""The printable page of a transcript, and its link."""

from __future__ import annotations

import json
import time
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.utils import timezone

from areas.models import ClosingReason
from chats.api.viewsets.transcript import PURPOSE
from hci_center.api import links
from tests import builders
from tests.chats.inbox.transcripts import close, note, page, say, transcript

HOSTILE = "</title><script>alert(1)</script>{{ x }}{% y %}\"'\u202e&amp;"


@pytest.fixture
def chat(contact):
    return builders.make_chat(contact, protocol="BR202611200000009")


def test_names_are_escaped(api, anonymous, manager, contact, ana):
    ClosingReason.objects.create(manager=manager, code="x", name=HOSTILE[:60])
    manager.name = ana.name = contact.name = HOSTILE
    for row in (manager, ana, contact):
        row.save()
    chat = builders.make_chat(contact, protocol="BR1")
    say(chat, HOSTILE)
    say(chat, HOSTILE, str(ana.pk))
    say(chat, "link", url=f"javascript:alert(1)//{HOSTILE}")
    note(chat, HOSTILE, author=ana)
    close(chat, reason="x")
    data = transcript(api, chat, notes=True)
    assert data["contact"]["name"] == data["lines"][0]["who"] == HOSTILE
    response = anonymous.get(data["page"].removeprefix("http://testserver"))
    html = response.content.decode()
    assert "<script" not in html
    assert "{{" in html  # as text, because it is not a template
    assert html.count("href") == 0
    assert unescape(html).count(HOSTILE) == 11
    assert response["Content-Security-Policy"] == (
        "sandbox allow-modals allow-popups; default-src 'none'; "
        "style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"


def test_the_page_is_in_the_language_and_zone_of_the_caller_and_manager(
    api, anonymous, manager, chat
):
    manager.time_zone = "America/Manaus"
    manager.save()
    at = timezone.datetime(2026, 11, 20, 2, 30, tzinfo=timezone.get_fixed_timezone(0))
    say(chat, "Olá", "0", auto="away", created_at=at)
    link = transcript(api, chat, headers={"Accept-Language": "pt-BR"})["page"]
    _, html = page(anonymous, link)
    assert 'lang="pt-br"' in html
    assert "Atendimento automático" in html
    assert "19/11/2026 22:30:00" in html


def test_the_link_expires_after_an_hour(api, anonymous, chat, monkeypatch):
    link = transcript(api, chat)["page"]
    now = time.time()
    monkeypatch.setattr(links.time, "time", lambda: now + 3590)
    assert page(anonymous, link)[0] == 200
    monkeypatch.setattr(links.time, "time", lambda: now + 3610)
    assert page(anonymous, link)[0] == 403


def changed(link, **over):
    query = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    return f"{urlsplit(link).path}?{urlencode(query | over)}"


@pytest.mark.parametrize(
    "over",
    [
        {"notes": "1"},
        {"lang": "pt-br"},
        {"lang": "x"},
        {"expires": "99999999999"},
        {"expires": "x"},
        {"expires": ""},
        {"nonce": "x"},
        {"signature": ""},
        {"signature": "AAAA"},
        {"signature": "é"},
    ],
)
def test_a_forged_link_shows_nothing(api, anonymous, chat, over):
    say(chat, "Segredo")
    link = changed(transcript(api, chat)["page"], **over)
    status, html = page(anonymous, link)
    assert status == 403
    assert "Segredo" not in html


def test_a_link_is_for_its_chat_and_purpose(api, anonymous, contact, chat):
    other = builders.make_chat(builders.make_contact(contact.manager))
    link = transcript(api, chat)["page"]
    moved = link.replace(f"/{chat.pk}?", f"/{other.pk}?")
    assert moved != link
    assert page(anonymous, moved)[0] == 403
    foreign = links.signed("file-link", f"{chat.pk}:0:en")
    path = f"/api/chat/transcript/{chat.pk}?notes=0&lang=en&"
    assert page(anonymous, path + foreign)[0] == 403
    own = links.signed(PURPOSE, f"{chat.pk}:0:en")
    assert page(anonymous, path + own)[0] == 200
    assert page(anonymous, path)[0] == 403
    assert page(anonymous, path.replace(str(chat.pk), "9" * 30) + own)[0] in (403, 404)


def test_a_deleted_contact_has_no_page(api, anonymous, contact, chat):
    link = transcript(api, chat)["page"]
    contact.deleted_at = timezone.now()
    contact.save()
    assert page(anonymous, link)[0] == 404


def test_the_page_only_answers_get(api, anonymous, chat):
    link = transcript(api, chat)["page"].removeprefix("http://testserver")
    response = anonymous.post(link, {})
    assert response.status_code == 405
    assert json.loads(response.content)["success"] is False
