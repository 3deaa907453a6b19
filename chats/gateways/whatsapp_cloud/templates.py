"""The approved templates of a business account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from chats.gateways import error_rules, graph
from chats.gateways.base import (
    Account,
    ApprovedTemplate,
    Failed,
    Needs,
    Outcome,
    Rejected,
)
from chats.gateways.error_messages import sentence
from chats.gateways.http import NoAnswerError
from chats.gateways.parsing import found, listed, text

# Of a page with their examples and buttons, a few kilobytes each.
PAGE, LARGEST_PAGE = 100, 2 * 2**20
# Meta's own limit is 6,000 names, each in several languages.
MOST_PAGES = 120
# A fetch that takes longer fails, in seconds: its lease must not expire.
LONGEST_FETCH = 120.0
LONGEST_TEXT = 4096
# The parameters that `message/send/operator/template` supports.
MOST_PARAMETERS = 32
LONGEST_NAME, LONGEST_LANGUAGE = 512, 16

FIELDS = "name,language,status,category,components"
_ID = re.compile(r"[0-9]{1,32}")
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
# Buttons that need no parameters.
_PLAIN_BUTTONS = {"QUICK_REPLY", "PHONE_NUMBER", "URL"}


def fetch_templates(
    client: graph.Graph, account: Account
) -> list[ApprovedTemplate] | Failed:
    """Returns the approved templates of the account's business account.

    Only the cursor of a page is used, never its URL of the next page, which would
    contain the token.
    """
    if not account.token or not _ID.fullmatch(account.business):
        return _failed(error_rules.BAD_SETUP.outcome("wabaId"))
    templates: dict[tuple[str, str], ApprovedTemplate] = {}
    ends, after, cursors = monotonic() + LONGEST_FETCH, "", {""}
    for _page in range(MOST_PAGES):
        if monotonic() > ends:
            return Failed("timeout", sentence("timeout"))
        page = _page_of(client, account, after)
        if isinstance(page, Failed):
            return page
        for template in map(parse_template, listed(page, "data")):
            if template is not None:
                templates[template.name, template.language] = template
        after = text(found(page, "paging", "cursors", "after"))
        if not found(page, "paging", "next"):
            return list(templates.values())
        if after in cursors:
            break
        cursors.add(after)
    return Failed("unreadable", sentence("unreadable", "paging"))


def _page_of(
    client: graph.Graph, account: Account, after: str
) -> dict[str, Any] | Failed:
    query = {"fields": FIELDS, "status": "APPROVED", "limit": PAGE}
    if after:
        query["after"] = after
    path = f"{account.business}/message_templates?{urlencode(query, safe=',')}"
    try:
        answer = client.get(account, "templates", path, cap=LARGEST_PAGE)
    except NoAnswerError as error:
        return error.failed()
    refusal = client.refusal(account, answer)
    if refusal is not None:
        return _failed(refusal)
    page = answer.object()
    if not isinstance(page.get("data"), list):
        return Failed("unreadable", sentence("unreadable"))
    return page


def _failed(outcome: Outcome) -> Failed:
    """Returns a refusal as a temporary failure: the cause may be fixed at any time."""
    if isinstance(outcome, Failed):
        return outcome
    wait = outcome.pause if isinstance(outcome, Rejected) else 0
    code, reason = getattr(outcome, "code", ""), getattr(outcome, "reason", "")
    return Failed(code, reason, "account", wait or None)


def parse_template(value: Any) -> ApprovedTemplate | None:
    """Returns a template as it is listed; None if it is not approved or not readable."""
    name, language = text(found(value, "name")), text(found(value, "language"))
    if found(value, "status") != "APPROVED" or not name or not language:
        return None
    if len(name) > LONGEST_NAME or len(language) > LONGEST_LANGUAGE:
        return None
    components = listed(value, "components")
    body = next((one for one in components if _is(one, "BODY")), None)
    said = text(found(body, "text"))
    if len(said) > LONGEST_TEXT:
        return None
    names = set(_PLACEHOLDER.findall(said))
    return ApprovedTemplate(
        name,
        language,
        text(found(value, "category"), longest=32),
        said,
        len(names),
        next(_needs(components, names), ""),
    )


def _is(component: Any, kind: str) -> bool:
    return text(found(component, "type")).upper() == kind


def _needs(components: list[Any], names: set[str]) -> Iterator[Needs]:
    """Yields what must be sent along besides positional values of the text."""
    positions = {str(place) for place in range(1, len(names) + 1)}
    if names != positions or len(names) > MOST_PARAMETERS:
        yield "named"
    for component in components:
        kind = text(found(component, "type")).upper()
        if kind == "HEADER":
            is_text = text(found(component, "format")).upper() == "TEXT"
            if not is_text or _has_placeholder(found(component, "text")):
                yield "header"
        elif kind == "BUTTONS":
            if not all(map(_is_plain, listed(component, "buttons"))):
                yield "button"
        elif kind not in ("BODY", "FOOTER"):
            yield "other"


def _is_plain(button: Any) -> bool:
    kind = text(found(button, "type")).upper()
    return kind in _PLAIN_BUTTONS and not _has_placeholder(found(button, "url"))


def _has_placeholder(value: Any) -> bool:
    return _PLACEHOLDER.search(text(value)) is not None
