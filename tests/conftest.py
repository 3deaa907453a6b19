"""Fixtures for all tests: API clients, and the people of a small centre."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.signals import setting_changed

import hci_center.urls  # noqa: F401 - registers the pages of the admin
from hci_center.audit import once_a_day
from hci_center.database.timeouts import role, use_role
from hci_center.reports import live
from managers import authentication
from tests import builders
from tests.emptying import empty
from tests.feed.processes import Feed, Valkey, database_url
from tests.running_order import pytest_collection_modifyitems  # noqa: F401 - a hook
from tests.shipped import ShippedClient
from tests.template_database import copy_template, drop_template, name_template

# If it is importable, jsonschema builds a parser for each kind of IRI, which takes
# seconds in every worker; no schema here uses IRIs.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

# Creating and filling a database takes longer than a request may.
use_role("command")

_numbers = count(1)


class Api:
    """Calls the API as one credential; bodies are JSON unless `form` is given."""

    def __init__(self, key: str | None = None, client: Client | None = None) -> None:
        self.client = client or ShippedClient()
        self.headers = {"Authorization": f"Api-Key {key}"} if key else {}

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        form: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        data, content_type = b"", "application/json"
        if form is not None:
            from urllib.parse import urlencode

            data = urlencode(form).encode()
            content_type = "application/x-www-form-urlencoded"
        elif isinstance(body, bytes):
            data = body
        elif body is not None:
            data = json.dumps(body).encode()
        return self.client.generic(
            method, path, data, content_type, headers=self.headers | (headers or {})
        )

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.call("PUT", path, body, **more)

    def delete(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.call("DELETE", path, body, **more)


def pytest_configure(config: pytest.Config) -> None:
    name_template(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    drop_template(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Resets the role and the timeouts that a test's command gave this process."""
    yield
    if role() != "command":
        use_role("command")
        connection.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Makes the worker's database a copy of a migrated one."""
    with django_db_blocker.unblock():
        copy_template(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session", autouse=True)
def _quickly_emptied() -> Iterator[None]:
    """Empties only the tables that have rows, and keeps the connection.

    A new connection would read the definitions of all tables again: 60 ms for each
    test.
    """
    cases = "django.test.testcases"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{cases}.call_command", empty)
        patch.setattr(
            f"{cases}.TransactionTestCase._should_reload_connections", lambda _: False
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _fast() -> Iterator[None]:
    """Uses a fast password hasher, and English as the language."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(LANGUAGE_CODE="en", PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Clears the caches that other tests filled."""
    authentication.forget_cached_keys()
    live.forget()
    yield
    authentication.forget_cached_keys()


@pytest.fixture(scope="session")
def _files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def _files_of_their_own(_files: Path) -> None:
    """Uses a folder of its own, which the first stored file creates."""
    folder = Path(settings.MEDIA_ROOT)
    if folder.parent == _files and not folder.exists():
        return
    settings.MEDIA_ROOT = new = _files / str(next(_numbers))
    setting_changed.send(None, setting="MEDIA_ROOT", value=new, enter=True)


@pytest.fixture
def manager(db: None) -> Any:
    return builders.make_bakery()


@pytest.fixture
def other_manager(db: None) -> Any:
    return builders.make_manager(name="Oficina Lua", number=5521400022222)


@pytest.fixture
def sales(manager: Any) -> Any:
    return builders.make_area(manager, "vendas", name="Vendas")


@pytest.fixture
def support(manager: Any) -> Any:
    return builders.make_area(manager, "suporte", name="Suporte")


@pytest.fixture
def ana(manager: Any, sales: Any) -> Any:
    """An operator of sales."""
    return builders.make_operator(manager, sales, name="Ana")


@pytest.fixture
def bruno(manager: Any, support: Any) -> Any:
    """An operator of support."""
    return builders.make_operator(manager, support, name="Bruno")


@pytest.fixture
def supervisor(manager: Any) -> Any:
    return builders.make_supervisor(manager)


@pytest.fixture
def contact(manager: Any, sales: Any) -> Any:
    """A WhatsApp contact that waits in sales."""
    return builders.make_waiting_contact(manager, sales)


@pytest.fixture
def page_contact(manager: Any, sales: Any) -> Any:
    """A Facebook contact that waits in sales."""
    return builders.make_waiting_page_contact(manager, sales)


@pytest.fixture
def api(manager: Any) -> Api:
    """A key of the manager, with the `secrets` scope."""
    return Api(builders.make_key(manager))


@pytest.fixture
def other_api(other_manager: Any) -> Api:
    """A key of another manager."""
    return Api(builders.make_key(other_manager))


@pytest.fixture
def full_api(db: None) -> Api:
    """A key of all managers."""
    return Api(builders.make_key())


@pytest.fixture
def anonymous(db: None) -> Api:
    return Api()


def signed_in(user: Any) -> Api:
    """A person's session, with the CSRF token that browsers send."""
    client = ShippedClient(enforce_csrf_checks=True)
    client.force_login(user)
    api = Api(client=client)
    token = "a" * 32
    client.cookies["csrftoken"] = token
    api.headers = {"X-CSRFToken": token}
    return api


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: Any) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def running_feed(django_db_setup: None, valkey: Valkey) -> Iterator[Feed]:
    """One per session: of two relays on a database only one publishes."""
    feed = Feed(database_url(connection.settings_dict), valkey, HCI_HOOKS_LOCAL="1")
    feed.start()
    yield feed
    feed.kill()


@pytest.fixture
def recorded_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes the daily audit entry about page tokens before the test's calls do."""

    class Everything(set[Any]):
        def __contains__(self, act: object) -> bool:
            return True

    monkeypatch.setattr(once_a_day, "_recorded", Everything())
    monkeypatch.setattr(once_a_day, "_day", datetime.now(UTC).date().isoformat())
