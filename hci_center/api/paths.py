"""The two parameters that documented paths carry.

A route is written `path(f"area/{PORT}", …)`; its action gets `controller_port` as a
number, or `facebook_id` as a text. What does not fit is an unknown path. A literal
segment wins over both, because neither is tried where letters stand for a port and
the literal routes are listed first.
"""

from __future__ import annotations

from django.urls import register_converter

from hci_center.api.parsers import WrongValueError, parse_port

PORT = "<port:controller_port>"
PAGE = "<page:facebook_id>"


class PortConverter:
    """ASCII digits, 1 to 65535."""

    regex = "0*[0-9]{1,5}"

    def to_python(self, value: str) -> int:
        try:
            return parse_port(value)
        except WrongValueError as error:
            raise ValueError(value) from error

    def to_url(self, value: int) -> str:
        return str(value)


class PageConverter:
    """A Facebook id."""

    regex = r"[A-Za-z0-9_.:\-]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PortConverter, "port")
register_converter(PageConverter, "page")
