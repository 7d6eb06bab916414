"""Named selections of clips, stored with the project, and the selections before the present one."""

from collections.abc import Sequence

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.project.project import Project

SETTING = "selections"
MOST_KEPT = 100
MOST_BEFORE = 20


def saved(project: Project) -> dict[str, tuple[str, ...]]:
    """Return the clip ids of each saved selection by its name, in the order in which they were saved."""
    kept = project.setting(SETTING, {})
    if not isinstance(kept, dict):
        return {}
    return {
        str(name): tuple(clip for clip in ids if isinstance(clip, str))
        for name, ids in kept.items()
        if isinstance(ids, list)
    }


def store(project: Project, name: str, clip_ids: Sequence[str]) -> None:
    """Save a selection, in place of one of the same name.

    Raises
    ------
    ProjectError
        It has no name or no clips, or there are too many already.
    """
    kept = {key: list(ids) for key, ids in saved(project).items() if key != name}
    if not name.strip() or not clip_ids:
        raise ProjectError("Select clips and give the selection a name, then it can be saved.")
    if len(kept) >= MOST_KEPT:
        raise ProjectError(f"There are {MOST_KEPT} saved selections. Delete one first.")
    project.set_setting(SETTING, {**kept, name: list(clip_ids)})


def forget(project: Project, name: str) -> None:
    """Delete a saved selection; its clips stay."""
    project.set_setting(SETTING, {key: list(ids) for key, ids in saved(project).items() if key != name})


class Before:
    """Selections of two or more clips, to go back to."""

    def __init__(self) -> None:
        self._last: tuple[str, ...] = ()
        self._before: list[tuple[str, ...]] = []

    def note(self, clip_ids: tuple[str, ...]) -> None:
        """Note the present selection; the one before it can be gone back to."""
        if clip_ids != self._last:
            if len(self._last) > 1:
                self._before = [*self._before, self._last][-MOST_BEFORE:]
            self._last = clip_ids

    @property
    def latest(self) -> tuple[str, ...]:
        """The selection before the present one; () where there is none."""
        return self._before[-1] if self._before else ()

    def back(self) -> tuple[str, ...]:
        """Return the selection before the present one, which is forgotten."""
        self._last = self._before.pop() if self._before else ()
        return self._last

    def clear(self) -> None:
        """Forget all."""
        self._last, self._before = (), []
