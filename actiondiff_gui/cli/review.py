"""The command that ranks clips for review: queue."""

import click

from actiondiff_gui.classifier.review_order import ReviewSettings
from actiondiff_gui.cli.options import (
    as_json,
    checked_outputs,
    existing_project,
    force,
    open_project,
    output_path,
    protected,
)
from actiondiff_gui.cli.running import explained, run_with_bar, tell
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.tables import records_text

COLUMNS = ("clip", "video", "start_frame", "end_frame", "predicted", "confidence", "why")


@click.command()
@existing_project
@click.option("--model", required=True, help="Name of a model of the project.")
@setting_options(ReviewSettings, only=("order",))
@click.option("--out", type=output_path, help="CSV file to write.")
@force
@as_json
@explained
def queue(project, model, out, force, as_json, **options):
    """List the clips of PROJECT in the order of a review, with the prediction of MODEL and the reason for each.

    Clips without features at the address that the model reads are left out; nothing is computed or changed.
    """
    from actiondiff_gui.gui.review.state.queue import queue_job
    from actiondiff_gui.report.files import write_table

    settings = ReviewSettings(**given(ReviewSettings, options))
    with open_project(project) as opened:
        (out,) = checked_outputs(protected(opened), force, out)
        found = run_with_bar(queue_job(opened, model, settings.order), "asking", "clip")
        clips = {clip.id: clip for clip in opened.clips()}
        videos = {video.id: video.path.name for video in opened.videos()}
    rows = []
    for asked in found.questions:
        clip = clips[asked.clip_id]
        said = " + ".join(asked.predicted)
        values = (
            videos[clip.video_id],
            clip.start,
            clip.end,
            said,
            round(asked.confidence, 3),
            asked.reason,
        )
        rows.append(dict(zip(COLUMNS, (asked.clip_id, *values), strict=True)))
    lines = [f"{len(rows)} clips to review, {found.without_features} without features."]
    if out:
        write_table(out, records_text(rows, COLUMNS))
        lines.append(f"Written to {out}.")
    elif not as_json:
        lines += [
            f"{row['video']} [{row['start_frame']}, {row['end_frame']})  {row['predicted']}: {row['why']}"
            for row in rows
        ]
    tell(as_json, {"rows": rows, "without_features": found.without_features}, *lines)
    return 0
