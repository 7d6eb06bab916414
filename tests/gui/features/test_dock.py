"""Features dock with a small real network: choose, see the cost, compute, stop."""

import json
import threading
import time
from pathlib import Path

import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from actiondiff_gui.gui.services.jobs_line import JobsLine
from actiondiff_gui.gui.session import editing
from actiondiff_gui.progress import Progress
from tests.conftest import write_video


@pytest.fixture
def dock(pets, svd_folder, wait):
    """Return the visible dock, with the small network chosen and looked up."""
    from actiondiff_gui.gui.features.dock import FeaturesDock

    found = FeaturesDock(pets)
    found.use_backbone(str(svd_folder))
    found.resize(480, 600)
    found.show()
    wait(lambda: looked(found))
    yield found
    deleted(found)


def deleted(dock) -> None:
    """Delete the dock, as closing its viewer does."""
    dock.close()
    dock.deleteLater()
    # What hears the deleted widgets is itself deleted later, and so on.
    for _ in range(4):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def looked(dock) -> bool:
    watcher = dock.watcher
    return watcher.outlook is not None and watcher.outlook.coverage is not None and not watcher._query.stale


def settled(dock) -> bool:
    return looked(dock) and not dock.watcher.looking and not dock.watcher.measuring


def computed(dock, wait, limit: float = 90.0):
    dock.run_panel.button.click()
    wait(lambda: not dock.run_panel.extractions.running, limit)
    wait(lambda: settled(dock))


def test_without_a_project_or_clips_the_dock_says_what_it_needs(host, tmp_path):
    from actiondiff_gui.gui.features.dock import FeaturesDock

    dock = FeaturesDock(host)
    assert dock.currentWidget() is dock.empty
    assert "Try the sample" in dock.empty.buttons
    host.session.open_project(tmp_path / "none.actiondiff", create=True)
    assert "no clips yet" in dock.empty.sentence.text()
    assert "Add videos..." in dock.empty.buttons
    deleted(dock)


def test_the_lists_show_what_the_backbone_offers_and_follow_the_address(dock):
    session = dock.session
    assert len(dock.timesteps.row_keys()) == 30
    assert len(dock.layers.row_keys()) == len(dock.description.layers)
    assert dock.timesteps.checked() == ["t20"]
    session.set_address(timestep="t5", layers=(4,))
    assert (dock.timesteps.checked(), dock.layers.checked()) == (["t5"], [4])
    dock.choose_paper()
    assert dock.timesteps.checked() == ["t0", "t5", "t10", "t15", "t20", "t25", "t29"]
    session.set_address(timestep="t7")
    assert len(dock.timesteps.checked()) == 7
    dock.follow_timestep()
    assert dock.timesteps.checked() == ["t7"]
    dock.choose_all_layers()
    assert dock.layers.checked() == dock.layers.row_keys()


def test_a_sigma_that_is_in_no_schedule_is_a_row_of_its_own(dock):
    dock.session.set_address(timestep="sigma1.5")
    assert dock.timesteps.checked() == ["sigma1.5"]


def test_settings_are_those_of_the_address_both_ways(dock):
    from dataclasses import replace

    session, more = dock.session, dock.settings
    more.expand()
    fields = more.extraction.fields
    fields["regime"].widget.value = "noised"
    fields["draws"].native.setValue(3)
    fields["stride"].native.setValue(2)
    assert (session.address.settings.regime, session.address.settings.draws) == ("noised", 3)
    assert session.address.settings.stride == 2
    assert "noise, 3 draws" in more.summary()
    session.set_address(settings=replace(session.address.settings, regime="released", draws=1))
    assert fields["regime"].widget.value == "released"
    assert fields["draws"].native.isHidden()
    fields["resolution"].widget.value = "custom"
    fields["resolution"].sides[0].value += 3
    assert session.address.settings.resolution[0] % dock.description.multiple == 0


def test_the_cost_is_shown_before_and_scaled_without_measuring_again(dock, wait):
    wait(lambda: dock.watcher.pace is not None)
    pace, extractions = dock.watcher.pace, dock.run_panel.extractions
    text = dock.run_panel.forecast.text()
    assert text.startswith("3 clips, about ")
    assert "of disk" in text
    assert dock.run_panel.button.isEnabled()
    dock.choose_paper()
    wait(lambda: settled(dock))
    assert dock.watcher.pace is pace
    assert len(extractions.paces) == 1
    assert dock.run_panel.forecast.text() != text


def test_the_time_is_not_measured_by_itself_beside_other_work(dock, wait):
    jobs, watcher = dock.host.jobs, dock.watcher
    wait(lambda: watcher.pace is not None)

    def busy():
        while True:
            yield Progress(0, 0)
            time.sleep(0.005)

    # Other work began before: it is not measured until that ends.
    other = jobs.start(busy, "other work")
    dock.run_panel.extractions.paces.clear()
    watcher.refresh()
    wait(lambda: not watcher._query.stale and settled(dock))
    assert watcher.pace is None
    assert not watcher.measuring
    # What a person asks for is measured all the same.
    watcher.measure()
    wait(lambda: not watcher.measuring)
    assert watcher.pace is not None
    dock.run_panel.extractions.paces.clear()
    other.stop()
    wait(lambda: watcher.pace is not None)
    # Other work begins while it is measured: that is not kept, and measured again.
    dock.run_panel.extractions.paces.clear()
    watcher.measure(by_itself=True)
    other = jobs.start(busy, "other work")
    wait(lambda: not watcher.measuring)
    assert watcher.pace is None
    other.stop()
    wait(lambda: watcher.pace is not None)


def test_a_measurement_that_failed_is_made_again_at_the_next_look_and_not_at_every_job(
    dock, wait, monkeypatch
):
    jobs, watcher = dock.host.jobs, dock.watcher
    wait(lambda: watcher.pace is not None)
    video = watcher.outlook.coverage.units[0].clip.path
    away = video.rename(video.with_suffix(".away"))
    dock.run_panel.extractions.paces.clear()
    watcher.refresh()
    wait(lambda: watcher.pace_problem and settled(dock))
    begun, start = [], jobs.start
    monkeypatch.setattr(jobs, "start", lambda *given, **more: begun.append(given[1]) or start(*given, **more))
    job = jobs.run(lambda: None, "other work")
    wait(lambda: job.finished)
    assert begun == ["other work"]
    away.rename(video)
    watcher.refresh()
    wait(lambda: watcher.pace is not None)
    assert not watcher.pace_problem


def test_computing_keeps_features_and_says_so(dock, wait):
    session, told = dock.session, []
    heard = told.append
    session.notice.connect(heard)
    asked = []
    shown = asked.append
    session.show_dock.connect(shown)
    computed(dock, wait)
    assert dock.run_panel.ending.text() == "3 clips have features at t20."
    assert dock.run_panel.ending.text() in told
    assert dock.run_panel.forecast.text() == "All 3 clips are computed."
    assert not dock.run_panel.button.isEnabled()
    item = dock.timesteps.tree.topLevelItem(20)
    assert item.text(2) == "3 of 3"
    dock.run_panel.show_map.click()
    assert asked == ["Map"]


def test_damaged_features_are_offered_again_as_soon_as_somebody_met_them(dock, wait):
    computed(dock, wait)
    panel, store = dock.run_panel, dock.watcher.outlook.inventory.store
    file = next(store.folder.rglob("t20.safetensors"))
    data = file.read_bytes()
    # In the first tensor: damage in a change alone leaves the mean as it is.
    at = 8 + int.from_bytes(data[:8], "little") + 3
    file.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])

    def read():
        store.read(file.parent.name, "t20", dock.layers.checked())

    dock.host.jobs.run(read, "training")
    wait(lambda: "1 damaged, will be computed again" in panel.forecast.text())
    assert panel.forecast.text().startswith("1 clip (1 damaged, will be computed again)")
    wait(lambda: settled(dock))
    computed(dock, wait)
    assert panel.forecast.text() == "All 3 clips are computed."


def test_an_edge_that_moved_leaves_one_clip_to_compute(dock, wait):
    computed(dock, wait)
    row = dock.session.table.rows[1]
    editing.set_edges(dock.session, row.id, start=3)
    wait(lambda: settled(dock))
    assert dock.run_panel.forecast.text().startswith("1 clip,")


def test_only_the_clips_that_are_meant_are_computed(dock, wait):
    session = dock.session
    dock.scope_buttons["labelled"].click()
    wait(lambda: settled(dock) and dock.watcher.outlook.coverage.clips == 2)
    dock.scope_buttons["selected"].click()
    wait(lambda: settled(dock) and dock.watcher.outlook.coverage.clips == 0)
    assert "No clips in scope" in dock.run_panel.forecast.text()
    assert not dock.run_panel.button.isEnabled()
    session.select([session.table.rows[2].id])
    wait(lambda: settled(dock) and dock.watcher.outlook.coverage.clips == 1)
    computed(dock, wait)
    assert dock.run_panel.ending.text() == "1 clip has features at t20."


def test_cancel_keeps_what_is_finished_and_the_next_run_goes_on(dock, wait, tmp_path):
    import numpy as np

    from actiondiff_gui.gui.project import menu as projects

    still = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    more = [
        write_video(tmp_path / f"long_{n}.mp4", np.stack([np.roll(still, n + t, axis=1) for t in range(100)]))
        for n in range(3)
    ]
    projects.add_files(dock.host, more)
    wait(lambda: len(dock.session.table) == 6)
    dock.choose_paper()
    panel = dock.run_panel
    wait(lambda: settled(dock) and panel.button.isEnabled())
    panel.button.click()
    wait(lambda: panel.extractions.latest.computed > 0)
    line = JobsLine(dock.host)
    assert not line.stop.isHidden()
    assert line.stop.toolTip() == "Stop; finished clips are kept"
    line.stop.click()
    wait(lambda: not panel.extractions.running)
    kept = panel.extractions.latest.kept
    assert 0 < kept < 6
    assert panel.ending.text() == f"Stopped: {kept} of 6 clips are kept. Press Compute to continue."
    assert not [thread for thread in threading.enumerate() if thread.name == "decoder"]
    wait(lambda: settled(dock))
    assert len(dock.watcher.outlook.coverage.units) == 6 - kept


def test_a_clip_that_fails_is_listed_with_its_sentence_and_can_be_shown(dock, wait):
    session = dock.session
    row = session.table.rows[0]
    path = session.videos[row.video_id].path
    moved = path.rename(path.with_suffix(".moved"))
    try:
        computed(dock, wait)
        panel = dock.run_panel
        assert panel.failures.count() == 1
        assert path.name in panel.failures.item(0).text()
        assert panel.ending.text() == "2 clips have features at t20. 1 clip failed."
        panel.show_clip.click()
        assert session.selection == (row.id,)
    finally:
        moved.rename(path)


def test_a_folder_that_is_no_model_is_said_in_the_dock_and_nothing_changes(dock, tmp_path):
    before = dock.session.address
    dock.use_backbone(str(tmp_path))
    assert "not a Stable Video Diffusion folder" in dock.run_panel.problem.text()
    assert not dock.run_panel.problem.isHidden()
    dock.use_backbone("nonsense")
    assert "There is no backbone 'nonsense'" in dock.run_panel.problem.text()
    assert dock.session.address == before
    dock.use_backbone(before.backbone)
    assert dock.run_panel.problem.isHidden()


def test_a_model_that_became_unreadable_is_said_in_the_dock(dock, wait, svd_folder, tmp_path):
    import shutil

    copy = shutil.copytree(svd_folder, tmp_path / "model")
    dock.use_backbone(str(copy))
    wait(lambda: settled(dock))
    (copy / "unet" / "config.json").write_text(json.dumps([]))
    dock.watcher.refresh()
    wait(lambda: dock.watcher.problem)
    assert "Download the model again" in dock.run_panel.problem.text()
    assert not dock.run_panel.button.isEnabled()


def test_a_hub_model_is_downloaded_only_when_the_button_is_pressed(dock, wait, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    dock.session.set_address(precision="bfloat16")
    dock.use_backbone("svd-xt")
    wait(lambda: dock.watcher.outlook is not None and dock.watcher.outlook.address.backbone == "svd-xt")
    panel = dock.run_panel
    assert "about 4.2 GB will be downloaded first" in panel.forecast.text()
    assert panel.button.text() == "Download and compute"
    assert not (tmp_path / "hub").exists() or not list(Path(tmp_path / "hub").rglob("*.safetensors"))
    panel.button.click()
    wait(lambda: not panel.extractions.running)
    assert "hub cannot be reached" in panel.ending.text()


def test_an_unknown_hub_model_can_be_asked_for_and_fails_with_a_sentence(dock, wait, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    dock.backbone.lineEdit().setText("someone/elses")
    dock.backbone.lineEdit().returnPressed.emit()
    assert dock.session.address.backbone == "someone/elses"
    wait(lambda: dock.watcher.outlook is not None and dock.watcher.outlook.about is None)
    dock.run_panel.button.click()
    wait(lambda: "hub cannot be reached" in dock.run_panel.problem.text())


def test_the_dock_looks_only_while_it_is_seen(dock, wait):
    wait(lambda: settled(dock))
    dock.hide()
    dock.session.set_address(timestep="t3")
    assert dock.watcher._query.stale
    assert not dock.host.jobs.active()
    dock.show()
    wait(lambda: looked(dock))


def test_two_docks_show_the_same_run(dock, wait):
    from actiondiff_gui.gui.features.dock import FeaturesDock

    other = FeaturesDock(dock.host)
    computed(dock, wait)
    assert other.run_panel.ending.text() == dock.run_panel.ending.text()
    deleted(other)


def test_the_window_stays_alive_while_a_network_is_loaded_and_run(dock, wait):
    from qtpy.QtCore import QTimer

    gaps, last = [], [time.perf_counter()]

    def tick() -> None:
        gaps.append(time.perf_counter() - last[0])
        last[0] = time.perf_counter()

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(5)
    computed(dock, wait)
    timer.stop()
    assert max(gaps) < 1.0


def test_workers_are_chosen_in_their_form_and_nothing_starts_while_it_is_not_valid(dock, wait, monkeypatch):
    from actiondiff_gui.gui.session.preferences import worker_settings
    from actiondiff_gui.workflow.cluster.settings import WorkerSettings

    def typed(text: str) -> None:
        field = dock.workers.form.fields["slurm"]
        field.widget.value = text
        field.native.editingFinished.emit()

    preferences, panel = dock.session.preferences, dock.run_panel
    assert dock.workers.text() == "Workers: this program"
    dock.workers.expand()
    typed("array=1-4")
    assert panel.problem.text().startswith("The SLURM option array is set by the program.")
    panel.button.click()
    assert panel.extractions.job is None
    assert panel.problem.text().startswith("The SLURM option array is set by the program.")
    assert worker_settings(preferences) == WorkerSettings()
    typed("partition=gpu")
    assert panel.problem.text() == ""
    dock.workers.form.fields["workers"].widget.value = 2
    assert worker_settings(preferences) == WorkerSettings(2, "partition=gpu")
    assert dock.workers.text() == "Workers: 2 SLURM jobs"
    monkeypatch.setenv("PATH", "")
    computed(dock, wait)
    assert panel.ending.text().startswith("There is no SLURM on this computer")
    typed("")
    assert dock.workers.text() == "Workers: 2 processes of this computer"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_compute_for_the_window_and_leave_no_thread(dock, wait):
    from actiondiff_gui.gui.session.preferences import set_worker_settings
    from actiondiff_gui.workflow.cluster.settings import WorkerSettings

    before = set(threading.enumerate())
    set_worker_settings(dock.session.preferences, WorkerSettings(2))
    computed(dock, wait, 600)
    count = len(dock.session.table)
    assert dock.run_panel.ending.text() == f"{count} clips have features at t20."
    wait(lambda: not [each for each in set(threading.enumerate()) - before if not each.daemon])
