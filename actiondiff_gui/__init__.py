"""ActionDiff GUI: recognise actions with the features of a frozen video diffusion model.

>>> import actiondiff_gui as ad
>>> project = ad.Project.create("mice.actiondiff")
>>> ad.import_labels(project, "clips.csv")
>>> project.domain = "species"
>>> features = ad.FeatureSet(project, "svd-xt", timestep=20, layers=[9])
>>> ad.extract(features, device="cuda", progress=True)
>>> model = ad.train(features, head="transformer", test="each-domain")
>>> model.scores
>>> ad.predict(model, project)

Importing the package loads nothing heavy: neither torch, diffusers, transformers, umap nor sklearn. Each name is loaded
when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from actiondiff_gui._version import __version__ as __version__

if TYPE_CHECKING:
    from actiondiff_gui.api import (
        cluster,
        create_backbone,
        embed,
        extract,
        import_labels,
        list_backbones,
        predict,
        similar,
        train,
    )
    from actiondiff_gui.errors import ActionDiffError
    from actiondiff_gui.features.feature_set import FeatureSet
    from actiondiff_gui.project.project import Project


_HOMES = {
    "ActionDiffError": "actiondiff_gui.errors",
    "FeatureSet": "actiondiff_gui.features.feature_set",
    "Project": "actiondiff_gui.project.project",
}

__all__ = [
    "ActionDiffError",
    "FeatureSet",
    "Project",
    "cluster",
    "create_backbone",
    "embed",
    "extract",
    "import_labels",
    "list_backbones",
    "predict",
    "similar",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "actiondiff_gui.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
