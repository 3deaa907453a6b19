"""Reads environment variables strictly: an invalid value raises an error."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from hci_center.database.options import check_options
from hci_center.hosts import bare_host, in_address
from hci_center.secret_values import secret

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off", ""})
_POSTGRESQL = frozenset({"postgres", "postgresql", "psql", "pgsql"})
# Scheme and host alone.
_SITE = re.compile(r"https?://(\[[0-9a-f:.]+\]|[^/?#:\s@\[\]]+)(:\d+)?", re.IGNORECASE)
# A host of ALLOWED_HOSTS; one that begins with a dot stands for its subdomains too.
_SERVED = re.compile(r"\*|\.?[^/?#:\s@\[\]*,]+|\[[0-9a-f:.]+\]", re.IGNORECASE)
_CONTACTS = frozenset({"https", "mailto", "tel"})
LAST_PORT = 65_535


class Environment(environ.Env):
    """An `environ.Env` whose readers raise ImproperlyConfigured for invalid values."""

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.str(name, default=str(int(default))).strip().lower()
        if value not in _YES | _NO:
            raise ImproperlyConfigured(f"{name} is {value!r}; it must be 1 or 0.")
        return value in _YES

    def secret(self, name: str) -> str:
        """Returns a secret, also one from the file of NAME_FILE; "" if none is set."""
        return secret(self.ENVIRON, name)

    def secrets(self, name: str) -> list[str]:
        """Returns the secrets of a list, which is separated by commas."""
        parts = [part.strip() for part in self.secret(name).split(",")]
        return [part for part in parts if part]

    def age_key(self, name: str) -> str:
        """Returns a secret key of age; "" if none is set."""
        value = self.secret(name).strip()
        if value and not _is_age_key(value):
            raise ImproperlyConfigured(
                f"{name} is no key of age (AGE-SECRET-KEY-1…): "
                "manage.py backup --new-key makes one."
            )
        return value

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
                is_address = (
                    parts.scheme in schemes
                    and bool(parts.netloc or parts.path)
                    and not re.search(r"\s", value)
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

    def controller(self, name: str, *, default: str) -> str:
        """Returns an address in which only `{port}` is to be filled in."""
        value = self.address(name, default=default)
        if set("{}") & set(value.replace("{port}", "")):
            raise ImproperlyConfigured(
                f"{name} may hold {{port}}, which is filled in, and no other braces."
            )
        return value

    def site(self, name: str, *, default: str) -> str:
        """Returns the address of a whole host in small letters, without a last slash.

        One with more, such as a path or a user, is refused.
        """
        value = self.address(name, default=default)
        if value and not _SITE.fullmatch(value):
            raise ImproperlyConfigured(
                f"{name} must be scheme and host alone, such as https://host.example."
            )
        return value.lower()

    def sites(self, name: str) -> list[str]:
        """Returns a list of such addresses."""
        found: list[str] = [each.rstrip("/") for each in self.list(name, default=[])]
        for value in found:
            if not _SITE.fullmatch(value):
                raise ImproperlyConfigured(
                    f"{name} holds {value!r}; each must look like https://host.example."
                )
        return [value.lower() for value in found]

    def host(self, name: str, *, default: str) -> str:
        """Returns a host to listen on, an address of IPv6 without brackets."""
        value = bare_host(self.str(name, default=default).strip())
        is_plain = not re.search(r"[\s/@\[\]]", value)
        if not is_plain or (":" in value and in_address(value) == value):
            raise ImproperlyConfigured(
                f"{name} is {value!r}; it must be a host alone, such as 127.0.0.1 or ::1."
            )
        return value

    def hosts(self, name: str) -> list[str]:
        """Returns a list of hosts as a Host header names them, without ports."""
        found = [in_address(each.strip()) for each in self.list(name, default=[])]
        for value in found:
            if not _SERVED.fullmatch(value):
                raise ImproperlyConfigured(
                    f"{name} holds {value!r}; each must be a host alone, such as "
                    "centre.example."
                )
        return found

    def contact(self, name: str) -> str:
        """Returns an e-mail address or a URL by which somebody is reached, or ""."""
        value: str = self.str(name, default="").strip()
        scheme, colon, _ = value.lower().partition(":")
        is_known = scheme in _CONTACTS if colon else "@" in value
        if value and (not is_known or re.search(r"[\s\x00-\x1f\x7f]", value)):
            raise ImproperlyConfigured(
                f"{name} must be an e-mail address, or begin with https:, mailto: or "
                "tel:, on one line."
            )
        return value

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
        value = self.secret(name) or default
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
        check_options(name, config.get("OPTIONS", {}))
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


def _is_age_key(value: str) -> bool:
    # Loaded only where there is a key: most commands need none.
    from pyrage import IdentityError, x25519

    try:
        x25519.Identity.from_str(value)
    except IdentityError:
        return False
    return True
