"""Names of sent files have a suffix that fits their type."""

from __future__ import annotations

import pytest

from chats.gateways.file_names import SUFFIXES, named_as, suffix_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("name", "mime", "expected"),
    [
        ("f48fffe7", "application/pdf", "f48fffe7.pdf"),
        ("f48fffe7", "audio/webm", "f48fffe7.weba"),
        ("f48fffe7", "audio/wav", "f48fffe7.wav"),
        ("f48fffe7", "video/3gpp", "f48fffe7.3gp"),
        ("f48fffe7", "text/plain", "f48fffe7.txt"),
        ("f48fffe7", "something/else", "f48fffe7.bin"),
        # A fitting suffix is not changed.
        ("Boleto 03.PDF", "application/pdf", "Boleto 03.PDF"),
        ("foto.jpeg", "image/jpeg", "foto.jpeg"),
        # Many formats are text, or a ZIP inside.
        ("nfe-3526.xml", "text/plain", "nfe-3526.xml"),
        ("vendas.csv", "text/plain", "vendas.csv"),
        ("mapa.kmz", "application/zip", "mapa.kmz"),
        ("contrato.p7s", "application/octet-stream", "contrato.p7s"),
        # The content has another type than the name.
        ("foto.heic", "image/jpeg", "foto.jpg"),
        ("gravação.webm", "audio/ogg", "gravação.ogg"),
        ("nota.exe", "application/pdf", "nota.exe.pdf"),
        ("foto.jpg", "application/octet-stream", "foto.jpg.bin"),
        ("nota.pdf", "text/plain", "nota.pdf.txt"),
        # Looks like a suffix but is not one.
        ("contrato v1.2 final", DOCX, "contrato v1.2 final.docx"),
        (".perfil", "text/plain", ".perfil.txt"),
        ("fim.", "text/plain", "fim..txt"),
    ],
)
def test_a_name_has_a_suffix_that_fits_the_type(name, mime, expected):
    assert named_as(name, mime) == expected


@pytest.mark.parametrize(
    ("name", "mime", "expected"),
    [
        ("nfe.xml", "text/plain", "nfe.xml"),
        ("cb0301.rem", "text/plain", "cb0301.rem.txt"),
        ("chave.p12x", "application/octet-stream", "chave.p12x.bin"),
    ],
)
def test_a_gateway_that_uses_suffixes_gets_a_known_one(name, mime, expected):
    assert named_as(name, mime, common=True) == expected


def test_every_type_has_a_fitting_suffix():
    for mime in SUFFIXES:
        given = f"x{suffix_of(mime)}"
        assert named_as("x", mime) == given
        assert named_as(given, mime, common=True) == given
