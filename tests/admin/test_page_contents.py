"""No page contains a secret or loads anything from other servers."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.staticfiles import finders
from django.test import Client

from chats.models import Delivery, Message
from managers.models import ApiKey, Manager
from tests.admin.conftest import NO_REASONS, make_centre
from tests.builders import make_key, make_message

CANARY = "canary-7f3a9c"
PAGES = [
    "managers/manager",
    "areas/area",
    "areas/operator",
    "areas/policy",
    "areas/holiday",
    "chats/reply",
    "contacts/tag",
    "areas/closingreason",
    "areas/transferreason",
    "contacts/contact",
    "chats/chat",
    "chats/message",
    "chats/chatevent",
]
LOADED = re.compile(r"""(?:src|href|action|hx-get|hx-post)\s*=\s*["']([^"']*)["']""")


@pytest.fixture
def addresses(own):
    """Returns the addresses of all pages that answer GET."""
    Manager.objects.filter(pk=own.manager.pk).update(
        facebook_token=f"{CANARY}-token", gateway_settings=f'{{"k": "{CANARY}"}}'
    )
    sent = make_message(own.chat, direction="out", sender="1", status="wait")
    Delivery.objects.create(
        message=sent,
        manager=own.manager,
        contact=own.contact,
        token=f"{CANARY}-delivery",
    )
    make_key(own.manager)
    rows = own.rows() | {"managers/apikey": ApiKey.objects.get()}
    found = ["/admin/", "/admin/password_change/"]
    for page, row in rows.items():
        found += [f"/admin/{page}/", f"/admin/{page}/?q=a"]
        views = ("change", "history", "delete")
        found += [f"/admin/{page}/{row.pk}/{view}/" for view in views]
    found += [f"/admin/{page}/add/" for page in rows]
    for button in ("hand_over", "change_area", "close", "delete_contact"):
        found.append(f"/admin/contacts/contact/{own.contact.pk}/{button}/")
    return [*found, "/admin/auth/user/", "/admin/auth/user/add/"]


def test_no_page_contains_a_secret_or_loads_from_other_servers(desk, office, addresses):
    digest = ApiKey.objects.get().digest
    answers = [Client().get("/admin/login/")]
    answers += [client.get(each) for client in (desk, office) for each in addresses]
    assert sum(answer.status_code == 200 for answer in answers) > len(addresses)
    for answer in answers:
        page = answer.content.decode()
        address = answer.request["PATH_INFO"]
        assert CANARY not in page, address
        assert digest not in page, address
        for loaded in LOADED.findall(page):
            loaded = loaded.removeprefix("http://testserver")
            assert not re.match(r"(?i)\s*(https?:|//)", loaded), (address, loaded)
        assert not re.search(r"(?i)@import|url\(\s*['\"]?(https?:|//)", page), address


def test_no_secret_is_in_the_log_of_changes(desk, own, addresses):
    desk.post(
        f"/admin/managers/manager/{own.manager.pk}/change/",
        {
            "name": "New name",
            "number": own.manager.number,
            "controller_port": own.manager.controller_port,
            "facebook_id": own.manager.facebook_id,
            "time_zone": "America/Sao_Paulo",
            "new_facebook_token": f"{CANARY}-new",
            **NO_REASONS,
        },
    )
    assert Manager.objects.get().facebook_token == f"{CANARY}-new"
    entry = LogEntry.objects.get()
    assert CANARY not in entry.change_message + entry.object_repr


def test_the_files_that_pages_load_exist(office):
    page = office.get("/admin/").content.decode()
    files = [name for name in LOADED.findall(page) if name.startswith("/static/")]
    assert {"/static/backoffice.css", "/static/backoffice-forms.css"} <= set(files)
    assert "/static/mark.svg" in files
    for name in files:
        assert finders.find(name.removeprefix("/static/")), name


@pytest.mark.parametrize(
    "file", ["unfold/css/styles.css", "backoffice.css", "backoffice-forms.css"]
)
def test_styles_load_only_local_files(file):
    with open(finders.find(file), encoding="utf-8") as style:
        assert not re.search(r"""url\(\s*['"]?(https?:|//)""", style.read())


PAYLOAD = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{ 7*7 }}"


def test_texts_of_customers_and_callers_are_escaped(desk, manager):
    Manager.objects.filter(pk=manager.pk).update(name=PAYLOAD, email=PAYLOAD)
    manager.refresh_from_db()
    evil = make_centre(manager, "x")
    for row in (evil.area, evil.operator, evil.contact):
        row.name = PAYLOAD
        row.save()
    Message.objects.filter(pk=evil.message.pk).update(
        content=PAYLOAD, url=PAYLOAD, error=PAYLOAD, sender=PAYLOAD[:64]
    )
    contact = f"/admin/contacts/contact/{evil.contact.pk}/"
    operator = {"_form_submitted": "on", "operator": evil.operator.pk}
    told = desk.post(f"{contact}hand_over/", operator, follow=True)
    pages = [told.content.decode()]
    for page, row in evil.rows().items():
        views = ("change/", "history/")
        pages += [
            desk.get(f"/admin/{page}/{view}").content.decode()
            for view in ("", *(f"{row.pk}/{view}" for view in views))
        ]
    others = ("/admin/", f"{contact}hand_over/", f"{contact}change_area/")
    pages += [desk.get(address).content.decode() for address in others]
    for page in pages:
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    assert sum("&lt;img src=x" in page for page in pages) > len(pages) // 2


def test_each_page_is_visible_without_scripts(desk, addresses):
    """The theme hides a whole page until its script runs."""
    answers = [Client().get("/admin/login/"), *map(desk.get, addresses)]
    pages = {each.request["PATH_INFO"]: each.content.decode() for each in answers}
    hidden = {
        path for path, page in pages.items() if re.search("<html.* x-cloak", page)
    }
    assert len(hidden) > 20
    for path in hidden:
        shown = "<noscript><style>html[x-cloak] { display: block"
        assert shown in pages[path], path
