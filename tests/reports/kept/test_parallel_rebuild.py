"""`rebuild_reports` with several connections."""

from __future__ import annotations

from threading import get_ident
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from hci_center.reports.kept import rebuilding
from hci_center.reports.management.commands import rebuild_reports
from hci_center.reports.models import Sample
from tests.reports.hand_checked import NUMBER, write
from tests.reports.past import Centre

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def centre(monkeypatch: pytest.MonkeyPatch) -> Centre:
    centre = Centre(NUMBER)
    write(centre)
    monkeypatch.setattr(rebuild_reports, "BATCH", 2)
    return centre


def samples() -> set[tuple[Any, ...]]:
    closed = Sample.objects.filter(is_open=False)
    return set(closed.values_list("chat_id", "metric", "micros", "begins"))


def test_it_gives_the_result_of_one_connection(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("rebuild_reports", jobs=1)
    alone = samples()
    assert alone
    Sample.objects.all().delete()
    threads = set()

    def make(ids: Any) -> None:
        threads.add(get_ident())
        rebuilding.make(ids)

    monkeypatch.setattr(rebuild_reports, "make", make)
    call_command("rebuild_reports", jobs=3)
    assert samples() == alone
    assert len(threads) > 1


def test_an_error_of_one_connection_ends_it(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def make(ids: Any) -> None:
        given.append(ids)
        if len(given) == 3:
            raise ValueError("a row that cannot be read")

    monkeypatch.setattr(rebuild_reports, "make", make)
    with pytest.raises(ValueError, match="cannot be read"):
        call_command("rebuild_reports")


@pytest.mark.parametrize("jobs", ["0", "-5", "17", "x"])
def test_an_invalid_number_of_jobs_is_refused(jobs: str) -> None:
    with pytest.raises(CommandError, match="--jobs"):
        call_command("rebuild_reports", "--jobs", jobs)
