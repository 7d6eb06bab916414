"""Entries of menus that open a gallery: the selected clips, similar ones, clusters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMenu, QWidgetAction

from actiondiff_gui.embedding.clusters import ClusterSettings
from actiondiff_gui.embedding.neighbours import Moment, SimilarSettings
from actiondiff_gui.gui.forms.settings_form import SettingsForm
from actiondiff_gui.gui.gallery.state import finding
from actiondiff_gui.gui.gallery.state.sets import one_group
from actiondiff_gui.settings import kept_settings, to_dict

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host

SETTING = "clusters"
"""Name of the project's setting that keeps how clips are clustered."""


def add_similar(menu: QMenu, host: "Host", asked: Sequence[str] | Moment, back: str) -> None:
    """Add the ways to find clips that are similar to some, or to a moment."""
    moment = isinstance(asked, Moment)
    domain = host.session.domain
    what = "this moment" if moment else "it" if len(asked) == 1 else f"these {len(asked):,} clips"
    for text, settings in (
        (f"Clips like {what}", SimilarSettings()),
        (f"Clips like {what} of another {domain or 'domain'}", SimilarSettings(other_domains=True)),
        (f"Clips like {what}, labelled otherwise", SimilarSettings(labelled_otherwise=True)),
        (f"Moments like {what}", SimilarSettings(moments=True)),
    ):
        entry = menu.addAction(text)
        entry.setEnabled(bool(domain) or not settings.other_domains)
        entry.triggered.connect(host.guarded(lambda _=False, s=settings: find_similar(host, asked, s, back)))
    if moment:
        entry = menu.addAction("Moments like a box on the picture...")
        entry.setToolTip(
            "Drag a box on the video; only what is in it is compared, which runs the network once"
        )
        entry.triggered.connect(host.guarded(lambda _=False: _ask_box(host, asked, back)))


def _ask_box(host: "Host", asked: Moment, back: str) -> None:
    """Let the user draw a box on the picture, and find moments that are like what is in it."""

    def drawn(box: tuple[int, int, int, int]) -> None:
        moment = Moment(host.session.video, host.session.frame, box)
        find_similar(host, moment, SimilarSettings(moments=True), back)

    host.region.ask_box("Drag a box around what is to be found. Escape cancels.", drawn)


def add_clusters(menu: QMenu, host: "Host", back: str) -> SettingsForm:
    """Add the entry that clusters all clips, and the form of its settings, which is returned."""
    project = host.session.needed()
    form = SettingsForm(kept_settings(ClusterSettings, project.setting(SETTING, {})))
    form.edited.connect(host.guarded(lambda: host.session.keep_setting(SETTING, to_dict(form.settings()))))
    entry = menu.addAction("Clusters of all clips")
    entry.setToolTip("Clips that are alike by their features; each cluster is labelled at once")
    entry.triggered.connect(host.guarded(lambda _=False: find_clusters(host, form.settings(), back)))
    below = QWidgetAction(menu)
    below.setDefaultWidget(form)
    menu.addAction(below)
    return form


def find_similar(host: "Host", asked: Sequence[str] | Moment, settings: SimilarSettings, back: str) -> None:
    """Find similar clips in a job, and show them."""
    session = host.session
    project, loaded, address = session.needed(), session.loaded, session.address
    ids = asked if isinstance(asked, Moment) else tuple(asked)
    host.galleries.find(
        lambda: finding.similar_set_job(project, loaded, address, ids, settings, back),
        "searching similar clips",
        # Only for a box the network is run.
        lane="heavy" if isinstance(ids, Moment) and ids.box is not None else "",
    )


def find_clusters(host: "Host", settings: ClusterSettings, back: str) -> None:
    """Cluster all clips in a job, keep their numbers, and show the clusters."""
    session = host.session
    project, loaded, address = session.needed(), session.loaded, session.address
    host.galleries.find(
        lambda: finding.cluster_set_job(project, loaded, address, settings, back), "clustering clips"
    )


def open_selected(host: "Host", back: str) -> None:
    """Show the selected clips."""
    host.galleries.show(one_group("Selected clips", host.session.selection, back))
