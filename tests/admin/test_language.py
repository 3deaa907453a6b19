"""The language is chosen in the interface; titles and actions are described correctly."""

import re

import pytest
from django.test import Client

from tests.admin.conftest import sign_in_to_admin

CHOOSE = "/admin/language/setlang/"


def test_the_language_is_chosen_for_a_year_in_back_office_and_console(supervisor):
    client = sign_in_to_admin(supervisor)
    shown = client.get("/admin/", headers={"Accept-Language": "pt-BR"})
    assert f'action="{CHOOSE}"' in shown.content.decode()
    chosen = {"language": "en", "next": "/admin/"}
    answer = client.post(CHOOSE, chosen, headers={"Accept-Language": "pt-BR"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    cookie = client.cookies["django_language"]
    assert (cookie.value, cookie["max-age"]) == ("en", 365 * 24 * 60 * 60)
    for page in ("/admin/", "/inbox/mine"):
        shown = client.get(page, headers={"Accept-Language": "pt-BR"}).content.decode()
        assert '<html lang="en"' in shown


def test_no_other_site_chooses_the_language(supervisor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(supervisor)
    assert client.post(CHOOSE, {"language": "en"}).status_code == 403


@pytest.mark.parametrize(
    "sent", [{"language": "xx"}, {"language": "en", "next": "https://evil.example/"}]
)
def test_a_wrong_choice_leads_nowhere_else(supervisor, sent):
    answer = sign_in_to_admin(supervisor).post(CHOOSE, sent)
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    "page", ["contacts/contact", "chats/chat", "areas/area", "managers/manager"]
)
def test_no_title_repeats_itself(desk, own, page):
    shown = desk.get(f"/admin/{page}/").content.decode()
    header = re.sub(r"<[^>]+>", "\n", shown.split("<h1", 1)[1].split("</h1>", 1)[0])
    parts = [
        part.strip()
        for part in header.split("\n")
        if part.strip() and part.strip() != ">"
    ]
    assert len(set(parts)) == len(parts)


def test_recent_actions_name_the_change(desk, own):
    path = f"/admin/contacts/tag/{own.tag.pk}/change/"
    form = {"code": own.tag.code, "name": "Outro", "colour": "#112233"}
    desk.post(path, form)
    shown = desk.get("/admin/").content.decode()
    recent = shown.split('id="recent-actions-module"')[1]
    assert "Changed" in recent


def test_the_ledger_links_to_the_chats_record(desk, own):
    shown = desk.get("/admin/chats/chatevent/").content.decode()
    assert f'href="/admin/chats/chat/{own.chat.pk}/history/"' in shown
