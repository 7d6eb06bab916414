"""Count the functions in which each central concept is built, in one source tree or several side by side.

    python scripts/count_concepts.py                         # this tree
    python scripts/count_concepts.py ../before . --list      # two trees, with the names of the functions

Read from the syntax tree, without importing anything; a function counts once for each concept.
"""

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

DEALERS = ("KFold", "GroupKFold", "StratifiedKFold", "StratifiedGroupKFold", "LeaveOneGroupOut")
"""Classes of scikit-learn that divide clips."""


def builds_a_store(node: ast.AST) -> bool:
    """``TokenStore(...)``."""
    return isinstance(node, ast.Call) and name_of(node.func) == "TokenStore"


def resolves_a_timestep(node: ast.AST) -> bool:
    """Return whether a backbone's ``default_timestep`` is read."""
    return (
        isinstance(node, ast.Attribute) and node.attr == "default_timestep" and isinstance(node.ctx, ast.Load)
    )


def splits_clips(node: ast.AST) -> bool:
    """Return whether a ``Split`` or ``Fold`` is made, or one of :data:`DEALERS` is used."""
    made = isinstance(node, ast.Call) and name_of(node.func) in ("Split", "Fold")
    return made or (isinstance(node, ast.Name) and node.id in DEALERS)


def computes_an_interval(node: ast.AST) -> bool:
    """``ppf`` of a distribution, or ``quantile`` of resamples; percentiles of pictures do not count."""
    return isinstance(node, ast.Call) and name_of(node.func) in ("ppf", "quantile")


CONCEPTS = {
    "build a store": (builds_a_store, ()),
    "resolve a default timestep": (resolves_a_timestep, ("backbones", "testing")),
    "split clips": (splits_clips, ()),
    "compute an interval": (computes_an_interval, ()),
}
"""For each concept what shows it, and the packages that define it or stand in for a user, which are left out."""


def name_of(node: ast.expr) -> str:
    """``"f"`` of ``f`` and of ``a.b.f``."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every part of a module's code with the name of the outermost function, or method, that it is in."""

    def walk(node: ast.AST, name: str, inside: bool) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and not inside
            own = f"{name}.{child.name}".lstrip(".") if named else name
            yield own, child
            yield from walk(child, own, inside or isinstance(child, ast.FunctionDef))

    yield from walk(tree, "", False)


def builders(root: Path) -> dict[str, set[str]]:
    """For each concept the functions of the package in ``root`` that build it: ``"features/feature_set.py: FeatureSet.store"``."""
    package = root / "actiondiff_gui"
    found: dict[str, set[str]] = {concept: set() for concept in CONCEPTS}
    for file in sorted(package.rglob("*.py")):
        inside = file.relative_to(package)
        for name, node in functions(ast.parse(file.read_text("utf-8"))):
            for concept, (shows, without) in CONCEPTS.items():
                if inside.parts[0] not in without and shows(node):
                    found[concept].add(f"{inside.as_posix()}: {name or 'the module'}")
    return found


def counts(found: set[str]) -> str:
    """ "9 functions in 4 packages"."""
    packages = {builder.split("/")[0] for builder in found}
    return f"{len(found)} function{'s' * (len(found) != 1)} in {len(packages)} package{'s' * (len(packages) != 1)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", nargs="*", type=Path, default=[Path(__file__).parents[1]])
    parser.add_argument("--list", action="store_true", help="name the functions")
    wanted = parser.parse_args()
    trees = {tree: builders(tree) for tree in wanted.trees}
    for concept in CONCEPTS:
        print(f"| {concept} | {' | '.join(counts(found[concept]) for found in trees.values())} |")
    for tree, found in trees.items() if wanted.list else ():
        for concept, where in found.items():
            print(f"\n{tree}: {concept}")
            print(*(f"  {builder}" for builder in sorted(where)), sep="\n")


if __name__ == "__main__":
    main()
