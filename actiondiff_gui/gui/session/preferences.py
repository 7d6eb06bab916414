"""Preferences of the user apart from projects: recent projects, keys, layout."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from actiondiff_gui.app_folders import home
from actiondiff_gui.backbones.compute import ComputeSettings
from actiondiff_gui.classifier.review_order import ReviewSettings
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.files import sweep, whole_file
from actiondiff_gui.inputs import regular_file
from actiondiff_gui.project.backups.making import BackupSettings
from actiondiff_gui.settings import kept_settings, to_dict
from actiondiff_gui.workflow.cluster.settings import WorkerSettings

MOST_RECENT = 10
BACKUP_MINUTES, BATCH_SIZE, CLUSTER, REVIEW = "backup_minutes", "batch_size", "cluster", "review"


class Preferences:
    """Values by name, kept in one JSON file. A file that cannot be read counts as empty, and one that cannot
    be written loses only what the app would have remembered.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.file: Path | None = None
        try:
            self.file = (folder or home()) / "preferences.json"
            sweep(self.file.parent)
            values = json.loads(regular_file(self.file).read_text("utf-8"))
        except (OSError, ValueError, RecursionError, ActionDiffError):
            values = {}
        self._values: dict[str, Any] = values if isinstance(values, dict) else {}

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value stored under ``key``, or ``default``."""
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Store ``value``, anything JSON can hold, at once; None removes it."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value
        if self.file is None:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(self.file) as part:
                part.write_text(json.dumps(self._values, indent=1), encoding="utf-8")
        except OSError:
            pass

    @property
    def recent_projects(self) -> list[Path]:
        """Projects opened lately that are still there, latest first."""
        kept = self.get("recent", [])
        names = [name for name in kept if isinstance(name, str)] if isinstance(kept, list) else []
        return [Path(name) for name in names if "\0" not in name and Path(name).is_file()]

    def remember_project(self, path: Path) -> None:
        """Put a project first among the recent ones."""
        names = [str(path), *(str(p) for p in self.recent_projects if p != path)]
        self.set("recent", names[:MOST_RECENT])


def batch_size(preferences: Preferences) -> int | None:
    """Windows per network pass on this computer; None for the backbone's default."""
    return kept_settings(ComputeSettings, {"batch_size": preferences.get(BATCH_SIZE)}).batch_size


def set_batch_size(preferences: Preferences, windows: int | None) -> None:
    """Set how many windows go through a network in one pass."""
    preferences.set(BATCH_SIZE, windows)


def worker_settings(preferences: Preferences) -> WorkerSettings:
    """Who computes features: this process, several of this computer, or other machines."""
    return kept_settings(WorkerSettings, preferences.get(CLUSTER, {}))


def set_worker_settings(preferences: Preferences, settings: WorkerSettings) -> None:
    """Say who computes features."""
    preferences.set(CLUSTER, to_dict(settings) if settings.elsewhere else None)


def review_settings(preferences: Preferences) -> ReviewSettings:
    """Order of review questions, and when the model is retrained."""
    values = preferences.get(REVIEW)
    # Earlier versions kept "never" as 0.
    values = {**values, "every": values.get("every") or None} if isinstance(values, dict) else {}
    return kept_settings(ReviewSettings, values)


def set_review_settings(preferences: Preferences, settings: ReviewSettings) -> None:
    """Set the order of review questions, and when the model is retrained."""
    preferences.set(REVIEW, to_dict(settings))


def backup_every(preferences: Preferences) -> timedelta | None:
    """Minimum time between backups of a changing project; None for no backups."""
    minutes = kept_settings(BackupSettings, {"every": preferences.get(BACKUP_MINUTES)}).every
    return timedelta(minutes=minutes) or None


def set_backup_every(preferences: Preferences, every: timedelta) -> None:
    """Set the minimum time between backups; zero for no backups."""
    preferences.set(BACKUP_MINUTES, int(every.total_seconds() // 60))
