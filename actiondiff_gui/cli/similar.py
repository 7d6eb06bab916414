"""Commands that find clips by their features: similar, cluster."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from actiondiff_gui.cli.options import (
    address_options,
    as_json,
    backbone_options,
    checked_outputs,
    chosen_features,
    domain,
    existing_project,
    force,
    open_project,
    output_path,
    protected,
)
from actiondiff_gui.cli.running import PASSED_OVER, explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.embedding.clusters import ClusterSettings
from actiondiff_gui.embedding.neighbours import Moment, SimilarSettings

if TYPE_CHECKING:
    from actiondiff_gui.project.project import Project
    from actiondiff_gui.project.records import Video

_TOLD = 10


@click.command()
@existing_project
@backbone_options
@address_options
@click.option("--clip", "clips", multiple=True, help="Id of a clip or bout; may be given several times.")
@click.option(
    "--at", metavar="VIDEO:FRAME", help="A moment of a recording instead: the name of its file and a frame."
)
@click.option(
    "--box",
    metavar="X,Y,W,H",
    help="With --at, only what is in this box of the picture, in pixels; runs the network on one window.",
)
@setting_options(SimilarSettings)
@domain
@click.option("--out", type=output_path, help="Table to write (.csv).")
@force
@as_json
@explained
def similar(project, timestep, layer, pooling, clips, at, box, domain, out, force, as_json, **options):
    """Find the clips of PROJECT whose stored features are nearest to some clips, or to a moment of a recording.

    No network is loaded, except for --box. Distances are cosine distances of standardised features: 0 alike, 1 unrelated.
    """
    from actiondiff_gui.embedding.neighbours import similar_job
    from actiondiff_gui.tables import decimal, table_text

    if bool(clips) == bool(at):
        raise click.UsageError("Give --clip or --at.")
    if box and not at:
        raise click.UsageError("--box is a part of the picture at a moment: give --at, too.")
    settings = SimilarSettings(**given(SimilarSettings, options))
    with open_project(project, domain) as opened:
        (output,) = checked_outputs(protected(opened, backbone=options["backbone"]), force, out)
        features = chosen_features(opened, options, timestep, layer, pooling)
        asked = _moment(opened, at, box) if at else [opened.clip(clip).id for clip in clips]
        found = run_with_bar(similar_job(features, asked, settings, domain), "searching", "clip")
        rows = _rows(opened, found.clip_ids, found.distances.tolist())
        if found.frames:
            rows = [[*row[:-1], frame, row[-1]] for row, frame in zip(rows, found.frames, strict=True)]
    columns = ["clip", "video", "start", "end", "label", *(["frame"] if found.frames else []), "distance"]
    if output is not None:
        lines = [[*row[:-1], decimal(row[-1], 5)] for row in rows]
        titles = ["clip_id", *columns[1:]]
        with output.written() as part:
            part.write_text(table_text([titles, *lines]), encoding="utf-8", newline="")
    said = {
        "asked": list(found.asked),
        "found": [dict(zip(columns, row, strict=True)) for row in rows],
        "searched": found.searched,
        "without_features": found.missing,
        "exact": found.exact,
        "address": f"{features.backbone} at {features.reading}",
    }
    tell(
        as_json,
        said,
        f"{len(rows)} of {found.searched} clips, the nearest first ({said['address']}):",
        *(
            f"  {row[-1]:.3f}  {row[4] or 'unlabelled'}  {row[1]} {row[2]}-{row[3] - 1}  {row[0]}"
            for row in rows[:_TOLD]
        ),
        *([f"  and {len(rows) - _TOLD} more"] if len(rows) > _TOLD else []),
        *([f"{found.missing} clips without features were not searched."] if found.missing else []),
    )
    return PASSED_OVER if found.missing else 0


def _moment(project: "Project", at: str, box: str | None) -> Moment:
    name, _, frame = at.rpartition(":")
    videos = [video for video in project.videos() if name in (video.path.name, str(video.path), video.id)]
    if not frame.isdigit() or not name:
        raise click.UsageError(f"{at!r} is no moment. Write for example --at cage_3.mp4:1200.")
    if len(videos) != 1:
        many = f"{len(videos)} recordings are" if videos else "No recording is"
        raise click.UsageError(f"{many} called {name}. Give its path as the project has it.")
    (video,) = videos
    if int(frame) >= video.frame_count:
        raise click.UsageError(
            f"{video.path.name} has {video.frame_count} frames, the last is {video.frame_count - 1}."
        )
    return Moment(video.id, int(frame), None if box is None else _box(box, video))


def _box(text: str, video: "Video") -> tuple[int, int, int, int]:
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise click.UsageError(f"{text!r} is no box. Write for example --box 40,30,120,90.")
    x, y, width, height = (int(part) for part in parts)
    if min(width, height) < 2 or x + width > video.width or y + height > video.height:
        raise click.UsageError(
            f"The box {text} does not lie in the picture of {video.path.name}, which has {video.width} x {video.height} "
            "pixels."
        )
    return x, y, width, height


def _rows(project: "Project", clip_ids: tuple[str, ...], distances: list[float]) -> list[list]:
    """Return clip, video, first frame, end, label and distance of each clip."""
    classes, matrix = project.label_matrix(clip_ids)
    clips = {clip.id: clip for clip in project.clips(clip_ids)}
    names = {video.id: video.path.name for video in project.videos()}
    return [
        [
            clip,
            names[clips[clip].video_id],
            clips[clip].start,
            clips[clip].end,
            " + ".join(name for name, value in zip(classes, row, strict=True) if value == 1),
            distance,
        ]
        for clip, row, distance in zip(clip_ids, matrix, distances, strict=True)
    ]


@click.command()
@existing_project
@backbone_options
@address_options
@setting_options(ClusterSettings)
@domain
@click.option("--facet", default="cluster", show_default=True, help="Metadata field that gets the numbers.")
@click.option("--dry-run", is_flag=True, help="Change nothing in the project, only tell.")
@as_json
@explained
def cluster(project: Path, timestep, layer, pooling, domain, facet, dry_run, as_json, **options):
    """Cluster the clips of PROJECT by their stored features, and keep each clip's number as a metadata field.

    The numbers are a column and a colour in the window, where the clusters are also shown as galleries. No network is loaded.
    """
    from actiondiff_gui.embedding.clip_clusters import clip_clusters_job, keep_clusters

    settings = ClusterSettings(**given(ClusterSettings, options))
    with open_project(project, domain) as opened:
        features = chosen_features(opened, options, timestep, layer, pooling)
        found = run_with_bar(clip_clusters_job(features, settings, domain), "clustering", "clip")
        if not dry_run:
            keep_clusters(opened, found, facet)
    said = {
        "clusters": [
            {
                "name": each.name,
                "clips": len(each.clip_ids),
                "medoid": each.clip_ids[0],
                "label": each.label.name,
                "label_share": each.label.share,
                "labelled": each.label.named,
                "domain": each.domain.name,
                "domain_share": each.domain.share,
                "domains": each.domain.names,
            }
            for each in found.clusters
        ],
        "in_no_cluster": len(found.outside),
        "without_features": found.missing,
        "facet": None if dry_run else facet,
        "address": found.address,
    }
    tell(
        as_json,
        said,
        found.words(),
        *(f"  {each.words()}; medoid {each.clip_ids[0]}" for each in found.clusters),
        *([] if dry_run else [f"Kept as the facet {facet!r} of each clip."]),
    )
    return PASSED_OVER if found.missing else 0
