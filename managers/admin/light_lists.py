"""Makes the HTML of change lists lighter.

The theme writes half a kilobyte of classes into each cell: of fifty rows, more than all the
rest of the page. `backoffice.css` says the same once, as `bo-cell`.
"""

from __future__ import annotations

import re
from typing import Any

_CELL = re.compile(rb'(<t[dh] class="field-[\w-]+) align-middle [^"]*?( nowrap)?"')
_INDENTED = re.compile(rb"\n\s+")


def lighten(response: Any) -> None:
    """Replaces the classes of cells and drops indentation, once it is rendered.

    A list has no text that keeps its blanks.
    """
    content = _CELL.sub(rb'\1 bo-cell\2"', response.content)
    response.content = _INDENTED.sub(b"\n", content)
