"""Report page: one self-contained HTML file."""

import base64
import math
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from actiondiff_gui._version import __version__
from actiondiff_gui.errors import AnalysisError
from actiondiff_gui.report.files import write_whole

PACKAGES = (
    "av", "diffusers", "matplotlib", "numpy", "scikit-learn", "scipy", "torch", "transformers", "umap-learn",
)  # fmt: skip
"""Packages whose versions a report names by default."""

_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Picture:
    """A PNG or JPEG file to embed, a caption below it, and what it shows for those who cannot see it."""

    path: Path
    caption: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers under ``columns``; numbers stand at the right, unknown ones as a dash."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """One part of a report: paragraphs, then figures, then tables, then notes (caveats, things left out)."""

    title: str
    text: Sequence[str] = ()
    figures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of this program, of Python, and of those ``packages`` that are installed."""
    found = {"actiondiff-gui": __version__, "python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def report_html(
    title: str,
    sections: Sequence[Section],
    lead: str = "",
    settings: Mapping[str, object] | None = None,
    provenance: Mapping[str, object] | None = None,
    package_versions: Mapping[str, str] | None = None,
) -> str:
    """Return a whole report as one HTML text that loads nothing from anywhere.

    All text is escaped and pictures are embedded. The page has no script, and forbids any.

    Parameters
    ----------
    title, lead : str
        The heading, and one or two sentences below it: what the report found.
    sections : sequence of Section
    settings, provenance : mapping, optional
        For the end: what was chosen, and where things come from (project, backbone, digest, date).
    package_versions : mapping, optional
        By default those of :func:`versions`.

    Raises
    ------
    AnalysisError
        If a picture cannot be read or is neither PNG nor JPEG, or if a row does not fit its table.
    """
    parts = [f"<h1>{escape(title)}</h1>"]
    if lead:
        parts.append(f'<p class="lead">{escape(lead)}</p>')
    anchors = [f"section-{i}-{_slug(section.title)}" for i, section in enumerate(sections, 1)]
    if len(sections) > 2:
        links = "".join(
            f'<li><a href="#{anchor}">{escape(section.title)}</a></li>'
            for anchor, section in zip(anchors, sections, strict=True)
        )
        parts.append(f'<nav aria-label="Contents"><ol>{links}</ol></nav>')
    parts += [_section(section, anchor) for section, anchor in zip(sections, anchors, strict=True)]
    facts = {
        "Settings": settings or {},
        "Provenance": provenance or {},
        "Versions": versions() if package_versions is None else package_versions,
    }
    blocks = "".join(f"<div><h3>{name}</h3>{_facts(block)}</div>" for name, block in facts.items() if block)
    if blocks:
        blocks = f'<div class="facts">{blocks}</div>'
        parts.append(f'<section id="how"><h2>How this was made</h2>{blocks}</section>')
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def write_report(path: str | os.PathLike[str], html: str) -> Path:
    """Write a report; an older file of that name stays until the new one is whole.

    Raises
    ------
    AnalysisError
        If the file cannot be written.
    """
    return write_whole(path, lambda part: part.write_text(html, encoding="utf-8", newline="\n"), "report")


def _section(section: Section, anchor: str) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>"]
    parts += [f"<p>{escape(paragraph)}</p>" for paragraph in section.text]
    parts += [_picture(picture) for picture in section.figures]
    parts += [_table(table) for table in section.tables]
    if section.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in section.notes)
        parts.append(f"<aside><strong>Note</strong><ul>{notes}</ul></aside>")
    return f'<section id="{anchor}">{"".join(parts)}</section>'


def _picture(picture: Picture) -> str:
    try:
        data = Path(picture.path).read_bytes()
    except OSError as error:
        raise AnalysisError(
            f"The figure {picture.path} could not be read ({error.strerror}). Make it again, or leave it out."
        ) from error
    kind = next((kind for start, kind in _TYPES.items() if data.startswith(start)), None)
    if kind is None:
        raise AnalysisError(f"{picture.path} is not a PNG or JPEG picture; a report can embed only those.")
    alt = escape(picture.alt or picture.caption or Path(picture.path).stem)
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
    encoded = base64.b64encode(data).decode("ascii")
    return f'<figure><img src="data:{kind};base64,{encoded}" alt="{alt}">{caption}</figure>'


def _table(table: Table) -> str:
    for row in table.rows:
        if len(row) != len(table.columns):
            raise AnalysisError(
                f"A row of the table '{table.caption}' has {len(row)} cells where there are "
                f"{len(table.columns)} columns."
            )
    numeric = [
        bool(table.rows) and all(_is_number(row[i]) for row in table.rows) for i in range(len(table.columns))
    ]
    kinds = [' class="number"' if is_number else "" for is_number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(str(column))}</th>'
        for column, kind in zip(table.columns, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(_text(cell))}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in table.rows
    )
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    return (
        f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _facts(block: Mapping[str, object]) -> str:
    rows = "".join(
        f"<dt>{escape(str(name))}</dt><dd>{escape(_text(value, '{:g}'))}</dd>"
        for name, value in block.items()
    )
    return f"<dl>{rows}</dl>"


def _is_number(cell: object) -> bool:
    return (
        cell is None
        or (isinstance(cell, int | float) and not isinstance(cell, bool))
        or hasattr(cell, "dtype")
    )


def _text(cell: object, number: str = "{:.3f}") -> str:
    """Return a cell as text: numbers formatted by ``number``, unknown ones as a dash."""
    if hasattr(cell, "item"):
        cell = cell.item()
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return number.format(cell) if cell == 0 or 0.001 <= abs(cell) < 10000 else f"{cell:.3g}"
    if isinstance(cell, list | tuple):
        return ", ".join(_text(item, number) for item in cell)
    return str(cell)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "part"


_CSS = """
:root { --ground: #f5f7f9; --card: #ffffff; --ink: #1c2733; --faint: #5b6772; --line: #d9dee3;
  --accent: #0072b2; --note: #fdf3e1; --note-line: #e69f00; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14191f; --card: #1d242c; --ink: #e6eaee; --faint: #a3aeb8; --line: #35404a;
    --accent: #6cbcf0; --note: #2d2617; --note-line: #c58a12; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 21px; line-height: 1.3; margin: 0 0 12px; }
h3 { font-size: 15px; margin: 0 0 8px; }
p { max-width: 75ch; margin: 0 0 12px; overflow-wrap: anywhere; }
.lead { font-size: 18px; color: var(--faint); margin-bottom: 24px; }
a { color: var(--accent); }
nav ol { display: flex; flex-wrap: wrap; gap: 4px 40px; margin: 0 0 24px; padding-left: 20px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 24px 28px; margin: 0 0 24px; }
figure { margin: 16px 0; }
img { display: block; width: 100%; height: auto; background: #ffffff; border-radius: 8px;
  border: 1px solid var(--line); padding: 8px; }
figcaption { color: var(--faint); font-size: 14px; margin-top: 8px; max-width: 85ch; }
.wide { overflow-x: auto; margin: 16px 0; }
table { border-collapse: collapse; font-size: 14.5px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); font-size: 14px; padding-bottom: 6px; }
th, td { text-align: left; padding: 6px 22px 6px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-weight: 600; border-bottom-width: 2px; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
aside { background: var(--note); border-left: 4px solid var(--note-line); border-radius: 4px;
  padding: 10px 16px; margin: 16px 0 0; font-size: 15px; }
aside ul { margin: 4px 0 0; padding-left: 20px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 20px 40px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 0; font-size: 14px; }
dt { color: var(--faint); max-width: 22ch; overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) { main { padding: 20px 12px; } section { padding: 16px; } }
@media print { body { background: none; } section { break-inside: avoid-page; border: 0; padding: 0; } }
"""
