"""Texts of customers with their links made clickable."""

from __future__ import annotations

import re

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

# Only http and https: other schemes could run code.
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
# Characters that end a sentence rather than a URL.
_AFTER = ".,;:!?)]}'*_~"


def with_links(text: str) -> SafeString:
    """Returns the text as HTML, with its lines and clickable http and https links."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        url = match[0].rstrip(_AFTER)
        parts += [_lines(text[end : match.start()]), link_to(url)]
        end = match.start() + len(url)
    parts.append(_lines(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped


def link_to(url: str) -> SafeString:
    """Returns an http or https URL as a link; others as text."""
    if not _LINK.fullmatch(url):
        return SafeString(conditional_escape(url))
    return format_html(
        '<a class="bo-link" href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>',
        url,
    )


def _lines(text: str) -> str:
    return str(conditional_escape(text)).replace("\n", "<br>")
