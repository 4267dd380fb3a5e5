"""`{% docs name %} ... {% enddocs %}` blocks out of Markdown files."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DOCS = re.compile(r"\{%-?\s*docs\s+(\w+)\s*-?%\}(.*?)\{%-?\s*enddocs\s*-?%\}", re.DOTALL)


def docs_blocks(text: str) -> Iterator[tuple[str, str]]:
    """Name and text of each block of a file."""
    for found in _DOCS.finditer(text):
        yield found[1], found[2].strip()
