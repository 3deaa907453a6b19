"""Holidays: their names, and national ones, which are added as rows on request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Exists, OuterRef

from areas.models import Holiday
from hci_center.callers import Caller
from managers.models import Manager

DECEMBER = 12

# The states of Brazil.
STATES = [
    "AC",
    "AL",
    "AM",
    "AP",
    "BA",
    "CE",
    "DF",
    "ES",
    "GO",
    "MA",
    "MG",
    "MS",
    "MT",
    "PA",
    "PB",
    "PE",
    "PI",
    "PR",
    "RJ",
    "RN",
    "RO",
    "RR",
    "RS",
    "SC",
    "SE",
    "SP",
    "TO",
]

# Precedence: area before manager, dated before yearly, newer row before older.
_NAME = """
SELECT name FROM areas_holiday
 WHERE manager_id = %(manager)s AND (area_id IS NULL OR area_id = %(area)s)
   AND (date = %(date)s OR is_yearly AND
        (extract(month FROM date), extract(day FROM date)) =
        (extract(month FROM %(date)s::date), extract(day FROM %(date)s::date)))
 ORDER BY area_id IS NULL, is_yearly, date DESC
 LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class NationalHoliday:
    """A published holiday; an optional one (Carnaval, Corpus Christi) is no day off."""

    date: date
    name: str
    is_optional: bool


def holiday_name(manager_id: int, area_id: int | None, day: date) -> str | None:
    """Returns the name of the date's holiday of an area, or of a manager's."""
    values = {"manager": manager_id, "area": area_id, "date": day}
    with connection.cursor() as cursor:
        cursor.execute(_NAME, values)
        row = cursor.fetchone()
    return None if row is None else row[0]


def managers_without_next_year(caller: Caller, today: date) -> list[str]:
    """Returns, in December, managers with dated holidays this year but none next."""
    if today.month != DECEMBER:
        return []
    dated = Holiday.objects.filter(manager=OuterRef("pk"), is_yearly=False)
    found = Manager.objects.visible_to(caller).filter(
        Exists(dated.filter(date__year=today.year)),
        ~Exists(dated.filter(date__year=today.year + 1)),
    )
    return list(found.order_by("name").values_list("name", flat=True))


def national_holidays(year: int, uf: str = "") -> list[NationalHoliday]:
    """Returns the published holidays of Brazil and, with `uf`, of that state."""
    # The calendars of all countries: 11 MB that few processes ever need.
    import holidays as published

    found = []
    taken: set[date] = set()
    for category in ("public", "optional"):
        calendar = published.country_holidays(
            "BR",
            subdiv=uf or None,
            years=year,
            categories=(category,),
            language="pt_BR",
        )
        for day, name in calendar.items():
            if day not in taken:
                taken.add(day)
                found.append(NationalHoliday(day, name, category == "optional"))
    return sorted(found, key=lambda each: each.date)


def add_national_holidays(manager_id: int, year: int, uf: str = "") -> list[Holiday]:
    """Adds the public holidays of a year as rows; dates with a row keep it.

    Call `refresh_rules` afterwards in the same transaction.
    """
    public = [each for each in national_holidays(year, uf) if not each.is_optional]
    return add_holidays(manager_id, [(each.date, each.name) for each in public])


def add_holidays(manager_id: int, days: list[tuple[date, str]]) -> list[Holiday]:
    """Adds closed dates to a manager unless they exist; returns the new ones."""
    there = set(
        Holiday.objects.filter(
            manager=manager_id, area=None, date__in=[day for day, _name in days]
        ).values_list("date", flat=True)
    )
    rows = [
        Holiday(manager_id=manager_id, date=day, name=name[:100])
        for day, name in days
        if day not in there
    ]
    # A concurrent transaction may have inserted the same rows.
    return Holiday.objects.bulk_create(rows, ignore_conflicts=True)
