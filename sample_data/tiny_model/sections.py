"""Generated sections of Markdown files, between two comments."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_PART = re.compile(r"(<!-- printed: (?P<name>[a-z-]+)[^>]*-->\n).*?(<!-- end -->)", re.DOTALL)


def fill(file: Path, sections: Mapping[str, Sequence[str]]) -> list[str]:
    """Replace what stands between ``<!-- printed: NAME -->`` and ``<!-- end -->`` by the lines of that name.

    Parts whose name is not among the sections stay as they are. Returns the names of the parts that were filled.
    """
    text, filled = file.read_text(encoding="utf-8"), []

    def written(found: re.Match) -> str:
        name = found["name"]
        if name not in sections:
            return found[0]
        filled.append(name)
        return found[1] + "\n".join(sections[name]) + "\n" + found[3]

    changed = _PART.sub(written, text)
    if changed != text:
        file.write_text(changed, encoding="utf-8")
    return filled
