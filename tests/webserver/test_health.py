"""Results of the health probes."""

from __future__ import annotations

import os
import select
import socket
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection

from hci_center.database.base import DatabaseWrapper
from hci_center.webserver import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_disk(tmp_path, settings):
    """Makes the data folder a small disk that is nearly full."""
    mounted = []

    def make(size, *, free):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(tmp_path)],
            check=False,
            capture_output=True,
        )
        if done.returncode != 0:
            pytest.skip("no disk of its own can be mounted here")
        mounted.append(tmp_path)
        settings.DATA_DIR = tmp_path
        if size > free:
            fill(tmp_path / "fill", size - free)

    yield make
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def fill(path, size):
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def found_of_disk():
    check = health.Check("disk", "degraded", health._check_disk)
    check.begin()
    return check.end(time.monotonic() + 10)[0]


def test_little_disk_space_is_degraded_and_none_is_down(small_disk):
    small_disk(700 * 2**20, free=700 * 2**20)
    assert found_of_disk() == "ok"
    fill(health.settings.DATA_DIR / "a", 250 * 2**20)
    assert found_of_disk() == "degraded"
    fill(health.settings.DATA_DIR / "b", 410 * 2**20)
    assert found_of_disk() == "down"


def test_a_folder_that_is_not_writable_is_down(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "gone"
    assert found_of_disk() == "down"


class Authority:
    """Signs the certificate of one server, as a company's own authority does."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign("our own authority", self.key, None)
        self._write("ca.pem", self.certificate)

    def write_server(self):
        key = ec.generate_private_key(ec.SECP256R1())
        self._write("server.crt", self._sign("localhost", key, self.certificate))
        path = self.folder / "server.key"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def _sign(self, name, key, issuer):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        )
        return builder.sign(self.key, hashes.SHA256())

    def _write(self, name, certificate):
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (self.folder / name).write_bytes(pem)


@pytest.fixture
def behind_tls(tmp_path):
    """Serves the test database by TLS, with a company's own certificate.

    Only the company's own authority has signed it.
    """
    Authority(tmp_path).write_server()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener = threading.Thread(
            target=serve_by_tls, args=(listening, context), daemon=True
        )
        listener.start()
        given = {
            "HOST": "localhost",
            "PORT": listening.getsockname()[1],
            "OPTIONS": {
                **connection.settings_dict["OPTIONS"],
                "sslmode": "verify-full",
                "sslrootcert": str(tmp_path / "ca.pem"),
            },
        }
        yield given
        listening.shutdown(socket.SHUT_RDWR)
        listener.join(5)


def serve_by_tls(listening, context):
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=pass_on, args=(client, context), daemon=True).start()


def pass_on(client, context):
    """Answers PostgreSQL's request for TLS and forwards the rest to the server."""
    settings = connection.settings_dict
    server = socket.socket(socket.AF_UNIX)
    with client, server:
        client.recv(8)
        client.sendall(b"S")
        try:
            secure = context.wrap_socket(client, server_side=True)
        except ssl.SSLError:
            return
        server.connect(f"{settings['HOST']}/.s.PGSQL.{settings['PORT'] or 5432}")
        with secure:
            while True:
                ready, _, _ = select.select([secure, server], [], [])
                for one, other in ((secure, server), (server, secure)):
                    if one in ready:
                        data = one.recv(65536)
                        if not data:
                            return
                        other.sendall(data)


@pytest.mark.skipif(
    not str(connection.settings_dict["HOST"]).startswith("/"),
    reason="the database under test is not reached by a Unix socket",
)
def test_the_database_is_checked_with_the_complete_connection_string(
    behind_tls, db, monkeypatch
):
    given = {**connection.settings_dict, **behind_tls}
    monkeypatch.setattr(health, "connection", DatabaseWrapper(given))
    assert health._check_database() == "ok"
    given["OPTIONS"]["sslrootcert"] = "/dev/null"
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        health._check_database()
