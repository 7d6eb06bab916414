"""Integrity check: detection, reports, and repair without guessing."""

import json
import os
import random
import shutil
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from actiondiff_gui.classifier.models.library import models_folder
from actiondiff_gui.features.dataset import features_folder
from actiondiff_gui.files import STALE_SECONDS, part_of
from actiondiff_gui.health.check import check_job
from actiondiff_gui.health.findings import Report
from actiondiff_gui.progress import run
from actiondiff_gui.project.backups.making import back_up, list_backups
from actiondiff_gui.project.backups.restoring import restore_job
from actiondiff_gui.project.project import Project
from tests.project.storage.old_project import old_project

FLIPS = int(os.environ.get("ACTIONDIFF_TEST_FLIPS", "200"))


def sentences(report: Report) -> str:
    return "\n".join(finding.sentence for finding in report.problems)


def outside(path: Path, *statements: str) -> None:
    """Change a project as another program would."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Provide a project of two small videos with 60 clips, labels, facets, a review and its backup."""
    path = tmp_path / "mice.actiondiff"
    with Project.create(path) as project:
        for name in ("a.mp4", "b.mp4"):
            (tmp_path / name).write_bytes(name.encode() * 100)
            from actiondiff_gui.video.fingerprint import fingerprint

            video = project.add_video(
                tmp_path / name,
                **{"frame_count": 1000, "fps": 25.0, "width": 64, "height": 48},
                fingerprint=fingerprint(tmp_path / name),
            )
            clips = project.add_clips(
                video.id, [(i, i + 9, "mouse 1", None, {"day": f"{i}"}) for i in range(30)]
            )
            project.add_labels(
                [(clip.id, f"action {n % 3}", 1, None) for n, clip in enumerate(clips)], by="Ada"
            )
        project.add_answer(clips[0].id, "skipped", by="Ada")
    back_up(path, "asked for")
    return path


def test_a_project_that_is_whole_has_no_problem(kept):
    report = run(check_job(kept))
    assert (sentences(report), report.notes) == ("", [])
    assert {each.part: each.text for each in report.fine}["videos"] == "2 of 2 present and unchanged"
    assert report.summary() == "mice.actiondiff is whole."
    json.dumps(report.to_json())


def test_a_check_changes_nothing(kept):
    before = {file: file.read_bytes() for file in kept.parent.rglob("*") if file.is_file()}
    run(check_job(kept))
    assert before == {file: file.read_bytes() for file in kept.parent.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE clip SET end_frame = 5000 WHERE n = 3", "a clip ends after its video"),
        (
            "UPDATE clip SET roi_x = 60, roi_y = 0, roi_width = 9, roi_height = 9 WHERE n = 3",
            "outside the picture",
        ),
        ("UPDATE clip SET roi_x = 6 WHERE n = 3", "region of interest is incomplete"),
        ("UPDATE label SET time = 9000000000000000000 WHERE clip = 3", "has an invalid time"),
        ("UPDATE label SET confidence = 7 WHERE clip = 3", "confidence lies outside"),
        ("INSERT INTO setting VALUES ('x', '{')", "a setting cannot be read"),
        ("UPDATE action SET colour = 'red'", "a colour is invalid"),
        ("UPDATE video SET path = x'ff00' WHERE n = 1", "holds what is not text"),
        ("UPDATE action SET name = CAST(x'ff41' AS TEXT) WHERE n = 1", "holds what is not text"),
        ("DELETE FROM video WHERE n = 1", "that is not there"),
        ("DROP INDEX label_action", "how its tables are laid out"),
    ],
)
def test_what_makes_no_sense_is_told(kept, statement, told):
    outside(kept, statement)
    assert told in sentences(run(check_job(kept)))


def test_videos_that_are_gone_or_others_are_told(kept):
    (kept.parent / "a.mp4").unlink()
    (kept.parent / "b.mp4").write_bytes(b"another")
    said = sentences(run(check_job(kept)))
    assert "a.mp4 is not there" in said
    assert "b.mp4 is not the file that was added" in said


def test_a_project_that_cannot_be_opened_names_the_backup(kept):
    kept.write_bytes(kept.read_bytes()[:5000])
    said = sentences(run(check_job(kept)))
    assert "cut off" in said
    assert list_backups(kept)[0].name in said


def test_damaged_tokens_are_found_and_set_aside(zoo_file):
    files = sorted(features_folder_of(zoo_file).glob("*/??/*/*.safetensors"))
    flipped = bytearray(files[0].read_bytes())
    flipped[-3] ^= 4
    files[0].write_bytes(flipped)
    files[1].write_bytes(files[1].read_bytes()[:-10])
    shutil.copy(files[3], files[2])
    report = run(check_job(zoo_file))
    damaged = [finding for finding in report.problems if finding.part == "features"]
    assert {finding.where for finding in damaged} == set(files[:3])
    report = run(check_job(zoo_file, repair=True))
    assert {finding.where for finding in report.mended} == set(files[:3])
    assert not any(file.exists() for file in files[:3])
    assert not [f for f in run(check_job(zoo_file)).problems if f.part == "features"]


def features_folder_of(path: Path) -> Path:
    with Project.open(path) as project:
        return features_folder(project)


def test_models_that_cannot_be_used_and_predictions_without_one(kept):
    with Project.open(kept) as project:
        models_folder(project).mkdir()
        (models_folder(project) / "broken.safetensors").write_bytes(b"nothing")
        clip = project.clips()[0].id
        project.label(clip, "walk", source="model", by="gone", confidence=0.5)
        labels = len(project.labels(sources=("person",)))
    said = sentences(run(check_job(kept)))
    assert "The model broken cannot be used" in said
    assert "1 predictions of a model gone" in said
    report = run(check_job(kept, repair=True))
    assert [finding.part for finding in report.mended] == ["models"]
    with Project.open(kept) as project:
        assert project.labels(sources=("model",)) == []
        assert len(project.labels(sources=("person",))) == labels
    with Project.open(list_backups(kept)[0].path) as backup:
        assert [label.by for label in backup.labels(sources=("model",))] == ["gone"]


def test_files_that_a_killed_program_left_are_removed_and_those_being_written_are_not(kept):
    folder = kept.parent / "mice.features" / "svd-x" / "ab"
    folder.mkdir(parents=True)
    left = [kept.with_name(f".mice.{'0' * 32}.part.csv"), folder / f".t20.{'4' * 32}.part.safetensors"]
    others = [part_of(kept.with_name("mice.csv")), part_of(folder / "t10.safetensors")]
    for file in (*left, *others):
        file.write_bytes(b"half")
    for file in left:
        os.utime(file, (0, time.time() - 2 * STALE_SECONDS))
    assert {finding.where for finding in run(check_job(kept)).problems} == set(left)
    assert len(run(check_job(kept, repair=True)).mended) == 2
    assert [file.exists() for file in (*left, *others)] == [False, False, True, True]


def test_a_journal_that_does_not_belong_is_set_aside(kept):
    connection = sqlite3.connect(kept, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("PRAGMA user_version = 77")
    connection.execute("CREATE TABLE filler AS SELECT randomblob(8000) FROM clip")
    journal = Path(f"{kept}-journal").read_bytes()
    connection.execute("ROLLBACK")
    connection.close()
    for n in range(3):
        outside(kept, f"UPDATE action SET description = '{n}'")
    Path(f"{kept}-journal").write_bytes(journal)
    report = run(check_job(kept))
    assert "does not fit the project" in sentences(report)
    assert report.problems[0].mend
    assert run(check_job(kept, repair=True)).mended
    Project.open(kept).close()
    assert [file.read_bytes() for file in kept.parent.glob("*-journal.set-aside")] == [journal]


# Content against the backups


def test_ordinary_work_after_a_backup_is_no_problem(kept):
    with Project.open(kept) as project:
        clips = project.clips()
        project.label(clips[0].id, "action 1", -1, by="Ada")
        project.label(clips[1].id, "jump", by="Bea")
        project.unlabel(clips[3].id, "action 0")
        project.update_clip(clips[4].id, start=5, end=20)
        project.set_facet(clips[5].id, "day", "another")
        project.remove_clip(clips[6].id)
        project.undo(clips[6].video_id)
        project.undo(clips[6].video_id)
        project.update_action("action 2", new_name="a better name", colour="#112233")
        project.set_setting("something", {"a": 1})
        project.set_source_group(clips[0].video_id, "session 4")
        project.order_actions(["jump", "a better name", "action 0", "action 1"])
        with project.transaction(record=False):
            project.set_facet(clips[40].id, "day", "of an import")
    report = run(check_job(kept))
    assert sentences(report) == ""
    assert any("a better name" in note for note in report.notes)


def test_work_and_restoring_are_no_problem_either(kept):
    then = list_backups(kept)[0]
    with Project.open(kept) as project:
        project.remove_clip([clip.id for clip in project.clips()[:5]])
        project.label(project.clips()[0].id, "jump")
    run(restore_job(kept, then))
    assert sentences(run(check_job(kept))) == ""
    with Project.open(kept) as project:
        project.label(project.clips()[0].id, "jump")
    assert sentences(run(check_job(kept))) == ""


def test_an_older_project_that_was_brought_up_to_date_is_no_problem(tmp_path):
    path = old_project(tmp_path / "old.actiondiff")
    Project.open(path).close()
    said = [finding for finding in run(check_job(path)).problems if finding.part != "videos"]
    assert said == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE label SET value = -1 WHERE clip = 7", "value was 1 and is -1"),
        ("UPDATE clip SET start_frame = start_frame + 1 WHERE n = 7", "start_frame was 6 and is 7"),
        ("UPDATE video SET fingerprint = 'f' || substr(fingerprint, 2) WHERE n = 2", "fingerprint was"),
        ("UPDATE action SET name = 'agtion 0' WHERE n = 1", "name was 'action 0' and is 'agtion 0'"),
    ],
)
def test_a_row_that_changed_without_a_trace_is_told_with_the_time_since_when(kept, statement, told):
    """Work went on after the backup, so that only the project itself can tell what was done to it."""
    with Project.open(kept) as project:
        for video in project.videos():
            clips = project.clips(video_id=video.id)
            project.label(clips[-1].id, "jump")
        back_up(kept, "while working")
        project.label(clips[-2].id, "jump")
    damaged, made = kept, [backup.made for backup in list_backups(kept)]
    outside(damaged, statement)
    said = sentences(run(check_job(damaged)))
    assert told in said
    assert f"between the backup of {made[0]:%Y-%m-%d %H:%M:%S UTC} and now, and not by this program" in said
    with Project.open(damaged) as project:
        project.label(project.clips()[0].id, "later")
    back_up(damaged, "while working")
    newest = list_backups(damaged)[0].made
    said = sentences(run(check_job(damaged)))
    assert told in said
    assert f"and that of {newest:%Y-%m-%d %H:%M:%S UTC}" in said


def test_a_backup_that_was_damaged_is_told_and_not_compared(kept):
    backup = list_backups(kept)[0]
    outside(backup.path, "UPDATE label SET value = -1 WHERE clip = 7")
    report = run(check_job(kept))
    assert [finding.where for finding in report.problems] == [backup.path]
    assert "is damaged: its content does not match its digests" in sentences(report)


def test_backups_of_an_earlier_project_of_the_same_name_are_not_compared(kept):
    kept.unlink()
    (kept.parent / "c.mp4").write_bytes(b"c")
    with Project.create(kept) as project:
        from actiondiff_gui.video.fingerprint import fingerprint

        project.add_video(
            kept.parent / "c.mp4",
            **{"frame_count": 10, "fps": 25.0, "width": 64, "height": 48},
            fingerprint=fingerprint(kept.parent / "c.mp4"),
        )
    assert sentences(run(check_job(kept))) == ""


def all_rows(path: Path) -> list:
    """Everything a program gets to read of a project; an error counts as another content."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            repr(row)
            for name in sorted(names)
            for row in sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr)
        ]
    except (sqlite3.Error, UnicodeError) as error:
        return [str(error)]
    finally:
        connection.close()


def flip_bits(path: Path, trials: int, seed: int) -> tuple[int, int]:
    """Flip one bit of the project, ``trials`` times; returns how many changed the content, and how many were told."""
    whole, before = path.read_bytes(), all_rows(path)
    chance = random.Random(seed)
    changed = told = 0
    for _ in range(trials):
        data = bytearray(whole)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        if all_rows(path) != before:
            changed += 1
            told += bool(run(check_job(path)).problems)
    path.write_bytes(whole)
    return changed, told


def test_a_flipped_bit_that_changes_the_content_is_told(kept):
    changed, told = flip_bits(kept, 20, seed=int(np.random.default_rng().integers(1 << 30)))
    assert told == changed


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("worked", [False, True], ids=["nothing done since the backup", "work went on"])
def test_many_flipped_bits(kept, capsys, worked):
    if worked:
        with Project.open(kept) as project:
            for video in project.videos():
                project.label(project.clips(video_id=video.id)[-1].id, "jump")
            back_up(kept, "while working")
            project.label(project.clips()[0].id, "jump")
    changed, told = flip_bits(kept, FLIPS, seed=17)
    with capsys.disabled():
        print(f"\n{FLIPS} flips of a bit: {changed} changed the content, {told} of them were told")
    assert changed
    # Once work went on, a flip is told from it by its traces only, and a rare one has none.
    assert told >= (0.9 * changed if worked else changed)
