"""Parses the networks that an API key may be used from."""

from __future__ import annotations

import ipaddress
import re

from django.utils.translation import gettext as _

# The shortest accepted prefixes: half of the internet is not a client.
SHORTEST_PREFIX = {4: 8, 6: 32}
MOST_NETWORKS = 50


class WrongNetworkError(ValueError):
    """An invalid network, or one that is too wide; the text is a sentence for users."""


def parse_networks(text: str) -> tuple[str, ...]:
    """Returns the networks of a text, one per line, without duplicates.

    Raises WrongNetworkError.
    """
    found: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", text.strip()):
        if word:
            found[_network(word)] = None
    if len(found) > MOST_NETWORKS:
        raise WrongNetworkError(_("At most %d networks.") % MOST_NETWORKS)
    return tuple(found)


def overlap(first: str, second: str) -> bool:
    """Returns whether two networks have an address in common."""
    one, other = ipaddress.ip_network(first), ipaddress.ip_network(second)
    return one.version == other.version and one.overlaps(other)


def _network(word: str) -> str:
    try:
        network = ipaddress.ip_network(word)
    except ValueError as error:
        raise WrongNetworkError(
            _("%s is no address or network, such as 192.0.2.7 or 192.0.2.0/24.") % word
        ) from error
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        raise WrongNetworkError(_("%s is too wide: it would let in nearly all.") % word)
    return str(network)
