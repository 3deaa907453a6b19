"""Reads environment variables strictly: an invalid value raises an error."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg.pq import Conninfo

from hci_center.tls_files import FILES, check_tls_file

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off", ""})
_POSTGRESQL = frozenset({"postgres", "postgresql", "psql", "pgsql"})
# Values that libpq refuses only when it connects, as if the server were away.
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": (
        *("any", "read-write", "read-only"),
        *("primary", "standby", "prefer-standby"),
    ),
}
LAST_PORT = 65_535


class Environment(environ.Env):
    """An `environ.Env` whose readers raise ImproperlyConfigured for invalid values."""

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.str(name, default=str(int(default))).strip().lower()
        if value not in _YES | _NO:
            raise ImproperlyConfigured(f"{name} is {value!r}; it must be 1 or 0.")
        return value in _YES

    def number(self, name: str, *, default: int, least: int = 0, most: int) -> int:
        value = self.str(name, default="").strip() or str(default)
        if not value.isascii() or not value.isdecimal():
            raise ImproperlyConfigured(f"{name} is {value!r}; it must be a number.")
        if not least <= int(value) <= most:
            raise ImproperlyConfigured(
                f"{name} is {value}; it must be from {least} to {most}."
            )
        return int(value)

    def port(self, name: str, *, default: int) -> int:
        return self.number(name, default=default, least=1, most=LAST_PORT)

    def port_ranges(self, name: str) -> tuple[range, ...]:
        """Returns the ports of a list like `8080,9000-9099`; () if it is empty."""
        ranges = []
        for part in self.list(name, default=[]):
            least, _, most = part.strip().partition("-")
            ends = (least, most or least)
            if not all(end.isascii() and end.isdecimal() for end in ends) or not (
                1 <= int(ends[0]) <= int(ends[1]) <= LAST_PORT
            ):
                raise ImproperlyConfigured(
                    f"{name} holds {part!r}; it must look like 8080,9000-9099."
                )
            ranges.append(range(int(ends[0]), int(ends[1]) + 1))
        return tuple(ranges)

    def choice(self, name: str, *, default: str, among: tuple[str, ...]) -> str:
        value: str = self.str(name, default="").strip().lower() or default
        if value not in among:
            raise ImproperlyConfigured(
                f"{name} is {value!r}; it must be {', '.join(among)}."
            )
        return value

    def seconds(self, name: str, *, default: float) -> float:
        value = self.str(name, default="").strip() or str(default)
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < 10**6:
            raise ImproperlyConfigured(
                f"{name} is {value!r}; it must be a number of seconds."
            )
        return seconds

    def time_of_day(self, name: str) -> time | None:
        """Returns a time such as 03:00; None if the variable is not set."""
        value: str = self.str(name, default="").strip()
        if not value:
            return None
        try:
            return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - no date
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} is {value!r}; it must be a time such as 03:00."
            ) from None

    def address(
        self, name: str, *, default: str, schemes: tuple[str, ...] = ("http", "https")
    ) -> str:
        """Returns a URL with a host and no last slash; may be empty by default."""
        value: str = self.str(name, default=default) or default
        if value:
            try:
                # The port in a controller's address is filled in later.
                parts = urlsplit(value.replace("{port}", "1"))
                is_address = parts.scheme in schemes and bool(
                    parts.netloc or parts.path
                )
                _ = parts.port
            except ValueError:
                is_address = False
            if not is_address:
                expected = " or ".join(f"{scheme}://" for scheme in schemes)
                raise ImproperlyConfigured(
                    f"{name} is no address; it must begin with {expected}."
                )
        return value.rstrip("/")

    def site(self, name: str, *, default: str) -> str:
        """Returns the address of a whole host: one with a path is refused."""
        value = self.address(name, default=default)
        parts = urlsplit(value)
        if value and (
            parts.path or parts.query or parts.fragment or not parts.hostname
        ):
            raise ImproperlyConfigured(
                f"{name} must be scheme and host alone, such as https://host.example."
            )
        return value

    def sites(self, name: str) -> list[str]:
        """Returns a list of such addresses, each without a last slash."""
        found: list[str] = [each.rstrip("/") for each in self.list(name, default=[])]
        for value in found:
            if not re.fullmatch(
                r"https?://(\[[0-9a-f:.]+\]|[^/?#\s@\[\]]+)(:\d+)?", value
            ):
                raise ImproperlyConfigured(
                    f"{name} holds {value!r}; each must look like https://host.example."
                )
        return found

    def networks(self, name: str) -> list[str]:
        """Returns a list of addresses and networks, as they are written."""
        found: list[str] = [each.strip() for each in self.list(name, default=[])]
        for value in found:
            try:
                ipaddress.ip_network(value, strict=False)
            except ValueError:
                raise ImproperlyConfigured(
                    f"{name} holds {value!r}, which is no address or network; an"
                    " example: 127.0.0.1,10.0.0.0/8."
                ) from None
        return found

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """Returns Django's database settings for a PostgreSQL URL.

        It may name several servers, `host:port,host:port`; the one that can be written
        to is used. The value may hold a password, so the error does not repeat it.
        """
        value: str = self.str(name, default="") or default
        config: dict[str, Any] = {}
        if value.partition("://")[0] in _POSTGRESQL:
            try:
                config = self._one_of_many(value)
            except (ValueError, ImproperlyConfigured):
                config = {}
        if not config.get("NAME"):
            raise ImproperlyConfigured(
                f"{name} is no PostgreSQL address; it must look like"
                " postgres://user:password@host:5432/name."
            )
        _check_options(name, config.get("OPTIONS", {}))
        return config

    def _one_of_many(self, url: str) -> dict[str, Any]:
        """Returns the settings with hosts and ports as libpq lists them."""
        parts = urlsplit(url)
        login, at, listed = parts.netloc.rpartition("@")
        hosts = [urlsplit(f"//{host}") for host in listed.split(",")]
        if len(hosts) == 1:
            return self._db_url_config(url)
        first = parts._replace(netloc=f"{login}{at}{hosts[0].netloc}").geturl()
        config = self._db_url_config(first)
        config["HOST"] = ",".join(host.hostname or "" for host in hosts)
        config["PORT"] = ",".join(str(host.port or 5432) for host in hosts)
        options = config.setdefault("OPTIONS", {})
        options.setdefault("target_session_attrs", "read-write")
        return config

    def _db_url_config(self, url: str) -> dict[str, Any]:
        config: dict[str, Any] = self.db_url_config(url)  # type: ignore[no-untyped-call]
        # `?host=` is the directory of a Unix socket; psql would not receive it as an
        # option.
        config["HOST"] = config.get("OPTIONS", {}).pop("host", config["HOST"])
        return config


def _check_options(name: str, options: dict[str, Any]) -> None:
    """Raises ImproperlyConfigured for an option that libpq would refuse."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    for option, value in options.items():
        if option not in known:
            raise ImproperlyConfigured(
                f"{name} has the option {option!r}, which PostgreSQL does not know."
            )
        among = _CHOICES.get(option)
        if among is not None and value not in among:
            raise ImproperlyConfigured(
                f"{name} has {option}={value}; it must be {', '.join(among)}."
            )
        if option in FILES:
            check_tls_file(name, option, value)
