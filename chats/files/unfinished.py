"""The names of files while they are being written."""

from __future__ import annotations

# No stored file has such a name, so leftovers can be recognised.
UNFINISHED = "."
