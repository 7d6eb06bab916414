"""Take the screenshots of the docs, by a walk through the workbench on the sample project.

    xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/tour.py docs/images
    xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/tour.py docs/images looks
    xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/tour.py docs/images bouts,ethogram
    xvfb-run -a -s "-screen 0 1600x1000x24" python scripts/tour.py /tmp/light --theme light

Every picture is of the running program at 1280 x 800. Features that the walk needs are computed on the way, or taken from
the folder ACTIONDIFF_TOUR_HOME, which is then kept. A second word takes the pictures of some parts alone.
"""

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (1280, 800)
USUAL = {"timestep": "t25", "layers": (1, 4, 7), "pooling": "mean+change"}
"""Where the sample's model is read."""
LAB_TIMESTEPS, LAB_LAYERS = ("t0", "t20", "t25"), tuple(range(1, 10))
MOST_BYTES = 200_000


class Tour:
    """A viewer with the workbench, and the steps of the walk."""

    def __init__(self, out: Path, theme: str) -> None:
        import napari

        from actiondiff_gui.gui.app import open_in

        self.out, self.theme = out, theme
        self.viewer = napari.Viewer(show=True)
        self.viewer.theme = theme
        self.viewer.window._qt_window.resize(*SIZE)
        self.bench = open_in(self.viewer)
        self.host, self.session = self.bench.host, self.bench.host.session
        self.session.annotator = "Ada"

    def settle(self, seconds: float = 0.8) -> None:
        """Let the window do what it has to."""
        from qtpy.QtWidgets import QApplication

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)

    def wait(self, condition: Callable[[], object], limit: float = 1800) -> None:
        """Wait until ``condition`` holds."""
        from qtpy.QtWidgets import QApplication

        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("The window did not get there in time.")
            QApplication.processEvents()
            time.sleep(0.01)

    def idle(self) -> bool:
        """Return whether no job is shown as running."""
        return not [job for job in self.host.jobs.active() if not job.quiet]

    def picture(self, name: str) -> None:
        """Keep what the window shows."""
        self.settle()
        file = self.out / f"workbench_{name}.png"
        self.viewer.window._qt_window.grab().save(str(file))
        if file.stat().st_size > MOST_BYTES:
            # Six bits a channel look the same and make a painted video a third smaller.
            with Image.open(file) as picture:
                values = np.asarray(picture.convert("RGB"))
            coarse = np.round(np.round(values / 255 * 63) * (255 / 63)).astype(np.uint8)
            Image.fromarray(coarse).save(file, optimize=True)
        print(name, flush=True)

    def tab(self, title: str):
        """Go to a tab and return its dock."""
        from actiondiff_gui.gui.workbench import TABS

        place = list(TABS).index(title)
        self.bench.tabs.setCurrentIndex(place)
        return self.bench.tabs.widget(place)

    def clip(self, video: str):
        """Return the row of the clip of a video whose name begins with ``video``."""
        return next(row for row in self.session.table if row.video_name.startswith(video))

    def open(self, video: str, frame: int) -> None:
        """Open a clip and go to a frame of it."""
        row = self.clip(video)
        self.session.select([row.id])
        self.session.open_clip(row.id)
        self.wait(
            lambda: self.host.player.layer is not None and self.host.player.layer.name == row.video_name
        )
        self.session.seek(row.start + frame)

    # The walk

    def part(self, names: str) -> None:
        """Take the pictures of some parts, such as "looks" or "bouts,ethogram"."""
        from actiondiff_gui.gui.features.extraction import start_extraction
        from actiondiff_gui.gui.project import menu as projects

        projects.open_sample(self.host)
        self.wait(lambda: self.session.project is not None and self.idle())
        start_extraction(self.host, [USUAL["timestep"]], LAB_LAYERS)
        self.wait(self.idle)
        for name in names.split(","):
            getattr(self, name)()

    def walk(self) -> None:
        """All pictures, in the order of a newcomer's first ten minutes."""
        from actiondiff_gui.gui.features.extraction import start_extraction
        from actiondiff_gui.gui.project import menu as projects

        self.tab("Clips")
        self.picture("empty")
        projects.open_sample(self.host)
        self.wait(lambda: self.session.project is not None and self.idle())
        self.open("quadruped_jump_side_field_0", 20)
        self.settle(2)
        self.picture("clips")

        self.tab("Features")
        start_extraction(self.host, [USUAL["timestep"]], LAB_LAYERS)
        self.wait(lambda: any(job.progress.done > 20 for job in self.host.jobs.active()))
        self.picture("features")
        self.wait(self.idle)

        dock = self.tab("Map")
        self.host.maps.make("umap")
        self.wait(lambda: dock.shown is not None and self.idle())
        self.choose(dock, "facet: context")
        self.session.select([])
        self.picture("map")

        self.gallery()
        self.looks()
        self.train()
        self.moments()
        self.ethogram()
        self.lab()
        self.light()
        self.review()

    def gallery(self) -> None:
        """Show the clusters of all clips as looping pictures."""
        from actiondiff_gui.embedding.clusters import ClusterSettings
        from actiondiff_gui.gui.gallery.menu import find_clusters

        self.session.set_address(**USUAL)
        dock = self.tab("Clips")
        find_clusters(self.host, ClusterSettings(), "Clips")
        self.wait(lambda: dock.gallery.isVisible() and self.idle())
        grid = dock.gallery.grid
        self.wait(lambda: all(grid.loops.get(clip) is not None for clip in grid.visible_clips()), 60)
        self.picture("gallery")
        dock._leave_gallery("Clips")

    def light(self) -> None:
        """Show the clips in the light theme."""
        self.viewer.theme = "light"
        self.open("biped_wave_side_field_0", 20)
        self.tab("Clips")
        self.picture("light")
        self.viewer.theme = self.theme

    def choose(self, dock, data: str) -> None:
        """Colour the map by something."""
        box = dock.controls.colour_by
        self.wait(lambda: box.findData(data) >= 0, 10)
        box.setCurrentIndex(box.findData(data))
        box.activated.emit(box.currentIndex())

    def looks(self) -> None:
        """Every overlay on clips of the sample."""
        from actiondiff_gui.gui.overlays.state.kinds import SOME

        dock = self.tab("Overlays")
        form = dock.form
        # The finest layer of the tiny model that has attention: 8 x 8 places.
        self.session.set_address(timestep=USUAL["timestep"], layers=(3,), pooling="mean")
        self.open("spider_walk_side_field_0", 8)
        others = [self.clip(f"{species}_walk_side_field_0").id for species in ("quadruped", "biped")]

        def shown(count: int = 1) -> None:
            layers = dock.stage.layers
            self.wait(
                lambda: len(dock.stage.shown) == count and not self.host.jobs.active() and not layers.busy
            )

        form.choose("spatial")
        dock.click(100, 96)
        shown()
        self.picture("look_attention")

        form.choose("temporal")
        self.session.seek(self.session.current_row.start + 32)
        dock.click(100, 96)
        self.wait(lambda: self.session.frame_weights is not None and not self.host.jobs.active())
        self.picture("look_time")
        dock.clear()

        self.session.select([self.session.current, *others])
        form.choose("similarity")
        form.clips.setCurrentIndex(1)
        dock.click(100, 96)
        shown(3)
        self.picture("look")

        form.choose("colours")
        dock.compute()
        self.wait(lambda: dock.stage.shown[0][1].kind == "colours")
        shown(3)
        self.picture("look_colours")
        form.clips.setCurrentIndex(0)
        form.timesteps.setCurrentIndex(form.timesteps.findData(SOME))
        dock.compute()
        shown(7)
        self.picture("look_timesteps")
        form.timesteps.setCurrentIndex(0)
        dock.clear()

        # A model looks at the layers that it was trained on.
        self.session.set_address(**USUAL)
        dock.models.use(self.model())
        self.wait(lambda: form.action.count() and not self.host.jobs.active())
        form.choose("evidence")
        form.clips.setCurrentIndex(1)
        form.action.setCurrentIndex(form.action.findData("walk"))
        dock.compute()
        shown(3)
        self.picture("look_evidence")
        dock.clear()
        form.choose("frames")
        self.open("quadruped_jump_side_field_0", 20)
        dock.compute()
        self.wait(lambda: self.session.frame_weights is not None and not self.host.jobs.active())
        self.picture("look_frames")
        dock.clear()

    def model(self) -> Path:
        """Return a transformer trained on all clips of the sample, kept among the project's models."""
        from actiondiff_gui.cli import main as run
        from actiondiff_gui.gui.overlays.state.computing import OverlayJobs

        overlays, project = OverlayJobs(self.session), self.session.needed().path
        name = "all species"
        if name not in overlays.models():
            with contextlib.suppress(SystemExit):
                run(["train", str(project), "--name", name], standalone_mode=False)
            self.session.models_changed.emit()
        return overlays.model_file(name)

    def train(self) -> None:
        """Train on two species, and see what the model is worth on the third."""
        dock = self.tab("Train")
        self.session.set_address(**USUAL)
        self.open("quadruped_jump_side_field_0", 20)
        watcher = dock.form.watcher
        self.wait(lambda: watcher.checked is not None and "At most" in watcher.forecast())
        dock.form.domains.tick("spider", 4)
        dock.form.domains.tick("biped", 3)
        self.wait(lambda: dock.form.button.isEnabled() and "biped" in watcher.checked.plan.train_domains)
        self.picture("train")
        dock.form.button.click()
        self.wait(lambda: dock.stack.currentWidget() is dock.results)
        self.wait(lambda: dock.results.bars.drawn)
        self.picture("results")
        dock.results.scroll.verticalScrollBar().setValue(dock.results.matrix_head.y() - 4)
        self.wait(lambda: dock.results.matrix.drawn)
        row, column = max(
            ((i, j) for i in range(6) for j in range(6) if i != j),
            key=lambda cell: dock.results.results["confusion"][cell[0]][cell[1]],
        )
        dock.results.matrix.choose(row, column)
        self.picture("confusion")
        dock.show_models()
        dock.models.apply.button.click()
        self.wait(self.idle)
        self.picture("models")

    def bouts(self) -> None:
        """Mark bouts in the long recording with the keys, against its true table."""
        import csv

        from actiondiff_gui.resources import sample_data

        recording = next(v for v in self.session.videos.values() if v.path.name == "arena.mp4")
        self.session.open_video(recording.id)
        self.wait(lambda: self.host.player.layer is not None and self.host.player.layer.name == "arena.mp4")
        self.session.set_looping(False)
        names = [action.name for action in self.session.actions]
        with sample_data("recording", "bouts.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row in rows[:9]:
            key = f"action_{names.index(row['label']) + 1}"
            self.session.seek(int(row["start_frame"]))
            self.host.keyboard.run(key)
            self.session.seek(int(row["end_frame"]) - 1)
            self.host.keyboard.run(key)
        self.session.seek(int(rows[9]["start_frame"]))
        self.host.keyboard.run(f"action_{names.index(rows[9]['label']) + 1}")
        self.session.seek(int(rows[9]["start_frame"]) + 60)
        self.tab("Clips")
        self.settle(6)
        self.picture("bouts")

    def moments(self) -> None:
        """Map every moment of the long recording, whose first bouts were marked."""
        self.bouts()
        dock = self.tab("Map")
        self.session.set_address(**USUAL)
        self.session.show_dock.emit("Map:Moments")
        page = dock.moments
        self.wait(lambda: not page.maker.reading)
        if page.maker.shown is None:
            page.maker.make("umap", compute=True)
        self.wait(lambda: page.maker.shown is not None and self.idle())
        self.session.seek(self.session.frame - 30)
        self.settle(2)
        self.picture("moments")
        self.session.show_dock.emit("Map:Clips")

    def review(self) -> None:
        """Start a review of the third species, by a linear model that learned from three labels of each action in the two others."""
        from actiondiff_gui.classifier.models.library import keep_model
        from actiondiff_gui.classifier.training.fitting import fit_head

        project, session = self.session.project, self.session
        session.set_address(**USUAL)
        features = session.loaded.features(project, session.address)
        kept: dict[str, int] = {}
        truth = {said.clip_id: said.action for said in project.labels(sources=["person", "import"])}
        with project.transaction(record=False):
            for said in project.labels(sources=["person", "import"]):
                species = project.clip(said.clip_id).facets.get("species")
                if species not in ("biped", "quadruped") or kept.get(said.action, 0) >= 3:
                    project.unlabel(said.clip_id, said.action, source=said.source, by=said.by)
                else:
                    kept[said.action] = kept.get(said.action, 0) + 1
        tokens = features.tokens()
        extraction = dict(features.store.provenance.values)
        model = fit_head("linear", tokens, range(len(tokens)), extraction=extraction)
        session.reread()
        session.set_model(keep_model(project, model, "linear"))
        dock = self.tab("Review")
        review = dock.maker.review
        self.wait(lambda: review.queue is not None and not dock.maker.making)
        review.start()
        for _ in range(4):
            self.settle(1)
            review.choose(truth[review.asked.clip_id])
        self.settle(3)
        self.picture("review")

    def ethogram(self) -> None:
        """Count the bouts; then look at another rater's table in BORIS's format, import it, and compare."""
        from actiondiff_gui.gui.project import menu as projects
        from actiondiff_gui.resources import sample_data

        dock = self.tab("Ethogram")
        recording = next(v for v in self.session.videos.values() if v.path.name == "arena.mp4")
        self.session.open_video(recording.id, 1500)
        projects.add_files(self.host, [sample_data("recording", "bouts.csv")])
        self._planned_import().ok.click()
        self.wait(lambda: self.idle() and not dock._query.stale and dock.seen is not None)
        self.settle(2)
        self.picture("ethogram")
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "second_rater.tsv"
            second_rater(self.session.project, table)
            projects.add_files(self.host, [table])
            dialog = self._planned_import()
            dialog.questions.by.setText("Bea")
            self.settle(2)
            dialog.grab().save(str(self.out / "import_table.png"))
            print("import_table", flush=True)
            dialog.ok.click()
            self.wait(self.idle)
            self.settle(2)
            for report in self._windows("ImportReportDialog"):
                report.close()
        dock.videos.setCurrentIndex(dock.videos.findData("open"))
        dock.videos.activated.emit(dock.videos.currentIndex())
        self.settle(2)
        page = dock.agreement
        dock.tabs.setCurrentWidget(page)
        for box, name in ((page.first, "Ada"), (page.second, "Bea")):
            box.setCurrentIndex(next(n for n in range(box.count()) if box.itemData(n).name == name))
        page.frames.widget.value = "first"
        page.chosen.emit()
        page.compare.click()
        self.wait(lambda: dock.compared is not None)
        self.picture("agreement")
        dock.tabs.setCurrentIndex(1)

    def lab(self) -> None:
        """Compare timesteps: scores, maps, one frame, and the scoreboard of the linear probe."""
        from actiondiff_gui.gui.features.extraction import start_extraction
        from actiondiff_gui.gui.lab.state.comparing import usual_choice

        dock = self.tab("Lab")
        as_opened = dock.lab.choice.summary
        dock.lab.set(**vars(usual_choice(dock.lab.about)) | {"layers": LAB_LAYERS, "summary": as_opened})
        self.session.set_address(**USUAL)
        # Four of the paper's seven are left out, to show cells without features.
        start_extraction(self.host, LAB_TIMESTEPS, LAB_LAYERS)
        self.wait(self.idle)
        self.open("quadruped_jump_side_field_0", 20)
        self.host.player.pause()
        grid = dock.page(0)
        self.wait(lambda: grid.scores.run is not None and not grid.scores.run.waiting and self.idle())
        self.wait(lambda: not grid.scores.watcher.measuring)
        self.picture("lab_grid")
        dock.lab.set(timesteps=LAB_TIMESTEPS, summary="mean")
        self.settle()
        self.wait(lambda: grid.scores.run is not None and not grid.scores.run.waiting and self.idle())
        self.picture("lab_grid_mean")
        dock.lab.set(summary=as_opened)
        self.session.select([])
        dock.switch.choose(1)
        maps = dock.page(1)
        maps.make("pca")
        self.wait(lambda: maps.shown is not None and maps.shown.finished and maps.canvas is not None)
        maps.colour_boxes.colour_by.setCurrentText("context")
        maps.colour_boxes.colour_by.activated.emit(maps.colour_boxes.colour_by.currentIndex())
        self.picture("lab_maps")
        dock.switch.choose(2)
        strip = dock.page(2)
        self.settle()
        strip.make()
        self.wait(lambda: strip.strip is not None and not strip.making)
        self.picture("lab_strip")
        dock.switch.choose(3)
        board = dock.page(3)
        board.heads.choose(1)
        self.wait(lambda: board.compute.isEnabled())
        board.start()
        self.wait(lambda: board.run is not None and board.run.board is not None and self.idle())
        self.picture("lab_board")

    def _windows(self, kind: str) -> list:
        from qtpy.QtWidgets import QDialog

        return [w for w in self.host.window.findChildren(QDialog) if type(w).__name__ == kind]

    def _planned_import(self):
        """Return the dialog of an import, once it shows what would come of it."""
        self.wait(lambda: any(d.isVisible() for d in self._windows("ImportTableDialog")))
        dialog = next(d for d in self._windows("ImportTableDialog") if d.isVisible())
        self.wait(lambda: dialog.planned is not None)
        return dialog


def second_rater(project, path: Path) -> None:
    """Return labels of the recording as another person might have coded them in BORIS: edges off by up to half a second,
    one bout called otherwise, one left out, and a start without an end.
    """
    import random
    from dataclasses import replace

    from actiondiff_gui.ethogram.source import Source, named, read_bouts
    from actiondiff_gui.project.formats.writers.bouts import write_boris
    from actiondiff_gui.project.formats.writers.named_bout import told

    video = next(v for v in project.videos() if v.path.name == "arena.mp4")
    dice = random.Random(1)
    bouts = []
    for bout in named(read_bouts(project, Source(), [video.id])):
        start, end = (
            max(0, min(at + dice.randint(-12, 12), video.frame_count)) for at in (bout.start, bout.end)
        )
        bouts.append(replace(bout, start=start, end=end))
    bouts[3] = replace(bouts[3], action="Walk")
    del bouts[5]
    write_boris(told([video], bouts), path)
    lines = path.read_text(encoding="utf-8").replace(str(video.path), "C:/films/arena.mp4").splitlines()
    path.write_text("\n".join([*lines[:-1], ""]), encoding="utf-8")


def main() -> None:
    """Take all pictures into the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?", default=Path("docs/images"))
    parser.add_argument("parts", nargs="?", help="take the pictures of these alone, such as bouts,ethogram")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACTIONDIFF_GUI_HOME"] = os.environ.get("ACTIONDIFF_TOUR_HOME", home)
        tour = Tour(asked.out, asked.theme)
        try:
            if asked.parts:
                tour.part(asked.parts)
            else:
                tour.walk()
        finally:
            tour.viewer.close()


if __name__ == "__main__":
    main()
