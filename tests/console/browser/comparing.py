"""Compares the page with the server's data."""

from __future__ import annotations

import contextlib
from typing import Any

from playwright.sync_api import Page

from tests.feed.processes import wait_until

_SHOWN = r"""() => [...document.querySelectorAll('.card[data-protocol]:not(.is-gone)')].map((card) => [
  card.dataset.protocol,
  card.querySelector('.card__name bdi').textContent,
  card.querySelector('.unread')?.textContent.match(/\d+/)[0] ?? '0',
  [...card.querySelectorAll('.tag')].length,
])"""
_COUNTS = "() => [...document.querySelectorAll('.tab .count')].slice(0, 2).map((one) => Number(one.textContent))"
_ANSWERED = """async ([state, operatorId]) => {
  const answer = await fetch('/api/chat/list', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': (document.cookie.match(/csrftoken=([^;]*)/) ?? [])[1] ?? '' },
    body: JSON.stringify({ state, operatorId, limit: 60, counts: true }),
  });
  const { data } = await answer.json();
  return data;
}"""


def assert_same(page: Page, state: str, me: str) -> None:
    """Waits until the page shows the server's data; on failure lists differences."""
    found: list[Any] = [None, None]

    def is_same() -> bool:
        data = page.evaluate(_ANSWERED, [state, me])
        counts = data["counts"]
        wanted = [one(line) for line in data["chats"]]
        wanted += [counts["mine"]["total"], counts["waiting"]["total"]]
        found[:] = page.evaluate(_SHOWN) + page.evaluate(_COUNTS), wanted
        return bool(found[0] == found[1])

    with contextlib.suppress(AssertionError):
        wait_until(is_same, 30)
    assert found[0] == found[1], f"{state}: shown {found[0]}, answered {found[1]}"


def one(line: dict[str, Any]) -> list[Any]:
    unread = line["contact"]["unread"] if line["open"] else 0
    return [line["protocol"], line["contact"]["name"], str(unread), len(line["tags"])]
