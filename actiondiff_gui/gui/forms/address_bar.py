"""Address bar: backbone, timestep, layers, pooling and domain, the same above every dock."""

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QWidget
from superqt.utils import signals_blocked

from actiondiff_gui.backbones.description import Description, known_timestep
from actiondiff_gui.backbones.identity import describe
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.gui.common.listening import listen
from actiondiff_gui.gui.common.theme import colour, hint
from actiondiff_gui.gui.features.backbone_box import fill_backbones
from actiondiff_gui.gui.forms.layers_button import LayersButton
from actiondiff_gui.gui.forms.stored_steps import StepSlider
from actiondiff_gui.gui.session.address import Address

if TYPE_CHECKING:
    from actiondiff_gui.gui.host import Host


class AddressBar(QWidget):
    """Backbone, timestep, layers, pooling and domain of the session, and the fields that change them."""

    def __init__(self, host: "Host", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host, self.session = host, host.session
        self.description: Description | None = None
        self._looked_at: Address | None = None
        self.backbone = QComboBox()
        self.backbone.setToolTip("The frozen network whose features are used")
        self.backbone.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.layers = LayersButton(host)
        self.change = QCheckBox("+ change")
        self.change.setToolTip(
            "Pooling. Off: only the mean over the frame, as in the paper. On: also the mean change of each position from "
            "frame to frame, which captures movement within the frame"
        )
        self.domain = QComboBox()
        self.domain.setToolTip("Domain: the facet across whose values actions should be recognised")
        self.timestep = StepSlider()
        self.timestep.setToolTip(
            "Diffusion timestep. Noisier: the gist of the scene; cleaner: its details. Marks: timesteps with stored features "
            "at these layers, faint where some clips lack them"
        )
        self.stored = host.stored_steps
        listen(self, (self.stored.changed, self._show_stored))
        self.timestep_text = QLabel()
        self.timestep_text.setMinimumWidth(self.fontMetrics().horizontalAdvance("t29, sigma 0.00200 "))
        top = QHBoxLayout()
        self.backbone.setMinimumContentsLength(4)
        self.domain.setMinimumContentsLength(7)
        for text, box in (
            ("", self.backbone),
            ("layers", self.layers),
            ("domain", self.domain),
        ):
            if text:
                top.addWidget(hint(text))
            top.addWidget(box)
        top.addStretch(1)
        self.top = top
        bottom = QHBoxLayout()
        self._ends = (hint("noisier"), hint("cleaner"))
        bottom.addWidget(self.timestep_text)
        bottom.addWidget(self._ends[0])
        bottom.addWidget(self.timestep, 1)
        bottom.addWidget(self._ends[1])
        bottom.addWidget(self.change)
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 4, 6, 2)
        grid.setVerticalSpacing(2)
        grid.addLayout(top, 0, 0)
        grid.addLayout(bottom, 1, 0)
        self.backbone.activated.connect(host.guarded(self._choose_backbone))
        self.layers.chosen.connect(host.guarded(self._choose_layers))
        # PySide6 gives a slot that takes any values none of this signal's.
        self.change.clicked.connect(
            host.guarded(lambda _=False: self._choose_pooling(self.change.isChecked()))
        )
        self.domain.activated.connect(host.guarded(self._choose_domain))
        self.timestep.valueChanged.connect(host.guarded(self._choose_timestep))
        listen(
            self,
            (self.session.address_changed, self._show_address),
            (self.session.domain_changed, self._show_domain),
            (self.session.clips_reread, self._show_domain),
            (host.viewer.events.theme, self._follow_theme),
        )
        self._follow_theme()
        self._show_address()
        self._show_domain()

    def _show_address(self) -> None:
        address = self.session.address
        with signals_blocked(self.backbone):
            fill_backbones(self.backbone, address.backbone)
        self.backbone.setToolTip(
            self.backbone.currentData(Qt.ItemDataRole.ToolTipRole)
            or "The frozen network whose features are used"
        )
        try:
            self.description = describe(address.backbone)
        except ActionDiffError:
            self.description = None
        known = self.description is not None
        self._look_for_stored(address)
        self.layers.setEnabled(known)
        self.change.setEnabled(known)
        self.timestep.setEnabled(known and bool(self.description.schedule))
        timed = not known or bool(self.description.schedule)
        for widget in (self.timestep, *self._ends):
            widget.setVisible(timed)
        if not known:
            self.timestep_text.setText("")
            return
        self.layers.show_layers(self.description, address.layers or self.description.usual_layers)
        self._show_stored_layers()
        self.change.setChecked((address.pooling or self.description.default_pooling) == "mean+change")
        step = known_timestep(self.description, address.timestep)
        with signals_blocked(self.timestep):
            self.timestep.setRange(0, max(0, len(self.description.schedule) - 1))
            if step.index is not None:
                self.timestep.setValue(step.index)
        self.timestep_text.setText(
            "no timesteps: this backbone has no noise"
            if step.sigma is None
            else f"{step.key}, sigma {step.sigma:.3g}"
        )

    def _look_for_stored(self, address: Address) -> None:
        asked = replace(address, timestep="")
        if asked != self._looked_at:
            self._looked_at = asked
            self.stored.look(self.description)

    def _show_stored(self) -> None:
        schedule = self.description.schedule if self.description is not None else ()
        shares = self.stored.shares
        self.timestep.show_shares({place: shares.get(step.key, 0.0) for place, step in enumerate(schedule)})
        self._show_stored_layers()

    def _show_stored_layers(self) -> None:
        if self.description is not None:
            step = known_timestep(self.description, self.session.address.timestep).key
            self.layers.show_stored(lambda layer: self.stored.words([step], [layer]))

    def _follow_theme(self, _: object = None) -> None:
        self.timestep.ink = colour(self.host.viewer, "text")
        self.timestep.update()

    def _show_domain(self) -> None:
        facets = self.session.table.facet_keys()
        if self.session.domain and self.session.domain not in facets:
            facets.append(self.session.domain)
        with signals_blocked(self.domain):
            self.domain.clear()
            self.domain.addItem("(none)", None)
            for facet in facets:
                self.domain.addItem(facet, facet)
            self.domain.setCurrentIndex(max(0, self.domain.findData(self.session.domain)))
        self.domain.setEnabled(bool(facets))

    def _choose_backbone(self, place: int) -> None:
        self.session.set_address(backbone=self.backbone.itemData(place), timestep="", layers=(), pooling="")

    def _choose_layers(self, layers: tuple[int, ...]) -> None:
        self.session.set_address(layers=layers)

    def _choose_pooling(self, change: bool) -> None:
        self.session.set_address(pooling="mean+change" if change else "mean")

    def _choose_domain(self, place: int) -> None:
        self.session.set_domain(self.domain.itemData(place))

    def _choose_timestep(self, index: int) -> None:
        if self.description is not None and self.description.schedule:
            self.session.set_address(timestep=self.description.schedule[index].key)
