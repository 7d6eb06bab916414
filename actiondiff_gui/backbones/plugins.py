"""Discovery of backbones in installed plugins; a plugin's code runs only when one of its backbones is used.

Before that, its list entry comes from its entry point, its package's metadata and the file that
:mod:`~actiondiff_gui.backbones.plugin_toml` reads. A plugin that cannot be used is reported and does not affect others.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from actiondiff_gui import faults, stopping
from actiondiff_gui.backbones.offers import FolderFamily, Offer, folder_named
from actiondiff_gui.backbones.plugin_toml import Stated, stated_by
from actiondiff_gui.errors import BackboneError

GROUP = "actiondiff_gui.backbones"
"""Entry-point group of plugins. An entry point names an Offer, a sequence of Offers, or a FolderFamily."""


class Plugin:
    """One entry point, asleep until :meth:`wake`.

    Attributes
    ----------
    point : EntryPoint
    stated : Stated or None
        What its file says; None where it has none.
    offers : list of Offer
        What it offers; of a sleeping plugin those have ``asleep`` set. Of a broken one, one with a ``problem``.
    family : FolderFamily or None
        Which reads folders of its kind; known once it is awake.
    """

    def __init__(self, point: EntryPoint) -> None:
        self.point, self.asleep = point, True
        self.stated: Stated | None = None
        self.family: FolderFamily | None = None
        self._waking = threading.Lock()
        try:
            self.stated = stated_by(point.module)
            self.offers = self._sleeping()
        except (BackboneError, ImportError, ValueError) as error:
            self.offers, self.asleep = [_broken(point, str(error))], False

    def wake(self) -> None:
        """Import the plugin once. Exceptions of third-party code are reported in its offers and not raised.

        Raises
        ------
        BackboneError
            If another thread is at it; it may hang.
        """
        if not self._waking.acquire(blocking=False):
            raise BackboneError(
                f"The plugin {_package(self.point)} is still being imported. Try again in a moment."
            )
        try:
            if not self.asleep:
                return
            try:
                self.offers, self.family = _read(self.point)
            except BaseException as error:
                if stopping.is_real(error):
                    raise
                self.offers = [_broken(self.point, faults.words(error))]
            self.asleep = False
        finally:
            self._waking.release()

    def find_folder(self, name: str) -> Offer | None:
        """Return the offer of the folder that ``name`` is the path of, if the plugin reads it, as far as that is known."""
        if self.family is not None:
            try:
                return self.family.find_folder(name)
            except Exception:
                return None
        folder = folder_named(name)
        if not self.asleep or self.stated is None or folder is None or not self.stated.reads_folder(folder):
            return None
        offer = Offer(folder.name, str(folder), load=_not_awake, source=str(folder), origin="folder")
        return replace(offer, asleep=True)

    def _sleeping(self) -> list[Offer]:
        if self.stated is not None:
            offers = self.stated.offers()
        else:
            title = f"what {_package(self.point)} offers is known once it is chosen"
            offers = [Offer(self.point.name, title, load=_not_awake, is_here=lambda half: False)]
        return [
            replace(
                offer, origin="plugin", source=offer.source or self.point.value, load=_not_awake, asleep=True
            )
            for offer in offers
        ]


def plugins() -> tuple[Plugin, ...]:
    """Return the plugins that are installed, by the name of their entry point; the same ones for each ``sys.path``."""
    return _plugins(tuple(sys.path))


@lru_cache(maxsize=4)
def _plugins(_: tuple[str, ...]) -> tuple[Plugin, ...]:
    return tuple(Plugin(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name))


def listed(taken: Sequence[str] = ()) -> list[Offer]:
    """Return the offers of the plugins without importing any; names in ``taken`` are built in and cannot be used."""
    offers: dict[str, Offer] = {}
    for plugin in plugins():
        for offer in plugin.offers:
            if offer.id in taken or (offer.id in offers and not offers[offer.id].problem):
                other = "built in" if offer.id in taken else f"offered by {offers[offer.id].source}"
                name = f"{offer.id} ({plugin.point.name})"
                offers[name] = _broken(plugin.point, f"its name {offer.id} is {other} already", name)
            else:
                offers[offer.id] = offer
    return list(offers.values())


def wake(name: str) -> None:
    """Import the plugin that states a backbone called ``name``, or reads the folder of that name."""
    for plugin in plugins():
        named = any(name in (offer.id, offer.source) for offer in plugin.offers)
        if named or plugin.find_folder(name) is not None:
            plugin.wake()


def wake_silent() -> None:
    """Import the plugins without a description file: an unknown name may be one of theirs."""
    for plugin in plugins():
        if plugin.stated is None:
            plugin.wake()


def own_names(name: str) -> list[str]:
    """Return the offers of the plugin whose entry point is called ``name`` and that has no backbone of that name."""
    return [offer.id for plugin in plugins() if plugin.point.name == name for offer in plugin.offers]


def _not_awake(device: str, precision: str) -> Any:
    raise BackboneError("The plugin has to be asked for by the backbone's name before it can be loaded.")


def _read(point: EntryPoint) -> tuple[list[Offer], FolderFamily | None]:
    thing: Any = point.load()
    family = thing if isinstance(thing, FolderFamily) else None
    if family is not None:
        offers = family.offers()
    else:
        offers = list(thing) if isinstance(thing, Sequence) else [thing]
    if not offers or not all(isinstance(each, Offer) for each in offers):
        raise TypeError(
            f"{point.value} is neither an Offer nor a sequence of Offers nor a FolderFamily, but {thing!r:.80}"
        )
    return [_guarded(offer, point) for offer in offers], family


def _guarded(offer: Offer, point: EntryPoint) -> Offer:
    """Return the offer of a plugin with errors of its functions, third-party code, turned into sentences."""

    def guarded(call: Callable[..., Any], doing: str) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            try:
                return call(*args, **options)
            except BackboneError:
                raise
            except BaseException as error:
                # torch's errors are said elsewhere.
                told_elsewhere = doing == "be loaded" and isinstance(error, RuntimeError | MemoryError)
                if told_elsewhere or stopping.is_real(error):
                    raise
                raise BackboneError(sentence(doing, error)) from error

        return run

    def sentence(doing: str, error: BaseException) -> str:
        return (
            f"{offer.id} of the plugin {point.value} could not {doing} ({faults.words(error)}). Reinstall or "
            "remove it; all other backbones work."
        )

    def is_here(half: bool) -> bool:
        try:
            return bool(offer.is_here(half))
        except Exception:
            # Loading it will say why.
            return False

    return replace(
        offer,
        origin="plugin",
        source=offer.source or point.value,
        load=guarded(offer.load, "be loaded"),
        shape=guarded(offer.shape, "say what it offers"),
        digest=guarded(offer.digest, "say which weights it has"),
        is_here=is_here,
    )


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _broken(point: EntryPoint, why: str, id: str = "") -> Offer:
    sentence = (
        f"The plugin {_package(point)} cannot be used ({' '.join(why.split())[:300]}). Reinstall or remove it; all other "
        "backbones work."
    )

    def load(device: str, precision: str) -> Any:
        raise BackboneError(sentence)

    return Offer(
        id=id or point.name,
        title=sentence,
        load=load,
        is_here=lambda half: False,
        source=point.value,
        problem=sentence,
    )
