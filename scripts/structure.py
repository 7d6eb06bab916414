"""Print the structure of the package: modules and lines of each folder, and circles of imports.

``python scripts/structure.py [TREE ...]`` prints a table for each tree, for docs/architecture.md; with ``--check`` it only
says what breaks the rules: no circle, and no folder with more than twenty modules. Imports inside functions and under
``TYPE_CHECKING`` count as all others.
"""

import argparse
import ast
import sys
from collections import Counter
from pathlib import Path

import networkx

PACKAGE = "actiondiff_gui"
MOST_MODULES = 20


def modules(tree: Path) -> dict[str, Path]:
    """Every module of the package in a tree, by its dotted name."""
    files = sorted((tree / PACKAGE).rglob("*.py"))
    return {
        ".".join(file.relative_to(tree).with_suffix("").parts).removesuffix(".__init__"): file
        for file in files
    }


def imports(tree: Path) -> "networkx.DiGraph[str]":
    """Return which module imports which."""
    known = modules(tree)
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(known)
    for name, file in known.items():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named: list[str] = []
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                inside = [f"{node.module}.{alias.name}" for alias in node.names]
                named = [each if each in known else node.module for each in inside]
            graph.add_edges_from((name, each) for each in named if each in known and each != name)
    return graph


def circles(tree: Path) -> list[list[str]]:
    """Return groups of modules that import each other, directly or not."""
    return sorted(
        sorted(part) for part in networkx.strongly_connected_components(imports(tree)) if len(part) > 1
    )


def table(tree: Path) -> str:
    """Modules and lines of each folder, as a table in Markdown, and the circles below it."""
    count, lines = Counter[str](), Counter[str]()
    for file in modules(tree).values():
        folder = file.parent.relative_to(tree).as_posix()
        count[folder] += file.name != "__init__.py"
        lines[folder] += len(file.read_text(encoding="utf-8").splitlines())
    rows = [f"| `{folder}/` | {count[folder]} | {lines[folder]:,} |" for folder in sorted(count)]
    found = circles(tree)
    return "\n".join(
        [
            "| folder | modules | lines |",
            "|---|---:|---:|",
            *rows,
            f"| all | {count.total()} | {lines.total():,} |",
            "",
            f"Most modules in one folder: {max(count.values())}. Circles of imports: {len(found)}.",
            *(f"- {', '.join(each)}" for each in found),
        ]
    )


def broken(tree: Path) -> list[str]:
    """Return a sentence on each folder that is too large and each circle."""
    count = Counter(file.parent for file in modules(tree).values() if file.name != "__init__.py")
    large = [
        f"{folder.relative_to(tree)} has {number} modules; at most {MOST_MODULES} are allowed."
        for folder, number in sorted(count.items())
        if number > MOST_MODULES
    ]
    return [*large, *(f"These modules import each other: {', '.join(part)}." for part in circles(tree))]


def main() -> None:
    """Print a table for each tree named, or what breaks the rules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="*", type=Path, default=[Path(__file__).parents[1]])
    parser.add_argument("--check", action="store_true", help="only say what breaks the rules")
    asked = parser.parse_args()
    if asked.check:
        sys.exit("\n".join(text for tree in asked.trees for text in broken(tree)) or None)
    for tree in asked.trees:
        print(table(tree), end="\n\n")


if __name__ == "__main__":
    main()
