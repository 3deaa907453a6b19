"""The network address of a request's caller, and which addresses are public."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import RequestFactory

from areas.checks import check_allowed_hosts, check_trusted_proxies
from hci_center.addresses import address_of, is_public, network_of
from hci_center.environment import Environment


def address(peer, forwarded=None):
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return address_of(RequestFactory().get("/", REMOTE_ADDR=peer, **more))


def test_forwarded_addresses_are_ignored_without_a_known_proxy():
    assert address("10.0.0.1", "1.2.3.4") == address("10.0.0.1") == "10.0.0.1"


@pytest.mark.parametrize("trusted", [["10.0.0.1", "10.0.0.2"], ["10.0.0.0/24"]])
def test_forwarded_addresses_are_read_through_known_proxies(settings, trusted):
    settings.TRUSTED_PROXIES = trusted
    assert address("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2") == "1.2.3.4"
    assert address("::ffff:10.0.0.1", "1.2.3.4") == "1.2.3.4"
    assert address("10.0.0.1", "unknown") == "unknown"
    assert address("10.0.0.1") == "10.0.0.1"
    assert address("10.0.0.1", " , ") == address("10.0.0.1", "") == "10.0.0.1"
    assert address("9.9.9.9", "1.2.3.4") == "9.9.9.9"


def test_an_ipv6_caller_is_identified_by_its_network():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:10.0.0.1") == "10.0.0.1"
    assert network_of("") == address_of(None) == ""


def said_of(settings, url, proxies):
    settings.PUBLIC_URL, settings.TRUSTED_PROXIES = url, proxies
    return [message.id for message in check_trusted_proxies()]


def test_a_public_url_without_proxies_is_a_warning(settings, capsys):
    assert said_of(settings, "", []) == []
    assert said_of(settings, "https://x.example", ["10.0.0.0/8", "::1"]) == []
    assert said_of(settings, "https://x.example", []) == ["areas.W001"]
    call_command("check")
    assert "HCI_TRUSTED_PROXIES is not" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["proxy", "10.0.0.0/99", "127.0.0.1:80"])
def test_an_invalid_proxy_address_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("X", f"10.0.0.0/8, {wrong}")
    with pytest.raises(ImproperlyConfigured, match=f"X holds '{wrong}'"):
        Environment().networks("X")
    monkeypatch.setenv("X", "10.0.0.0/8, ::1")
    assert Environment().networks("X") == ["10.0.0.0/8", "::1"]


def test_a_wildcard_host_is_refused(settings):
    settings.ALLOWED_HOSTS = ["centre.example"]
    assert check_allowed_hosts() == []
    settings.ALLOWED_HOSTS = ["*"]
    assert [message.id for message in check_allowed_hosts()] == ["areas.E001"]


@pytest.mark.parametrize(
    "public",
    [
        "93.184.216.34",
        "2606:2800:220:1:248:1893:25c8:1946",
        "::ffff:93.184.216.34",
        "64:ff9b::5db8:d822",
        "2002:5db8:d822::1",
    ],
)
def test_addresses_of_the_public_internet(public):
    assert is_public(public)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::5db8:d822",
        "2002:7f00:1::1",
        "2002:c0a8:101::1",
        "2001:db8::1",
        "2001:0:5db8:d822::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "",
        "localhost",
        "127.1",
        "0x7f000001",
    ],
)
def test_other_addresses_are_not_public(address):
    assert not is_public(address)
