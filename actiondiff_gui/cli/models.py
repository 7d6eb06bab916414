"""The command that lists what can be used: models."""

from pathlib import Path

import click

from actiondiff_gui.cli.options import as_json
from actiondiff_gui.cli.running import explained, tell


@click.command()
@click.argument("classifiers", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@explained
def models(classifiers, as_json):
    """List the backbones, or describe trained CLASSIFIERS (.safetensors files)."""
    if classifiers:
        from actiondiff_gui.classifier.plain import to_json
        from actiondiff_gui.classifier.saved import load_classifier

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
        return
    from actiondiff_gui.backbones.registry import available

    entries = available()
    width = max(len(e.id) for e in entries)
    tell(
        as_json,
        {
            "backbones": [
                {"id": e.id, "title": e.title, "origin": e.origin, "source": e.source} for e in entries
            ]
        },
        *(f"{e.id.ljust(width)}  {e.title}" for e in entries),
    )


def _without_clips(metrics: dict) -> dict:
    """Metrics without the answers for single clips, which are many."""
    results = metrics.get("results")
    if not isinstance(results, dict):
        return metrics
    return {**metrics, "results": {name: value for name, value in results.items() if name != "clips"}}
