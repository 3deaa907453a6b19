"""Audit lines have their action and actor, and are never changed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from chats.worker.registered_jobs import registered
from hci_center.audit.actor import acting_as, acting_in
from hci_center.audit.models import AuditLine
from hci_center.audit.recording import record

pytestmark = pytest.mark.django_db


def test_a_line_has_actor_action_and_object():
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")
    request.user = User(pk=12)

    with acting_in(request):
        record("export", "report", manager_id=3, after={"metric": "tme", "rows": 5})
        record("open", "chat", 7, manager_id=3)

    made, opened = AuditLine.objects.order_by("pk")
    assert (made.credential, made.act, made.kind, made.target) == (
        "user:12",
        "export",
        "report",
        "",
    )
    assert (made.manager_id, made.before) == (3, None)
    assert made.after == {"metric": "tme", "rows": 5}
    assert made.address == "192.0.2.7"
    assert opened.target == "7"
    assert made.request_id == opened.request_id != ""


def test_a_job_has_the_actor_who_requested_it():
    with acting_as("user:5"):
        record("erasure", "contact", 9)
    record("erasure", "contact", 10, credential="user:6")

    assert [*AuditLine.objects.order_by("pk").values_list("credential", flat=True)] == [
        "user:5",
        "user:6",
    ]


def test_without_an_actor_it_has_the_database_role():
    record("restore", "backup")

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        [role] = cursor.fetchone()
    assert AuditLine.objects.get().credential == f"database:{role}"


def test_a_rollback_also_removes_the_line():
    with transaction.atomic():
        record("erasure", "contact", 9)
        transaction.set_rollback(True)

    assert not AuditLine.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_line SET act = 'x'",
        "DELETE FROM audit_line",
        "TRUNCATE audit_line",
        f"TRUNCATE audit_line_{timezone.now().year}",
        f"TRUNCATE audit_line_{timezone.now().year + 1}",
    ],
)
def test_a_line_cannot_be_changed(statement: str):
    record("export", "report")

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditLine.objects.get().act == "export"


def test_the_partition_of_the_next_year_exists():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_line (at, credential, act, kind)"
            " VALUES (now() + interval '1 year', 'user:1', 'export', 'report')"
        )
        cursor.execute("SELECT audit_make_ahead(), audit_make_ahead()")

    assert AuditLine.objects.count() == 1


def test_the_worker_creates_the_partition_of_the_next_year():
    following = timezone.now().year + 1
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE audit_line_{following}")
        [job] = [each for each in registered() if each.name == "audit partitions"]
        job.call()
        job.call()
        cursor.execute("SELECT to_regclass(%s)", [f"audit_line_{following}"])
        assert cursor.fetchone()[0]
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE audit_line_{following}")
