"""Offers: what is known about a backbone before it is loaded, one for each name.

A plugin's entry point names an :class:`Offer`, a sequence of them, or a :class:`FolderFamily`. See docs/plugins.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.weights.files import digest_files
from actiondiff_gui.errors import BackboneError


def _nothing(*_: object) -> None:
    return None


def _always(*_: object) -> bool:
    return True


class Sketch(Protocol):
    """A backbone whose networks lie on torch's device ``meta`` and hold nothing; besides what every backbone has."""

    weight_bytes: int
    dtype: Any

    def tensors(self) -> list[Any]:
        """All weights and buffers."""
        ...

    def fill(self, device: str) -> None:
        """Move it to a device with weights that mean nothing, so that it can be timed."""
        ...


@dataclass(frozen=True)
class Offer:
    """A backbone that is available by name. Creating an offer loads nothing.

    Attributes
    ----------
    id : str
        The name, as users type it; also the id of the backbone that ``load`` returns.
    title : str
        One line about it.
    load : callable
        ``load(device, precision) -> Backbone``: "cpu", "cuda:0" ..., and "float32", "bfloat16" or "float16".
    shape : callable
        ``shape() -> Description``, or None where it is not known before loading. Quick: windows call it.
    digest : callable
        ``digest(half) -> (hex digest, bytes)`` of the weights that would be loaded in half or full precision, as the
        loaded backbone says it; None where they are not here or it is not known before loading.
    sketch : callable
        ``sketch(precision)``: the backbone without weights, for counting and timing, see :class:`Sketch`; None where it cannot be had.
    is_here : callable
        ``is_here(half) -> bool``: whether it can be loaded without a download.
    source : str
        Where the weights come from: a hub id, a package, a folder.
    licence : str
        Of the weights.
    download_bytes, half_bytes : int
        About what is downloaded first in full and in half precision; 0 for nothing.
    modules : tuple of str
        Modules whose import takes long, which a window imports step by step before it calls ``load``.
    note : str
        What a person should know of its attention, for the overlays dock.
    origin : str
        "sample", "hub", "folder", "plugin" or "control"; filled in by the registry.
    problem : str
        The sentence that says why it cannot be used; "" where it can.
    asleep : bool
        Whether it is of a plugin whose code has not been run: all but the texts, sizes and ``is_here`` is known
        once it is asked for (:func:`~actiondiff_gui.backbones.registry.needed_offer`). Filled in by the registry.
    """

    id: str
    title: str
    load: Callable[..., Any] = field(repr=False)
    shape: Callable[[], Description | None] = field(default=_nothing, repr=False)
    digest: Callable[[bool], tuple[str, int] | None] = field(default=_nothing, repr=False)
    sketch: Callable[[str], "Sketch | None"] = field(default=_nothing, repr=False)
    is_here: Callable[[bool], bool] = field(default=_always, repr=False)
    source: str = ""
    licence: str = ""
    download_bytes: int = 0
    half_bytes: int = 0
    modules: tuple[str, ...] = ()
    note: str = ""
    origin: str = "plugin"
    problem: str = ""
    asleep: bool = False

    def first_bytes(self, half: bool) -> int:
        """About what has to be downloaded before it can be loaded; 0 where nothing has."""
        if not self.download_bytes or self.is_here(half):
            return 0
        return self.half_bytes if half and self.half_bytes else self.download_bytes


@dataclass(frozen=True)
class Checkpoint:
    """Released weights of a family.

    Attributes
    ----------
    id, title, licence : str
        As in :class:`Offer`.
    repo : str
        Name on the hub.
    config : mapping
        The values of its configuration that make its :class:`Description`, as published.
    download_bytes, half_bytes : int
        As in :class:`Offer`.
    """

    id: str
    title: str
    repo: str
    licence: str
    config: Mapping[str, Any]
    download_bytes: int
    half_bytes: int = 0


class FolderFamily:
    """Models of one kind that lie in folders: released ones by name, and any folder of the same kind.

    A family of one's own overrides the first group of methods; the second group follows from it.

    Attributes
    ----------
    modules : tuple of str
        As in :class:`Offer`.
    note : str
        As in :class:`Offer`.
    checkpoints : tuple of Checkpoint
    """

    modules: tuple[str, ...] = ()
    note: str = ""
    mark: str = ""
    """Tells this family's features from another's that reads the same files."""
    shaped_by: tuple[str, ...] = ()
    """Files of a folder that its shape is read from, again when one of them has changed; without any, each time."""

    def __init__(self, checkpoints: Iterable[Checkpoint] = ()) -> None:
        self.checkpoints = tuple(checkpoints)
        self._shapes: dict[Path, tuple[object, Description]] = {}

    # To be overridden

    def reads(self, folder: Path) -> bool:
        """Return whether the folder holds a model of this family; quick, and False rather than an error."""
        raise NotImplementedError

    def config(self, folder: Path) -> Mapping[str, Any]:
        """Read the configuration of a folder."""
        raise NotImplementedError

    def shape_of(self, config: Mapping[str, Any]) -> Description:
        """Tell the shape from a configuration."""
        raise NotImplementedError

    def files(self, folder: Path, half: bool) -> list[Path]:
        """List the configuration and weight files that would be loaded.

        Raises
        ------
        BackboneError
            If one is missing.
        """
        raise NotImplementedError

    def patterns(self, half: bool) -> list[str]:
        """Return glob patterns of the files to download of a hub model; only what is loaded."""
        raise NotImplementedError

    def load_folder(self, folder: Path, *, id: str, digest: str, device: str, precision: str) -> Any:
        """Load a model."""
        raise NotImplementedError

    def sketch_of(self, config: Mapping[str, Any], precision: str) -> Sketch | None:
        """Return the networks of a configuration without weights; None where that is not supported."""
        return None

    def mark_of(self, folder: Path) -> str:
        """Return what distinguishes features of a folder beside its files."""
        return self.mark

    # What follows

    def offers(self) -> list[Offer]:
        """One for each checkpoint."""
        return [self.of_hub(each.repo, each) for each in self.checkpoints]

    def of_folder(self, folder: Path, id: str = "", title: str = "") -> Offer:
        """Return the offer of a folder."""
        return Offer(
            id=id or folder.name,
            title=title or str(folder),
            load=lambda device, precision: self._load(folder, id or folder.name, device, precision),
            shape=lambda: self._shape(folder),
            digest=lambda half: self._digest(folder, half),
            sketch=lambda precision: self.sketch_of(self.config(folder), precision),
            source=str(folder),
            modules=self.modules,
            note=self.note,
            origin="folder",
        )

    def _shape(self, folder: Path) -> Description:
        """Return the shape of a folder, which a window asks for often."""
        now = [_stamp(folder / name) for name in self.shaped_by]
        known = self._shapes.get(folder)
        if known is None or not now or known[0] != now:
            self._shapes[folder] = known = (now, self.shape_of(self.config(folder)))
        return known[1]

    def of_hub(self, repo: str, checkpoint: Checkpoint | None = None) -> Offer:
        """Return the offer of a model on the hub, one of the checkpoints or any other."""
        known = checkpoint or Checkpoint(repo, repo, repo, "", {}, 0)

        def load(device: str, precision: str) -> Any:
            from actiondiff_gui.backbones.weights.hub import fetch

            half = precision != "float32"
            folder = self._here(repo, half) or fetch(repo, self.patterns(half), self._lacking(half))
            return self._load(folder, known.id, device, precision)

        def digest(half: bool) -> tuple[str, int] | None:
            folder = self._here(repo, half)
            return None if folder is None else self._digest(folder, half)

        def config() -> Mapping[str, Any] | None:
            if checkpoint is not None:
                return known.config
            folder = self._here(repo, False) or self._here(repo, True)
            return None if folder is None else self.config(folder)

        def shape() -> Description | None:
            told = config()
            return None if told is None else self.shape_of(told)

        def sketch(precision: str) -> Sketch | None:
            told = config()
            return None if told is None else self.sketch_of(told, precision)

        return Offer(
            id=known.id,
            title=known.title,
            load=load,
            shape=shape,
            digest=digest,
            sketch=sketch,
            is_here=lambda half: self._here(repo, half) is not None,
            source=repo,
            licence=known.licence,
            download_bytes=known.download_bytes,
            half_bytes=known.half_bytes,
            modules=self.modules,
            note=self.note,
            origin="hub",
        )

    def find_folder(self, name: str) -> Offer | None:
        """Return the offer of the folder that ``name`` is the path of, if this family reads it."""
        folder = folder_named(name)
        return self.of_folder(folder) if folder is not None and self.reads(folder) else None

    def is_whole(self, folder: Path, half: bool) -> bool:
        """Return whether all that would be loaded is there."""
        try:
            files = self.files(folder, half)
        except BackboneError:
            return False
        if not all(file.is_file() for file in files):
            return False
        # Half precision that happens to be here is no reason not to get what was asked for.
        return half or not any(".fp16." in file.name for file in files)

    def _here(self, repo: str, half: bool) -> Path | None:
        from actiondiff_gui.backbones.weights.hub import cached

        folder = cached(repo)
        return folder if folder is not None and self.is_whole(folder, half) else None

    def _lacking(self, half: bool) -> Callable[[Path], Sequence[str]]:
        """Patterns of what a copy that comes in full precision only still needs."""
        return lambda folder: self.patterns(False) if half and not self.is_whole(folder, half) else ()

    def _digest(self, folder: Path, half: bool) -> tuple[str, int]:
        files = self.files(folder, half)
        return digest_files(files, self.mark_of(folder)), sum(file.stat().st_size for file in files)

    def _load(self, folder: Path, id: str, device: str, precision: str) -> Any:
        digest, _ = self._digest(folder, precision != "float32")
        return self.load_folder(folder, id=id, digest=digest, device=device, precision=precision)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """Return what changes with a file; None where there is none."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino


def folder_named(name: str) -> Path | None:
    """Return the folder that ``name`` is the path of, if there is one."""
    try:
        folder = Path(name).expanduser()
        return folder.resolve() if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):
        return None
