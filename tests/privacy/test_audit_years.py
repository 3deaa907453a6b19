"""Years of the audit are kept as long as a setting says, or forever without it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from hci_center.audit.models import AuditLine
from hci_center.privacy import audit_years
from hci_center.privacy.audit_years import Year
from tests.admin.conftest import sign_in_to_admin
from tests.builders import make_supervisor

PAGE = "/admin/privacy/retention/"


@pytest.fixture
def old_lines(db):
    """Lines of three and of seven years ago."""
    this = timezone.now().year
    for ago in (3, 7):
        year = this - ago
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TABLE audit_line_{year} PARTITION OF audit_line FOR VALUES"
                f" FROM ('{year}-01-01 00:00+00') TO ('{year + 1}-01-01 00:00+00')"
            )
        at = timezone.now().replace(year=year, month=6, day=15)
        AuditLine.objects.create(at=at, credential="user:1", act="change", kind="area")
    return this


def test_nothing_is_deleted_without_the_setting(old_lines, settings):
    settings.AUDIT_YEARS = 0
    assert audit_years.drop_over() == 0
    assert [each.is_over for each in audit_years.years()[:2]] == [False, False]


def test_expired_years_are_deleted_with_a_line(old_lines, settings):
    settings.AUDIT_YEARS = 5
    first, second = audit_years.years()[:2]
    assert first == Year(old_lines - 7, 1, is_over=True)
    assert second == Year(old_lines - 3, 1, is_over=False)
    assert audit_years.drop_over() == 1
    assert not AuditLine.objects.filter(at__year=old_lines - 7).exists()
    assert AuditLine.objects.filter(at__year=old_lines - 3).exists()
    line = AuditLine.objects.get(kind="audit")
    assert (line.act, line.target) == ("retention", str(old_lines - 7))
    assert line.after == {"lines": 1, "years": 5}
    assert audit_years.drop_over() == 0


def test_a_year_is_kept_until_its_last_line_has_expired(old_lines, settings):
    settings.AUDIT_YEARS = 7
    assert audit_years.drop_over() == 0
    settings.AUDIT_YEARS = 6
    assert audit_years.drop_over() == 1


def test_an_administrator_sees_what_will_be_deleted(
    old_lines, settings, manager, admin_user
):
    settings.AUDIT_YEARS = 5
    page = sign_in_to_admin(admin_user).get(PAGE, headers={"Accept-Language": "en"})
    text = " ".join(page.content.decode().split())
    assert "Lines are kept for 5 years" in text
    assert f"{old_lines - 7} <strong" in text
    assert text.count("goes with the next run") == 1
    supervisor = sign_in_to_admin(make_supervisor(manager)).get(PAGE)
    assert supervisor.context["audit"] is None
