from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.gui.map.state import clip_maps
from actiondiff_gui.gui.map.state.clip_maps import ClipMap
from actiondiff_gui.gui.session.address import Address
from actiondiff_gui.gui.session.clip_table import ClipTable
from actiondiff_gui.project.project import Project


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "p.actiondiff") as project:
        video = project.add_video(
            tmp_path / "a.mp4", frame_count=100, fps=25, width=8, height=8, fingerprint="f"
        )
        for start in (0, 20, 40):
            project.add_clip(video.id, start, start + 10)
        yield project


def _map(project: Project, timestep: str = "t20", method: str = "pca", **changes) -> ClipMap:
    clips = project.clips()
    made = ClipMap(
        address=Address(timestep=timestep, layers=(9,), pooling="mean"),
        asked=Address(timestep=timestep),
        method=method,
        clip_ids=tuple(clip.id for clip in clips),
        coordinates=np.arange(2 * len(clips), dtype=np.float32).reshape(-1, 2),
        edges=np.array([(clip.start, clip.end) for clip in clips]),
        made=clip_maps.now(),
    )
    return replace(made, **changes)


def test_a_kept_map_is_read_as_it_was(project):
    settings = ExtractionSettings(resolution=(64, 96), stride=2)
    address = Address(timestep="t20", layers=(9,), settings=settings)
    made = _map(
        project,
        address=address,
        notes=("A note.",),
        missing=("gone",),
        explained_variance=(0.5, 0.2),
        trustworthiness=0.914,
    )
    clip_maps.keep(made, project)
    (read,) = clip_maps.read_maps(project)
    np.testing.assert_array_equal(read.coordinates, made.coordinates)
    assert (read.address, read.clip_ids, read.notes, read.missing) == (
        made.address,
        made.clip_ids,
        made.notes,
        made.missing,
    )
    assert read.title == "PCA t20 layer 9, 3 clips"
    assert clip_maps.caption(read) == "Across: 50% of the variance; up: 20%. Trustworthiness 0.91."
    plain = clip_maps.caption(replace(read, explained_variance=(), trustworthiness=None))
    assert plain == "Nearby points are alike; large distances say little."
    assert clip_maps.same(read, made)


def test_broken_files_are_passed_over(project):
    kept = clip_maps.keep(_map(project), project)
    folder = clip_maps.maps_folder(project)
    (folder / "a.npz").write_bytes(b"no map")
    (folder / "b.npz").write_bytes(kept.file.read_bytes()[:300])
    np.savez(folder / "c.npz", about=np.array(["{}"], dtype=object))
    np.savez(folder / "d.npz", about=np.asarray("[1]"))
    assert [m.title for m in clip_maps.read_maps(project)] == [kept.title]


def test_only_the_latest_maps_stay_on_the_disk(project, monkeypatch):
    monkeypatch.setattr(clip_maps, "MOST_KEPT", 2)
    for hour in range(4):
        clip_maps.keep(_map(project, made=f"2026-01-01T0{hour}:00:00.000+00:00"), project)
    assert [m.made[11:13] for m in clip_maps.read_maps(project)] == ["02", "03"]


def test_a_map_fits_its_address_until_the_address_or_the_clips_change(project):
    made, table = _map(project), ClipTable.read(project)
    assert (
        clip_maps.differences(made, Address(timestep="t20", layers=(9,), pooling="mean", device="cpu"), table)
        == []
    )
    assert clip_maps.differences(made, Address(timestep="t10", layers=(9,), pooling="mean"), table) == [
        "This map is of t20, layer 9. The address is now t10, layer 9."
    ]
    other = Address(timestep="t20", layers=(9,), pooling="mean", settings=ExtractionSettings(stride=3))
    assert "other extraction settings" in clip_maps.differences(made, other, table)[0]
    first, second, _ = (clip.id for clip in project.clips())
    project.update_clip(first, end=12)
    project.remove_clip([second])
    changed = clip_maps.differences(made, made.address, ClipTable.read(project))
    assert changed == ["Since it was made: 1 clip deleted, 1 clip moved to other frames."]


def test_of_several_maps_of_an_address_the_wanted_method_comes_first(project):
    maps = [_map(project, method=m, made=t) for m, t in (("umap", "1"), ("pca", "2"), ("umap", "0"))]
    address = Address(timestep="t20", layers=(9,), pooling="mean")
    assert clip_maps.best_fit(maps, address, "umap") is maps[0]
    assert clip_maps.best_fit(maps, address, "pca") is maps[1]
    assert clip_maps.best_fit(maps, Address(timestep="t3", layers=(9,)), "pca") is None
