"""Makes the HTML of change lists lighter.

The theme writes half a kilobyte of classes into each cell: for fifty rows, more than
the rest of the page. `backoffice.css` defines the same once, as `bo-cell`.
"""

from __future__ import annotations

import re
from typing import Any

_CELL = re.compile(rb'(<t[dh] class="field-[\w-]+) align-middle [^"]*?( nowrap)?"')
_INDENTED = re.compile(rb"\n\s+")


def lighten(response: Any) -> None:
    """Replaces the classes of cells and removes indentation after rendering.

    A list has no preformatted text.
    """
    content = _CELL.sub(rb'\1 bo-cell\2"', response.content)
    response.content = _INDENTED.sub(b"\n", content)
