"""BORIS's own code opens a project, checks it and exports its events: run by a Python that has boris-behav-obs.

    python boris_code.py PROJECT FOLDER

Writes ``OBSERVATION.tsv`` and ``OBSERVATION.xlsx`` (tabular) and ``aggregated.tsv`` into FOLDER and prints what BORIS
finds wrong with the project. The window library that BORIS imports is stubbed.
"""

import sys
from decimal import Decimal
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

STUBBED = ("PySide6", "PyQt5", "shiboken6", "matplotlib", "exifread", "hachoir", "pyqtgraph", "pyreadr")
STUBBED += ("scipy", "sklearn")
WINDOWS = ("boris.core", "boris.mpv", "boris.mpv2", "boris.player_dock_widget", "PIL.ImageQt")


class Windowless(MetaPathFinder, Loader):
    """Modules of which nothing is needed to read, check and export a project."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in STUBBED or name in WINDOWS:
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = Stub(spec.name)
        module.__path__ = []
        module.__all__ = []
        return module

    def exec_module(self, module):
        pass


class Anything(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock()


def _takes(self, *given, **named) -> None:
    pass


def _gives(self, *given, **named):  # as a decorator: what it decorates
    return given[0] if given else MagicMock()


def _has(self, name):
    return MagicMock()


class Stub(ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name[0].isupper():  # a class that BORIS derives its own from
            return Anything(name, (), {"__init__": _takes, "__call__": _gives, "__getattr__": _has})
        return MagicMock()


def main(project: str, folder: Path) -> None:
    sys.meta_path.insert(0, Windowless())
    from boris import config, export_observation, project_functions

    name, _, read, message = project_functions.open_project_json(project)
    if "error" in read:
        raise SystemExit(f"BORIS cannot open {name}: {read['error']} {message}")
    wrong = project_functions.check_project_integrity(read, config.S, project, media_file_available=False)
    if wrong.replace("<br>", "").strip():
        print(wrong)
    subjects = [config.NO_FOCAL_SUBJECT, *(s["name"] for s in read[config.SUBJECTS].values())]
    codes = [b[config.BEHAVIOR_CODE] for b in read[config.ETHOGRAM].values()]
    chosen = {
        config.SELECTED_SUBJECTS: subjects,
        config.SELECTED_BEHAVIORS: codes,
        "time": config.TIME_EVENTS,
        config.START_TIME: Decimal(0),
        config.END_TIME: Decimal(0),
    }
    for number, (obs, observation) in enumerate(read[config.OBSERVATIONS].items()):
        for kind in ("tsv", "xlsx"):
            done, why = export_observation.export_tabular_events(
                read, chosen, obs, observation, read[config.ETHOGRAM], str(folder / f"{number}.{kind}"), kind
            )
            if not done:
                raise SystemExit(f"BORIS cannot export {obs}: {why}")


main(sys.argv[1], Path(sys.argv[2]))
