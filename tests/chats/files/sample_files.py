"""Small files of each kind, by their first bytes, and their declared types."""

from __future__ import annotations

import base64

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4"
    "890000000b49444154789c6360000200000500017a5eab3f0000000049454e44"
    "ae426082"
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x00" * 20
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + b"\x00" * 12
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00" + b"\x00" * 13
VOICE = b"OggS\x00\x02" + b"\x00" * 20 + b"\x01\x13OpusHead\x01\x01" + b"\x00" * 30
OGG = b"OggS\x00\x02" + b"\x00" * 20 + b"\x01\x1e\x01vorbis" + b"\x00" * 30
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90d" + b"\x00" * 30
AAC = b"\xff\xf1\x50\x80" + b"\x00" * 30
AMR = b"#!AMR\n" + b"\x00" * 30
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 30
M4A = b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00M4A mp42isom\x00\x00\x00\x00"
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 20
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm" + b"\x00" * 20
MOBILE_FILM = b"\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x003gp4isom"
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
ZIP = b"PK\x03\x04\x14\x00\x00\x00\x00\x00" + b"\x00" * 30
# An Office document whose first bytes do not show its program.
OFFICE = ZIP + b"\x13\x00\x00\x00[Content_Types].xml" + b"\x00" * 30
DOCX_MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 60
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"


def data_uri(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"
