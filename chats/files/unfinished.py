"""How a file is named while it is being written."""

from __future__ import annotations

# No stored file has such a name, so one that was left behind is known by it.
UNFINISHED = "."
