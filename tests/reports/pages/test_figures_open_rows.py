"""Every figure of a report page opens exactly the rows that it counts."""

from __future__ import annotations

import html
import re

import pytest

from hci_center.reports.metrics.shares import Sla
from tests.reports.pages.conftest import shown
from tests.reports.pages.test_pages import ask, path

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="/admin/reports/rows/\?([^"]+)">([^<]*)</a>')


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("times", "by=operator&metric=tma"), ("times", "by=week&metric=tmr1"),
        ("areas", ""), ("operators", ""), ("hours", "metric=opened"), ("outcomes", ""),
        ("sla", "by=area"), ("csat", ""), ("first", ""), ("delivery", ""),
        ("delivery", "by=channel"), ("channels", ""), ("hours", "metric=messages"),
        ("hours", "metric=new_contacts"),
    ],
)  # fmt: skip
def test_a_figure_opens_as_many_rows_as_it_counts(read, past, name, query):
    page = read(path(name), query).content.decode()
    links = {html.unescape(each): text for each, text in LINK.findall(page)}
    assert links
    for link, text in links.items():
        answer = read("rows/", "x=1").client.get(
            f"/admin/reports/rows/?{link}", headers={"Accept-Language": "en"}
        )
        rows = shown(answer)["rows"][1:]
        heading = re.search(r"n = (\d+)</h2>", answer.content.decode())
        assert int(heading[1]) == len(rows), link
        assert rows, link
        if text.isdigit():
            assert int(text) == len(rows), link


def test_each_outcome_opens_its_rows(read, past):
    page = read("outcomes/").content.decode()
    links = LINK.findall(page)
    counts = ask(past, "closed").total["outcomes"]
    assert {"dropped", "other"} <= set(counts)
    for outcome, count in counts.items():
        found = {text for link, text in links if f"part={outcome}" in link}
        assert str(count) in found, outcome


def test_each_step_origin_and_mark_opens_its_rows(read, past):
    outcomes, csat = (
        LINK.findall(read(name).content.decode()) for name in ("outcomes/", "csat/")
    )
    for links, metric, part in (
        (outcomes, "contained", "dropped"),
        (outcomes, "opened", "origins"),
        (csat, "csat", "marks"),
    ):
        counts = ask(past, metric).total[part]
        assert counts
        for value, count in counts.items():
            part_of = f"part={part}&amp;value={value or 'none'}&amp;"
            found = {text for link, text in links if part_of in link}
            assert str(count) in found, (metric, value)
    lost = ask(past, "answered_surveys").total["lost"]
    assert lost
    assert str(lost) in {text for link, text in csat if "part=lost" in link}


@pytest.mark.parametrize(
    ("metric", "part"),
    [
        ("tme", "unserved"), ("tmr1", "unanswered"), ("tmr1", "byPhone"),
        ("tmr", "unanswered"), ("tmr", "byPhone"), ("unanswered", "first"),
    ],
)  # fmt: skip
def test_a_count_shown_with_a_time_opens_its_rows(read, past, metric, part):
    links = LINK.findall(read("times/", f"metric={metric}&by=day").content.decode())
    count = ask(past, metric).total[part]
    found = {text for link, text in links if f"part={part}" in link}
    assert (str(count) in found) == bool(count)


@pytest.mark.parametrize("group", Sla.by)
def test_targets_by_group_link_to_their_rows(read, past, group):
    page = read("sla/", f"by={group}")
    assert page.status_code == 200
    assert LINK.findall(page.content.decode())
