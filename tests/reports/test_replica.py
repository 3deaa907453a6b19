"""Figures are read from a standby while it is available and up to date."""

from __future__ import annotations

import io
import logging
import zipfile

import pytest
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from hci_center.doctor import external
from hci_center.reports import replica
from hci_center.reports.replica import Standby
from tests.admin.conftest import sign_in_to_admin
from tests.builders import make_key, make_supervisor
from tests.conftest import Api
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/reports/times/?from=2025-11-17&to=2025-11-30"
ENGLISH = {"Accept-Language": "en"}
BODY = {"metric": "tma", "number": NUMBER, "from": "2025-11-17", "to": "2025-11-30"}


@pytest.fixture
def centre():
    centre = Centre(NUMBER)
    write(centre)
    return centre


@pytest.fixture
def standby(monkeypatch):
    """The same database under another name, with read-only transactions."""
    own = connections.settings["default"]
    other = own | {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {
            "server_side_binding": True,
            "options": "-c default_transaction_read_only=on",
            "application_name": "the standby",
        },
    }
    monkeypatch.setitem(connections.settings, "reports", other)
    monkeypatch.setattr(replica, "_known", replica._Known())
    # Django's tests allow the databases of the settings alone.
    monkeypatch.setattr(DatabaseWrapper, "ensure_connection", _ensure_connection)
    yield connections["reports"]
    connections["reports"].close()
    del connections["reports"]


def _ensure_connection(wrapper):
    if wrapper.connection is None:
        with wrapper.wrap_database_errors:
            wrapper.connect()


def says(monkeypatch, standby):
    monkeypatch.setattr(replica, "ask", lambda: standby)
    replica.forget()


def counted(monkeypatch):
    """Returns the aliases of the connections that figures are read from."""
    used = []
    real = replica.cursor

    def cursor():
        found = real()
        used.append(found.db.alias)
        return found

    monkeypatch.setattr(replica, "cursor", cursor)
    return used


def test_without_a_standby_the_database_is_read(centre, monkeypatch):
    used = counted(monkeypatch)
    api = Api(make_key(centre.manager))
    assert api.post("/api/report", BODY).json()["data"]["total"]["n"] > 0
    assert set(used) == {"default"}
    assert list(external.reports_standby()) == []


def test_pages_files_and_calls_read_the_standby(centre, standby, monkeypatch):
    api = Api(make_key(centre.manager))
    desk = sign_in_to_admin(make_supervisor(centre.manager))
    rows = f"/admin/reports/rows/?metric=tma&{PAGE.partition('?')[2]}"

    def all_of_them():
        answers = [
            api.post("/api/report", BODY).json()["data"],
            api.post("/api/report", BODY | {"rows": True}).json()["data"],
        ]
        answers[0].pop("at")
        for answer in answers:
            answer.pop("source", None)
        for page in (PAGE, f"{PAGE}&format=csv", rows, f"{rows}&format=csv"):
            answer = desk.get(page)
            assert answer.status_code == 200
            if "csv" in page:
                answers.append(b"".join(answer.streaming_content))
        return answers

    says(monkeypatch, Standby("away"))
    expected = all_of_them()
    used = counted(monkeypatch)
    says(monkeypatch, Standby("ok"))
    assert all_of_them() == expected
    assert set(used) == {"reports"}
    assert "main database" not in desk.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (Standby("behind", 41.2), "its copy for reports is 41 seconds behind."),
        (Standby("away", error="x"), "its copy for reports cannot be read."),
        (Standby("no standby"), "its copy for reports cannot be read."),
    ],
)
def test_a_standby_that_is_behind_or_unavailable_is_not_read(
    centre, standby, monkeypatch, state, sentence
):
    used = counted(monkeypatch)
    says(monkeypatch, state)
    desk = sign_in_to_admin(make_supervisor(centre.manager))
    page = desk.get(PAGE, headers=ENGLISH).content.decode()
    assert sentence in page
    api = Api(make_key(centre.manager))
    for more in ({}, {"rows": True}):
        answer = api.post("/api/report", BODY | more, headers=ENGLISH).json()
        assert sentence in answer["data"]["source"]
    table = desk.get(f"{PAGE}&format=csv")
    assert table["X-Figures-From"] == "main-database"
    file = desk.get(f"{PAGE}&format=xlsx", headers=ENGLISH)
    with zipfile.ZipFile(io.BytesIO(file.getvalue())) as parts:
        texts = [parts.read(name).decode() for name in parts.namelist()]
    assert any(sentence in text for text in texts)
    assert set(used) == {"default"}


def test_a_query_that_fails_there_is_repeated_on_the_database(
    centre, standby, monkeypatch, caplog
):
    says(monkeypatch, Standby("ok"))
    connections.settings["reports"]["PORT"] = "1"
    standby.close()
    del connections["reports"]
    api = Api(make_key(centre.manager))
    with caplog.at_level(logging.WARNING):
        assert api.post("/api/report", BODY).json()["data"]["total"]["n"] > 0
    assert "The standby could not be read" in caplog.text
    assert replica.sentence()
    used = counted(monkeypatch)
    api.post("/api/report", BODY)
    assert set(used) == {"default"}


def test_an_error_of_the_database_itself_is_not_retried(standby, monkeypatch):
    says(monkeypatch, Standby("ok"))
    calls = []

    def build():
        calls.append(1)
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(Exception, match="division by zero"):
        replica.read(build)
    assert calls == [1]


def test_a_standby_without_permissions_is_not_read(standby):
    with connections["default"].cursor() as cursor:
        cursor.execute("REVOKE SELECT ON report_sample FROM CURRENT_USER")
        try:
            found = replica.ask()
        finally:
            cursor.execute("GRANT SELECT ON report_sample TO CURRENT_USER")
    assert found == Standby("away", error="permission denied for table report_sample")
    assert replica.ask().state == "no standby"


def test_the_doctor_reports_whether_it_is_a_standby(standby, monkeypatch):
    """In these tests it is the database itself."""
    [finding] = external.reports_standby()
    assert (finding.state, finding.text) == (
        "error",
        "HCI_REPORTS_DATABASE_URL leads to no standby.",
    )
    for state, found in (("ok", "ok"), ("behind", "warning"), ("away", "error")):
        monkeypatch.setattr(replica, "ask", lambda state=state: Standby(state, 1.0))
        [finding] = external.reports_standby()
        assert finding.state == found
