"""Finished windows of a clip that is being extracted, saved so that an interrupted run can continue.

A window is a function of clip and settings alone, so those finished by an earlier run can be reused.
"""

import time
from collections.abc import Sequence

import numpy as np

from actiondiff_gui.backbones.protocol import Timestep
from actiondiff_gui.backbones.reading import Pooling
from actiondiff_gui.errors import FeatureStoreError, FeatureWriteError
from actiondiff_gui.features.clips import Window
from actiondiff_gui.features.storage.index import note
from actiondiff_gui.features.storage.token_file import all_names
from actiondiff_gui.features.store import TokenStore

Tokens = dict[tuple[str, int], np.ndarray]
"""Tokens ``[T, 2 C]`` of a window for each timestep and layer, mean and change side by side."""
WHOLE: Pooling = "mean+change"
"""The pooling that everything computed is kept with."""


class OpenClip:
    """The windows of a clip that are done.

    Parameters
    ----------
    store : TokenStore
        Windows that an earlier run left there are taken up.
    clip : str
        Key of the clip.
    timesteps : sequence of Timestep
    layers : sequence of int
    windows : sequence of Window
        All windows of the clip.
    """

    def __init__(
        self,
        store: TokenStore,
        clip: str,
        timesteps: Sequence[Timestep],
        layers: Sequence[int],
        windows: Sequence[Window],
    ) -> None:
        self._store, self._clip, self._windows = store, clip, windows
        self._steps, self._layers = tuple(t.key for t in timesteps), tuple(layers)
        self._done: dict[int, Tokens] = {}
        self._new: list[int] = []
        self._kept_at = time.monotonic()
        self._take_up()

    @property
    def done(self) -> int:
        """How many windows are done."""
        return len(self._done)

    @property
    def complete(self) -> bool:
        """Whether all are."""
        return self.done == len(self._windows)

    def lacking(self) -> list[Window]:
        """Windows that are not done."""
        return [window for window in self._windows if window.number not in self._done]

    def add(self, number: int, tokens: Tokens) -> None:
        """Take the tokens of a window."""
        self._done[number] = tokens
        self._new.append(number)

    def keep(self, seconds: float = 0.0) -> None:
        """Keep the windows done since the last time, if that is ``seconds`` ago, for a run that goes on from here.

        Tokens that cannot be kept are not: the end of the clip will tell.

        Raises
        ------
        FeatureWriteError
            If the disk refuses.
        """
        if not self._new or self.complete or time.monotonic() - self._kept_at < seconds:
            return
        try:
            for step in self._steps:
                self._store.write_part(self._clip, step, *self._joined(step, self._new), WHOLE)
        except FeatureWriteError:
            raise
        except FeatureStoreError:
            pass
        self._new, self._kept_at = [], time.monotonic()

    def write(self) -> None:
        """Keep the whole clip. Raises as :meth:`TokenStore.write`."""
        for step in self._steps:
            self._store.write(self._clip, step, *self._joined(step, sorted(self._done)), WHOLE, noted=False)
        note(self._store.folder, self._clip, self._steps, all_names(self._layers, WHOLE))

    def _joined(self, step: str, numbers: Sequence[int]) -> tuple[dict[int, np.ndarray], np.ndarray]:
        tokens = {n: np.concatenate([self._done[w][step, n] for w in numbers]) for n in self._layers}
        return tokens, np.concatenate([self._windows[w].frames for w in numbers])

    def _take_up(self) -> None:
        found: dict[int, Tokens] = {}
        starts = {window.frames[0]: window for window in self._windows}
        for step in self._steps:
            for tokens, frames in self._store.parts(self._clip, step, WHOLE):
                if not set(self._layers) <= tokens.keys():
                    continue
                for at, first in enumerate(frames.tolist()):
                    window = starts.get(first)
                    rows = slice(at, at + len(window.frames)) if window else slice(0)
                    if window and np.array_equal(frames[rows], window.frames):
                        own = found.setdefault(window.number, {})
                        own |= {(step, layer): tokens[layer][rows] for layer in self._layers}
        whole = len(self._steps) * len(self._layers)
        self._done = {number: tokens for number, tokens in found.items() if len(tokens) == whole}
