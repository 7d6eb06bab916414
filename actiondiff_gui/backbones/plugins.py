"""Which backbones do installed plugins offer? One that cannot be read is named and stops nothing else."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from actiondiff_gui.backbones.offers import FolderFamily, Offer
from actiondiff_gui.errors import BackboneError

GROUP = "actiondiff_gui.backbones"
"""Entry-point group of plugins. An entry point names an Offer, a sequence of Offers, or a FolderFamily."""


@dataclass(frozen=True)
class Found:
    """What the installed plugins offer.

    Attributes
    ----------
    offers : tuple of Offer
        By name, those of broken plugins too, which have a ``problem``.
    families : tuple of FolderFamily
        Which read folders of their kind.
    """

    offers: tuple[Offer, ...] = ()
    families: tuple[FolderFamily, ...] = ()


def found(taken: Sequence[str] = ()) -> Found:
    """Read the plugins, once for each ``sys.path``; names in ``taken`` are built in and not given away."""
    return _found(tuple(sys.path), tuple(taken))


@lru_cache(maxsize=4)
def _found(_: tuple[str, ...], taken: tuple[str, ...]) -> Found:
    offers: dict[str, Offer] = {}
    families: list[FolderFamily] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            own, family = _read(point)
        except (
            Exception,
            SystemExit,
        ) as error:  # Whatever a stranger's module raises on import is said, not passed on.
            own, family = [_broken(point, f"{type(error).__name__}: {error}")], None
        for offer in own:
            if offer.id in taken or (offer.id in offers and not offers[offer.id].problem):
                other = "built in" if offer.id in taken else f"offered by {offers[offer.id].source}"
                offer = _broken(point, f"its name {offer.id} is {other} already", offer.id)
                offers[f"{offer.id} ({point.name})"] = replace(offer, id=f"{offer.id} ({point.name})")
                continue
            offers[offer.id] = offer
        if family is not None:
            families.append(family)
    return Found(tuple(offers.values()), tuple(families))


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
    """The offer of a plugin, whose functions are a stranger's code: what they raise becomes a sentence."""

    def guarded(call: Callable[..., Any], doing: str) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            try:
                return call(*args, **options)
            except (BackboneError, RuntimeError, MemoryError) as error:
                # torch's errors are said elsewhere.
                if doing == "be loaded" or isinstance(error, BackboneError):
                    raise
                raise BackboneError(sentence(doing, error)) from error
            except Exception as error:
                raise BackboneError(sentence(doing, error)) from error

        return run

    def sentence(doing: str, error: Exception) -> str:
        return (
            f"{offer.id} of the plugin {point.value} could not {doing} ({type(error).__name__}: {error}). Reinstall or "
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


def _broken(point: EntryPoint, why: str, id: str = "") -> Offer:
    package = point.dist.name if point.dist is not None else point.value
    sentence = (
        f"The plugin {package} cannot be used ({' '.join(why.split())[:300]}). Reinstall or remove it; all other "
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
