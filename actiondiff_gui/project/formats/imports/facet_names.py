"""Facet names for the metadata of other tools."""

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project import checks
from actiondiff_gui.project.formats.readers.contents import EVENT, OFFSET, of_bout

LONGEST = 400
"""So many characters of a name are kept."""


def facet_name(name: str, tool: str = "BORIS") -> str:
    """Return the facet for a tool's metadata of a video; names with another meaning in our tables are changed."""
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:LONGEST]
    try:
        key = checks.facet_key(name)
    except ProjectError:
        key = f"{name} ({tool})".strip()
    return f"{key} ({tool})" if of_bout(key) or key == OFFSET else key


def bout_facet(name: str, tool: str) -> str:
    """Return the facet for a tool's metadata of one bout: comments, categories and numbered modifiers are those of BORIS."""
    key = " ".join(name.casefold().split())
    return key if of_bout(key) and key != EVENT else facet_name(name, tool)
