"""The service worker: the files that it caches, and the version computed from them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from hci_center.console import shell

STATIC = Path(settings.BASE_DIR) / "static"


@pytest.fixture(autouse=True)
def _made_anew():
    shell.worker_script.cache_clear()
    yield
    shell.worker_script.cache_clear()


def cached(client) -> dict:
    """Returns the files that the worker caches."""
    script = client.get("/sw.js").content.decode()
    first, _ = script.split(";\n", 1)
    return json.loads(first.removeprefix("globalThis.shell = "))


def test_browsers_revalidate_it(client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("application/javascript")
    assert answer["Cache-Control"] == "no-cache"


def test_it_caches_all_files_that_the_page_loads(client):
    files = cached(client)["files"]
    page = client.get("/").content.decode()
    named = set(
        re.findall(r'(?:src|href|data-icons)="(/(?:static|console)/[^"]+)"', page)
    )
    assert len(named) > 30
    assert named - set(files) == set()
    for name in [name for name in files if name.endswith(".js")]:
        if not name.startswith("/static/"):
            continue
        path = STATIC / name.removeprefix("/static/")
        imported = re.findall(
            r'^import[^"]*"(\.[^"]+)";', path.read_text(), re.MULTILINE
        )
        missing = [one for one in imported if address(path.parent / one) not in files]
        assert missing == [], name
    for name in [name for name in files if name.endswith(".css")]:
        path = STATIC / name.removeprefix("/static/")
        for one in re.findall(r'url\("?([^")]+)"?\)', path.read_text()):
            assert one.startswith("data:") or address(path.parent / one) in files, one


def address(path: Path) -> str:
    return "/static/" + str(path.resolve().relative_to(STATIC))


def test_each_file_has_a_hash_of_its_content(client):
    shell_ = cached(client)
    for path, digest in {**shell_["files"], **shell_["pages"]}.items():
        if path.startswith("/static/"):
            content = Path(finders.find(path.removeprefix("/static/"))).read_bytes()
        else:
            content = client.get(path).content
        assert hashlib.sha256(content).hexdigest() == digest, path


def test_it_caches_the_page_in_each_language(client):
    pages = cached(client)["pages"]
    languages = [
        re.search(r'<html lang="([^"]+)"', client.get(path).content.decode())[1]
        for path in pages
    ]
    assert languages == ["pt-br", "en"]
    policies = {client.get(path)["Content-Security-Policy"] for path in ["/", *pages]}
    assert len(policies) == 1
    assert client.get("/console/page/xx").status_code == 404


def test_it_caches_nothing_of_the_api(client):
    shell_ = cached(client)
    paths = [*shell_["files"], *shell_["pages"]]
    assert all(re.match(r"/(static|console)/", path) for path in paths)
    places = re.search(r"const PLACES = /(.+)/;", shell.WORKER.read_text())[1]
    for path in (
        "/api/session",
        "/api/chat/list",
        "/admin/",
        "/media/x.jpg",
        "/healthz",
    ):
        assert not re.search(places.replace("\\/", "/"), path)
    for path in ("/", "/inbox/mine/1/2", "/protocol/BR1"):
        assert re.search(places.replace("\\/", "/"), path)


def test_another_file_makes_another_version(client, monkeypatch, tmp_path):
    first = cached(client)["version"]
    assert cached(client)["version"] == first
    changed = shell._content
    monkeypatch.setattr(
        shell,
        "_content",
        lambda name: changed(name) + (b" " if name == "mark.svg" else b""),
    )
    shell.worker_script.cache_clear()
    assert cached(client)["version"] != first
