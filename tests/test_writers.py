"""All modules write through the functions that check for existing files.

Files are filled through the path that :func:`whole_file` or :meth:`Output.written` gives; by custom it is called ``part``.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import actiondiff_gui

ROOT = Path(actiondiff_gui.__file__).parent
METHODS = {
    *("write_text", "write_bytes", "savefig", "touch", "rename", "hardlink_to", "symlink_to"),
    *("save", "savez", "savez_compressed", "tofile", "to_csv", "to_json", "imwrite", "imsave", "dump"),
    *("copy", "copy2", "copyfile", "copytree", "move", "link", "open_group", "open_array"),
}
ALLOWED = {
    # The places themselves.
    "files.py": {"replace", "link", "open"},
    "outputs.py": {"replace"},
    "overlays/zarr_folder.py": {"rename"},
    # Files of the program's own, named by the program.
    "classifier/models/files.py": {"link", "rename"},
    "evaluation/study/stored_scores.py": {"open"},
    "embedding/process.py": {"savez", "replace"},
    "faults.py": {"open"},
    "features/storage/healing.py": {"replace"},
    "features/storage/index.py": {"open"},
    "project/storage/journal.py": {"replace", "copyfile"},
    "project/paths.py": {"copy2", "link", "rename"},
    "project/backups/restoring.py": {"copy2", "link"},
    "project_header.py": {"open"},
    # The file of a recording gets another name, and never one that is taken.
    "project/videos.py": {"rename"},
    "project/project.py": {"rename"},
    "gui/videos/dock.py": {"rename"},
}
"""Files in which other calls write, and which."""


def writing_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each call that may write to another path than ``part``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if "part" in ast.unparse(node):
            continue
        if called == "open" and _writes(node):
            yield node.lineno, called
        elif called in METHODS and isinstance(node.func, ast.Attribute) and (node.args or called == "touch"):
            if not _is_memory(node):
                yield node.lineno, called
        elif called == "replace" and isinstance(node.func, ast.Attribute) and _is_path_replace(node):
            yield node.lineno, called


def _writes(node: ast.Call) -> bool:
    """Whether a call of ``open`` names a mode for writing, or flags for making a file."""
    said = [*node.args, *(word.value for word in node.keywords)]
    texts = [each.value for each in said if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(
        set(text) & set("wax+") and set(text) <= set("rwaxbt+") for text in texts
    ) or "O_CREAT" in ast.unparse(node)


def _is_path_replace(node: ast.Call) -> bool:
    """Paths are replaced with one argument, or two of ``os``; text always with two and dates with names."""
    return len(node.args) == 1 or ast.unparse(node.func) == "os.replace"


def _is_memory(node: ast.Call) -> bool:
    """Return whether a call of such a name touches no file."""
    owner = ast.unparse(node.func.value)
    return owner in ("copy", "painter", "json", "self", "self.keeper", "models") or (
        node.func.attr in ("copy", "move") and owner != "shutil"
    )


def test_files_are_written_only_through_the_places_that_look_first():
    found: dict[str, dict[str, list[int]]] = {}
    for file in sorted(ROOT.rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        for line, call in writing_calls(ast.parse(file.read_text(encoding="utf-8"))):
            if call not in ALLOWED.get(name, ()):
                found.setdefault(name, {}).setdefault(call, []).append(line)
    assert found == {}


def test_a_writer_that_passes_them_over_is_seen():
    for text in (
        "open(path, 'w')",
        "path.open('ab')",
        "path.write_text(text)",
        "np.save(out, values)",
        "figure.savefig(out)",
        "shutil.copy(a, b)",
        "os.replace(a, b)",
        "a.replace(b)",
        "av.open(str(out), 'w')",
    ):
        assert list(writing_calls(ast.parse(text))), text
    for text in (
        "open(path)",
        "path.open('rb')",
        "part.write_text(text)",
        "name.replace('a', 'b')",
        "a.copy()",
    ):
        assert not list(writing_calls(ast.parse(text))), text


def test_the_window_asks_for_outputs_in_one_place():
    """A new project has a dialog of its own: it is made, and never replaces a file."""
    users = {
        file.name for file in ROOT.rglob("*.py") if "getSaveFileName" in file.read_text(encoding="utf-8")
    }
    assert users == {"saving.py", "menu.py"}
    assert (ROOT / "gui" / "project" / "menu.py").read_text(encoding="utf-8").count("getSaveFileName") == 1


def test_the_programs_own_files_alone_are_replaced_without_a_look():
    """``whole_file`` replaces what is there: only stores may use it, and never with a path that a person named."""
    users = {
        file.relative_to(ROOT).as_posix()
        for file in ROOT.rglob("*.py")
        if "import whole_file" in (text := file.read_text(encoding="utf-8")) or ", whole_file" in text
    }
    assert users == {
        *("outputs.py", "report_folder.py", "classifier/models/library.py", "classifier/models/saved.py"),
        *("features/store.py", "features/storage/healing.py", "features/storage/packing.py"),
        "features/stored_sets.py",
        *("project/storage/database.py", "project/backups/making.py", "project/backups/restoring.py"),
        *(
            "gui/map/state/clip_maps.py",
            "gui/map/state/moment_maps.py",
            "gui/session/preferences.py",
            "workflow/cluster/slurm_array.py",
        ),
    }
