"""URL converters for the two parameters of documented paths.

A route is written `path(f"area/{PORT}", …)`; its action gets `controller_port` as a
number, or `facebook_id` as a text. A segment that does not match is an unknown path.
Literal segments take precedence: ports have no letters, and literal routes are listed
first.
"""

from __future__ import annotations

from django.urls import register_converter

from hci_center.api.parsers import WrongValueError, parse_port

PORT = "<port:controller_port>"
PAGE = "<page:facebook_id>"


class PortConverter:
    """Converts ASCII digits to a port, 1 to 65535."""

    regex = "0*[0-9]{1,5}"

    def to_python(self, value: str) -> int:
        try:
            return parse_port(value)
        except WrongValueError as error:
            raise ValueError(value) from error

    def to_url(self, value: int) -> str:
        return str(value)


class PageConverter:
    """Matches a Facebook id."""

    regex = r"[A-Za-z0-9_.:\-]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PortConverter, "port")
register_converter(PageConverter, "page")
