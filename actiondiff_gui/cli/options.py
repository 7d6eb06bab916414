"""Options that several commands share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actiondiff_gui.backbones.compute import ComputeSettings
from actiondiff_gui.backbones.reading import POOLINGS
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.errors import ProjectError
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.outputs import Output, check_all
from actiondiff_gui.protected import Known

if TYPE_CHECKING:
    from actiondiff_gui.backbones.protocol import BackboneFacts, Timestep
    from actiondiff_gui.backbones.reading import Pooling
    from actiondiff_gui.features.feature_set import FeatureSet
    from actiondiff_gui.project.project import Project

PAPER_TIMESTEPS = "paper"

existing_project = click.argument("project", type=click.Path(dir_okay=False, path_type=Path))
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
domain = click.option("--domain", help="Facet that is the domain; by default the project's.")
output_path = click.Path(path_type=Path, readable=False)
"""Type of an option that names an output. What is there is judged by :mod:`actiondiff_gui.outputs` alone."""
force = click.option(
    "--force",
    is_flag=True,
    help="Replace existing output files. A project, a video or a kept model is never replaced.",
)


def backbone_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say which features are meant: backbone and settings."""
    backbone = click.option(
        "--backbone",
        default="tiny",
        show_default=True,
        help="A name that `models` lists, a model's folder, or a hub id.",
    )
    run = setting_options(ComputeSettings, only=("device", "precision"))
    return setting_options(ExtractionSettings)(backbone(run(command)))


def extraction_settings(options: dict[str, Any]) -> ExtractionSettings:
    """Return extraction settings that ``options`` name."""
    return ExtractionSettings(**given(ExtractionSettings, dict(options)))


def compute_settings(options: dict[str, Any]) -> ComputeSettings:
    """Return the compute settings that ``options`` name."""
    return ComputeSettings(**given(ComputeSettings, dict(options)))


def pooling_option(**changed: Any) -> Callable[..., Any]:
    """Return the option that sets the pooling of a layer's map."""
    said: dict[str, Any] = {
        "type": click.Choice(POOLINGS),
        "help": "Pooling of a layer's map to a token: its spatial mean as in the paper, or beside it the change to the "
        "next frame; by default the backbone's.",
    }
    return click.option("--pooling", **said | {"show_default": "default" in changed} | changed)


def address_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say where features are read: timestep, layers, pooling."""
    for option in (
        pooling_option(),
        click.option(
            "--layers",
            "--layer",
            "layer",
            help="One, or several side by side such as 3,6,9; by default the backbone's.",
        ),
        click.option("--timestep", help="Index or sigma=1.5; by default the backbone's."),
    ):
        command = option(command)
    return command


def chosen_features(
    project: "Project",
    options: dict[str, Any],
    timestep: str | None = None,
    layer: str | None = None,
    pooling: "Pooling | None" = None,
) -> "FeatureSet":
    """Return the features that ``options`` name, at one address; no weights are needed for stored ones."""
    from actiondiff_gui.features.feature_set import FeatureSet

    run = compute_settings(options)
    return FeatureSet(
        project,
        options["backbone"],
        timestep,
        layer_numbers(layer) if layer else (),
        pooling,
        settings=extraction_settings(options),
        device=run.device,
        precision=run.precision,
    )


def open_project(path: Path, domain: str | None = None) -> "Project":
    """Open a project; with ``domain``, check that it has this facet.

    Raises
    ------
    ProjectError
        If the file is no project, or no clip has the facet.
    """
    from actiondiff_gui.project.project import Project

    project = Project.open(path)
    for sentence in project.broken_settings():
        click.echo(f"note: {sentence}", err=True)
    if domain and domain not in project.facets():
        known = ", ".join(project.facets()) or "none"
        project.close()
        raise ProjectError(f"No clip of {path} has the facet {domain!r}. Its facets: {known}.")
    return project


def chosen_domain(project: "Project", domain: str | None) -> str:
    """Return the facet that is the domain.

    Raises
    ------
    ProjectError
        If neither the command nor the project says which.
    """
    facet = domain or project.domain_facet
    if facet:
        return facet
    known = ", ".join(project.facets()) or "none yet"
    raise ProjectError(f"No domain field set; pass --domain. The facets are: {known}.")


def protected(project: "Project", **read: Path | str | Sequence[Path | str] | None) -> Known:
    """Return what no output of a command on ``project`` may replace; ``read`` are files and folders it reads, by option."""
    from actiondiff_gui.project.referred_files import known_files

    inputs: dict[Path, str] = {}
    for option, named in read.items():
        paths = map(Path, (named,) if isinstance(named, str | Path) else named or ())
        # A model or backbone may be called by a name that is no path.
        inputs |= {path: f"read by this command (--{option})" for path in paths if path.exists()}
    return known_files(project.path, project.videos()) | inputs


def checked_outputs(known: Known, force: bool, *paths: Path | None) -> list[Output | None]:
    """Return the outputs of a command, before any work; None for one that was not asked for.

    Raises
    ------
    OutputError
        If one of them may not be written.
    """
    outputs = [None if path is None else Output(path, force=force, known=known) for path in paths]
    check_all(outputs)
    return outputs


def names(text: str | None) -> tuple[str, ...]:
    """Read ``"biped, spider"`` into names."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def parse_timesteps(text: str, backbone: "BackboneFacts") -> "tuple[Timestep, ...]":
    """Read ``0,10,20``, ``sigma=1.5``, ``all`` or ``paper`` into timesteps of ``backbone``, noisiest first.

    ``paper`` are the seven timesteps of the paper's search, 0, 5, 10, 15, 20, 25 and 29 of 30, in a schedule of
    any length.
    """
    from actiondiff_gui.backbones.protocol import NO_TIMESTEP, resolve_timestep
    from actiondiff_gui.backbones.schedule import paper_indices

    if not backbone.schedule:
        return (NO_TIMESTEP,)
    parts: Sequence[Any] = [part for part in text.split(",") if part.strip()]
    if text == "all":
        parts = backbone.schedule
    elif text == "paper":
        parts = paper_indices(len(backbone.schedule))
    found = dict.fromkeys(resolve_timestep(backbone, part) for part in parts)
    return tuple(sorted(found, key=lambda t: -(t.sigma or 0.0)))


def parse_layers(text: str, backbone: "BackboneFacts") -> tuple[int, ...]:
    """Read ``9``, ``1-5,9`` or ``all`` into layers of ``backbone``."""
    from actiondiff_gui.backbones.protocol import check_layers

    if text == "all":
        return tuple(layer.index for layer in backbone.layers)
    return check_layers(backbone, layer_numbers(text))


def layer_numbers(text: str) -> list[int]:
    """Read ``9`` or ``1-5,9`` into numbers."""
    layers: list[int] = []
    for part in text.split(","):
        try:
            first, _, last = part.strip().partition("-")
            layers += range(int(first), int(last or first) + 1)
        except ValueError:
            raise click.BadParameter(f"{part!r} is no layer. Write for example 9 or 1-5,9.") from None
    return layers
