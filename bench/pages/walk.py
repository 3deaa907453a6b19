"""Signs in and finds the addresses that a person can reach from a list."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode

import requests

PASSWORD = "secret-of-the-benchmark"  # noqa: S105 - of a temporary database


def sign_in(base: str, name: str) -> requests.Session:
    person = requests.Session()
    page = f"{base}/admin/login/"
    person.get(page, timeout=60)
    token = person.cookies["csrftoken"]
    answer = person.post(
        page,
        {
            "username": name,
            "password": PASSWORD,
            "csrfmiddlewaretoken": token,
            "next": "/admin/",
        },
        headers={"Referer": page},
        timeout=60,
    )
    assert answer.ok, answer.status_code
    assert "sessionid" in person.cookies, "not signed in"
    person.headers["X-CSRFToken"] = person.cookies["csrftoken"]
    return person


class _Page(HTMLParser):
    """The links of a page and the options of its filters."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.filters: dict[str, list[str]] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and given.get("value"):
            self.filters.setdefault(self._select, []).append(given["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def lists(html: str) -> list[str]:
    """Returns the lists in the menu: `/admin/app/model/`."""
    page = _Page()
    page.feed(html)
    found = {
        link
        for link in page.links
        if link.startswith("/admin/") and len(link.strip("/").split("/")) == 3
    }
    return sorted(found)


def views(address: str, html: str) -> list[str]:
    """Returns a list's queries: filter choices, orders, pages, and its first row."""
    page = _Page()
    page.feed(html)
    found = []
    for name, values in page.filters.items():
        if name and name != "action":
            # Of many managers, areas or operators, only the first and the last.
            chosen = values if len(values) < 8 else [values[0], values[-1]]
            found += [f"{address}?{urlencode({name: value})}" for value in chosen]
    for link in dict.fromkeys(page.links):
        asked = parse_qs(link.removeprefix("?")) if link.startswith("?") else {}
        if set(asked) in ({"o"}, {"p"}) and ("o" in asked or asked["p"][0].isdecimal()):
            found.append(address + link)
    rows = [
        link.partition("?")[0]
        for link in page.links
        if link.startswith(address) and link.partition("?")[0].endswith("/change/")
    ]
    return found + rows[:1]
