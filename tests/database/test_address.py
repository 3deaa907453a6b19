"""Addresses of databases and other servers, as Django and libpq read them."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from hci_center.database.options import refused_value
from hci_center.environment import Environment


def test_several_servers_of_a_database_are_listed_for_libpq(monkeypatch):
    monkeypatch.setenv(
        "X", "postgres://u:p%40@one:6543,two,[::1]:7/name?sslmode=verify-full"
    )
    config = Environment().database("X", default="")
    assert (config["HOST"], config["PORT"]) == ("one,two,::1", "6543,5432,7")
    assert (config["NAME"], config["USER"], config["PASSWORD"]) == ("name", "u", "p@")
    assert config["OPTIONS"] == {
        "sslmode": "verify-full",
        "target_session_attrs": "read-write",
    }


def test_the_folder_of_a_socket_is_its_host(monkeypatch):
    monkeypatch.setenv("X", "postgres://hci@/hci?host=/run/there")
    config = Environment().database("X", default="")
    assert (config["HOST"], config["PORT"]) == ("/run/there", "")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("sslmode=always", "X has sslmode=always; it must be disable, allow"),
        ("target_session_attrs=main", "X has target_session_attrs=main; it must be"),
        ("foo=bar", "X has the option 'foo', which PostgreSQL does not know"),
        ("sslrootcert=/nowhere", "X names /nowhere as sslrootcert, which this user"),
        ("sslrootcert={text}", "as sslrootcert, in which there is no certificate"),
        ("sslkey=/nowhere", "X names /nowhere as sslkey, which this user"),
        ("connect_timeout=x", "X has connect_timeout=x; it must be a number"),
        ("keepalives=x", "X has keepalives=x; it must be a number"),
        ("ssl_min_protocol_version=TLSv9", "X has ssl_min_protocol_version=TLSv9; it"),
        ("channel_binding=always", "X has channel_binding=always; it must be disable"),
    ],
)
def test_options_that_libpq_would_refuse(monkeypatch, tmp_path, options, sentence):
    """Otherwise the server would seem to be unavailable forever."""
    text = tmp_path / "text"
    text.write_text("no certificate")
    value = f"postgres://u:hidden@one/name?{options.format(text=text)}"
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=sentence) as refused:
        Environment().database("X", default="")
    assert "hidden" not in str(refused.value)


def test_system_certificate_authorities(monkeypatch):
    monkeypatch.setenv(
        "X", "postgres://u@one/name?sslrootcert=system&sslmode=verify-full"
    )
    config = Environment().database("X", default="")
    assert config["OPTIONS"]["sslrootcert"] == "system"


@pytest.mark.parametrize(
    ("value", "is_fine"),
    [
        ("https://centre.example", True),
        ("https://centre.example:8443/", True),
        ("http://[::1]:8000", True),
        ("https://centre.example/centre", False),
        ("https://centre.example?x", False),
        ("https://[::1", False),
        ("https:///x", False),
        ("https://user:pw@centre.example", False),
        ("https://a b", False),
        ("https://a:", False),
    ],
)
def test_the_address_of_a_site_has_no_path(monkeypatch, value, is_fine):
    monkeypatch.setenv("X", value)
    if is_fine:
        assert Environment().site("X", default="") == value.rstrip("/")
        monkeypatch.setenv("X", f"https://other.example,{value}")
        assert Environment().sites("X")[1] == value.rstrip("/")
        return
    with pytest.raises(ImproperlyConfigured, match="X "):
        Environment().site("X", default="")
    with pytest.raises(ImproperlyConfigured, match="X holds"):
        Environment().sites("X")


def test_the_scheme_of_a_site_may_have_capitals(monkeypatch):
    """Whether cookies are secure depends on the scheme."""
    monkeypatch.setenv("X", "HTTPS://Centre.example/")
    assert Environment().site("X", default="") == "https://centre.example"
    assert Environment().sites("X") == ["https://centre.example"]


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("contact", "security@a.example\nEncryption: https://b"),
        ("contact", "http://a.example"),
        ("contact", "nobody"),
        ("contact", "javascript:alert(1)"),
        ("hosts", "https://a"),
        ("hosts", "a:8000"),
        ("hosts", "a/b"),
    ],
)
def test_an_invalid_value_is_refused(monkeypatch, reader, value):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"^X "):
        getattr(Environment(), reader)("X")


@pytest.mark.parametrize(
    "value", ["a@b.example", "mailto:a@b.example", "https://b.example", "tel:+55-11-9"]
)
def test_the_security_contact(monkeypatch, value):
    monkeypatch.setenv("X", value)
    assert Environment().contact("X") == value


@pytest.mark.parametrize(
    ("value", "is_fine"),
    [
        ("http://127.0.0.1:{port}", True),
        ("http://controller:80/{port}", True),
        ("http://{host}:{port}", False),
        ("http://a:{PORT}", False),
        ("http://a b:{port}", False),
    ],
)
def test_only_the_port_is_filled_in_the_address_of_controllers(
    monkeypatch, value, is_fine
):
    monkeypatch.setenv("X", value)
    if is_fine:
        assert Environment().controller("X", default="") == value
        return
    with pytest.raises(ImproperlyConfigured, match=r"^X "):
        Environment().controller("X", default="")


@pytest.mark.parametrize(
    ("error", "is_refused"),
    [
        ('connection is bad: invalid sslmode value: "x"', True),
        ('connection is bad: definition of service "x" not found', True),
        ("bad value for connect_timeout: 'x'", True),
        ("connection failed: Connection refused", False),
    ],
)
def test_invalid_options_are_distinguished_from_an_unavailable_server(
    error, is_refused
):
    assert (refused_value(OperationalError(error)) is not None) == is_refused
