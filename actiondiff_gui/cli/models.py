"""The command that lists the available backbones: models."""

from pathlib import Path
from typing import Any

import click

from actiondiff_gui.cli.options import as_json
from actiondiff_gui.cli.running import explained, tell


@click.command()
@click.argument("classifiers", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", "name", help="Run the contract tests of plugins on this backbone: a name or folder.")
@as_json
@explained
def models(classifiers, name, as_json):
    """List the backbones, or describe trained CLASSIFIERS (.safetensors files)."""
    if name is not None:
        return _check(name, as_json)
    if classifiers:
        return _describe(classifiers, as_json)
    from actiondiff_gui.backbones.registry import available
    from actiondiff_gui.features.cost import is_here

    offers = available()
    entries: list[dict[str, Any]] = [
        {
            "id": offer.id,
            "title": offer.title,
            "origin": offer.origin,
            "source": offer.source,
            "licence": offer.licence,
            "download_bytes": offer.download_bytes,
            "half_bytes": offer.half_bytes,
            "here": is_here(offer),
            "problem": offer.problem,
        }
        for offer in offers
    ]
    width = max(len(offer.id) for offer in offers)
    lines = [
        f"{offer.id.ljust(width)}  {_line(offer, entry['here'])}"
        for offer, entry in zip(offers, entries, strict=True)
    ]
    tell(as_json, {"backbones": entries}, *lines)
    return 0


def _line(offer, here: bool) -> str:
    if offer.problem:
        return offer.problem
    from actiondiff_gui.features.cost import memory_text, size_text

    about = []
    if here:
        about.append("here")
    elif offer.download_bytes:
        size = size_text(offer.download_bytes)
        half = f", {size_text(offer.half_bytes)} in half precision" if offer.half_bytes else ""
        about.append(f"download of {size}{half}")
    if memory_text(offer):
        about.append(memory_text(offer))
    if offer.licence:
        about.append(offer.licence)
    if offer.origin == "plugin":
        about.append("plugin")
    return f"{offer.title} ({'; '.join(about)})"


def _check(name: str, as_json: bool) -> int:
    from actiondiff_gui.testing import PROMISES, Bench, check

    broken = check(Bench(name))
    lines = [f"{'broken' if each in broken else 'kept  '}  {each.replace('_', ' ')}" for each in PROMISES]
    tell(
        as_json,
        {"backbone": name, "kept": [each for each in PROMISES if each not in broken], "broken": broken},
        *lines,
        *broken.values(),
    )
    return 1 if broken else 0


def _describe(classifiers, as_json: bool) -> int:
    from actiondiff_gui.classifier.json_values import to_json
    from actiondiff_gui.classifier.models.saved import load_classifier

    found = {}
    for path in classifiers:
        model = load_classifier(path)
        found[str(path)] = {
            "head": model.kind,
            "classes": list(model.classes),
            "address": str(model.address),
            "training_clips": model.training_clips,
            "metrics": to_json(_without_clips(model.metrics)),
            "extraction": model.extraction,
        }
    lines = []
    for path, about in found.items():
        lines.append(
            f"{path}: {about['head']}, {about['training_clips']} clips, {', '.join(about['classes'])}"
        )
        lines.append(f"  features: {about['address']}")
    tell(as_json, found, *lines)
    return 0


def _without_clips(metrics: dict) -> dict:
    """Metrics without the answers for single clips, which are many."""
    results = metrics.get("results")
    if not isinstance(results, dict):
        return metrics
    return {**metrics, "results": {name: value for name, value in results.items() if name != "clips"}}
