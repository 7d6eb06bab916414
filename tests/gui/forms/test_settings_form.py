"""Every setting of every dataclass goes through JSON, form and command line at both of its limits, unchanged."""

import dataclasses
import json
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import actiondiff_gui
from actiondiff_gui.classifier.training.presets import PRESETS, TrainingSettings
from actiondiff_gui.cli import COMMANDS, main
from actiondiff_gui.cli.setting_options import SettingOption, given, setting_options
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.ethogram.settings import EthogramSettings
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.gui.forms.settings_form import SettingsForm
from actiondiff_gui.inference.recordings import Sliding
from actiondiff_gui.settings import described, from_dict, to_dict


def kinds():
    """Return every dataclass of the package with a declared setting."""
    folder = Path(actiondiff_gui.__file__).parent
    found = []
    for file in sorted(folder.rglob("*.py")):
        if re.search(r"\bSetting\(", file.read_text("utf-8")):
            name = ".".join(file.relative_to(folder.parent).with_suffix("").parts)
            found += [
                each
                for each in vars(import_module(name)).values()
                if isinstance(each, type)
                and dataclasses.is_dataclass(each)
                and each.__module__ == name
                and described(each)
            ]
    return found


KINDS = kinds()
WITHOUT_FLAG = ("ProbeSettings.folds", "ProbeSettings.seed")
"""Of the grids of the lab and of studies, where they are always the usual ones, so that stored scores can be compared."""


def base(kind, each):
    """Return settings beside which ``each`` has an effect."""
    return kind(**dict([each.setting.only])) if each.setting.only else kind()


def limits(each):
    """Return values at both limits of a setting, and None where it may be left out."""
    low, high = each.setting.low, each.setting.high
    if each.kind == "switch":
        values = [True, False]
    elif each.kind in ("choice", "text"):
        values = [*each.choices, *each.setting.examples, each.default]
    elif each.kind == "size":
        values = [*each.choices, (int(low), int(high)), (int(high), int(low))]
    else:
        kind = int if each.kind == "whole" else float
        values = [kind(low), kind(high)]
    return [*values, None] if each.optional else values


def beyond(each):
    """Return values just past the limits of a setting, or of another type."""
    low, high = each.setting.low, each.setting.high
    if each.kind in ("whole", "number"):
        step = 1 if each.kind == "whole" else abs(high) * 1e-3
        below = low - 1 if each.kind == "whole" else low - 1e-3 if low == 0 else low * 0.999
        return [below, high + step, float("nan"), "7"]
    if each.kind == "size":
        return [(int(low) - 1, int(high)), (int(low), int(high) + 1), (64,), "large"]
    return ["nothing of the kind", 1, None]


def words(value):
    if value is None:
        return "none"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def through_json(settings):
    kind = type(settings)
    if hasattr(kind, "from_dict"):
        return kind.from_dict(json.loads(json.dumps(settings.to_dict())))
    return from_dict(kind, json.loads(json.dumps(to_dict(settings))), ActionDiffError)


def asked(kind, *arguments):
    """Return the arguments that a command with all settings of ``kind`` is given."""
    found = {}

    @click.command()
    @setting_options(kind)
    def command(**options):
        found.update(given(kind, options))

    return CliRunner().invoke(command, arguments), found


def cases(values):
    return [
        pytest.param(kind, each, value, id=f"{kind.__name__}-{each.name}-{value}"[:60])
        for kind in KINDS
        for each in described(kind)
        for value in values(each)
    ]


@pytest.mark.parametrize(("kind", "each", "value"), cases(limits))
def test_a_setting_at_its_limit_comes_back_from_json_form_and_flag(qtbot, kind, each, value):
    wanted = replace(base(kind, each), **{each.name: value})

    assert through_json(wanted) == wanted

    form = SettingsForm(wanted, only=(each.name, *each.setting.only[:1]))
    qtbot.addWidget(form)
    assert form.settings() == wanted
    # Not what was shown, but what the field says.
    form.fields[each.name]._shown = (object(), None)
    assert form.settings() == wanted

    arguments = [each.flag, words(value)]
    if each.kind == "switch":
        arguments = [each.flag if value else each.flag.replace("--", "--no-", 1)]
    done, found = asked(kind, *arguments)
    assert done.exit_code == 0, done.output
    assert found == {each.name: value}


@pytest.mark.parametrize(("kind", "each", "value"), cases(beyond))
def test_a_setting_past_its_limits_is_refused_in_a_sentence(kind, each, value):
    if value is None and each.optional:
        return
    with pytest.raises(ActionDiffError, match=f"The setting '{each.name}'.*\\.$"):
        replace(base(kind, each), **{each.name: value})
    if each.kind != "switch" and value != "7":
        done, _ = asked(kind, each.flag, words(value))
        assert done.exit_code == 2
        assert f"Invalid value for '{each.flag}'" in done.output


def test_every_setting_has_a_command_line_flag():
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in COMMANDS]
    options = [
        option for command in commands for option in command.params if isinstance(option, SettingOption)
    ]
    flagged = {(option.setting.name, option.setting.setting.help) for option in options}
    lacking = {
        f"{kind.__name__}.{each.name}"
        for kind in KINDS
        for each in described(kind)
        if (each.name, each.setting.help) not in flagged
    }
    assert lacking == set(WITHOUT_FLAG)


def test_every_setting_is_told_to_people():
    for kind in KINDS:
        for each in described(kind):
            assert each.setting.label
            assert each.setting.help
            assert not each.setting.help.endswith(".")
            if each.kind in ("whole", "number", "size"):
                assert abs(each.setting.low) < float("inf") > abs(each.setting.high)


def test_a_field_that_cannot_be_read_says_which(qtbot):
    form = SettingsForm(PRESETS["small-data"])
    qtbot.addWidget(form)
    form.fields["learning_rate"].widget.value = "fast"
    with pytest.raises(ActionDiffError, match="learning rate: 'fast'"):
        form.settings()


def test_an_edit_is_told_and_showing_others_is_not(qtbot):
    form = SettingsForm(PRESETS["small-data"])
    qtbot.addWidget(form)
    heard = []
    form.edited.connect(lambda: heard.append(1))
    form.show_settings(PRESETS["ucf-hmdb"])
    assert (heard, form.settings()) == ([], PRESETS["ucf-hmdb"])
    form.fields["epochs"].widget.value = 7
    assert heard
    assert form.settings().epochs == 7


def test_a_number_that_the_field_rounds_stays_what_it_was_until_somebody_changes_it(qtbot):
    sliding = Sliding(window=2.71828, threshold=1 / 3)
    form = SettingsForm(sliding)
    qtbot.addWidget(form)
    assert form.fields["window"].native.text() == "2.72 s"
    assert form.fields["threshold"].native.text() == "33 %"
    assert form.settings() == sliding
    form.fields["window"].widget.value = 2.5
    assert form.settings() == replace(sliding, window=2.5)


def test_a_setting_that_says_nothing_is_hidden_and_is_the_usual_one_again(qtbot):
    form = SettingsForm(ExtractionSettings(regime="noised", draws=3))
    qtbot.addWidget(form)
    form.show()
    draws = form.fields["draws"].native
    assert draws.isVisible()
    form.fields["regime"].widget.value = "released"
    assert not draws.isVisible()
    assert form.settings() == ExtractionSettings()
    form = SettingsForm(TrainingSettings(loss="cross-entropy", alpha=0.7))
    qtbot.addWidget(form)
    form.fields["epochs"].widget.value = 7
    assert form.settings() == TrainingSettings(loss="cross-entropy", alpha=0.7, epochs=7)


BY_HAND = {
    "TrainingPlan.test",
    "MapSettings.method",
    "BackupSettings.every",
    "SimilarSettings.count",
    "SimilarSettings.other_domains",
    "SimilarSettings.labelled_otherwise",
    "SimilarSettings.moments",
}
"""Settings that are chosen in the window otherwise: in words that name the domain, by the entry of a menu, in a few steps. As
many similar clips as are usual are shown."""


def test_every_setting_has_a_field_in_the_window(pets, monkeypatch):
    from qtpy.QtWidgets import QDialog

    from actiondiff_gui.gui.clips.dock import ClipsDock
    from actiondiff_gui.gui.ethogram import saving as ethogram_saving
    from actiondiff_gui.gui.ethogram.dock import EthogramDock
    from actiondiff_gui.gui.features.settings import FeatureSettings
    from actiondiff_gui.gui.features.workers import Workers
    from actiondiff_gui.gui.forms.setting_fields import Field
    from actiondiff_gui.gui.map.controls import MapControls
    from actiondiff_gui.gui.overlays.form import OverlayForm
    from actiondiff_gui.gui.review.dock import ReviewDock
    from actiondiff_gui.gui.train.form import TrainForm
    from actiondiff_gui.gui.train.models_apply import ApplyForm

    shown, build = set(), Field.__init__

    def noted(self, each, edited):
        shown.add((each.name, each.setting.help))
        build(self, each, edited)

    monkeypatch.setattr(Field, "__init__", noted)
    monkeypatch.setattr(QDialog, "exec", lambda _: 0)
    features, workers, train, apply, maps = (
        make(pets) for make in (FeatureSettings, Workers, TrainForm, ApplyForm, MapControls)
    )
    clips = ClipsDock(pets)
    others = [clips, ReviewDock(pets), EthogramDock(pets), OverlayForm()]
    for part in (features, workers, train.advanced, apply.bouts):
        part.expand()
    maps.new.menu().aboutToShow.emit()
    clips.as_gallery.menu().aboutToShow.emit()
    ethogram_saving._ask_bouts(pets, None, None, "binary")
    lacking = {
        f"{kind.__name__}.{each.name}"
        for kind in KINDS
        for each in described(kind)
        if (each.name, each.setting.help) not in shown
    }
    assert lacking == {*WITHOUT_FLAG, *BY_HAND}
    for widget in (features, workers, train, apply, maps, *others):
        widget.deleteLater()


def test_settings_of_a_backbone_are_chosen_in_the_form_and_kept_in_the_address(pets):
    from actiondiff_gui.backbones.identity import describe
    from actiondiff_gui.gui.features.settings import FeatureSettings
    from actiondiff_gui.gui.session.preferences import batch_size

    more = FeatureSettings(pets)
    more.show_address(describe("tiny"))
    more.expand()
    fields = more.extraction.fields
    assert fields["stride"].native.text() == f"default ({describe('tiny').stride})"
    fields["stride"].widget.value = 2
    fields["resolution"].widget.value = "custom"
    fields["resolution"].sides[0].value = 100
    settings = pets.session.address.settings
    assert settings.stride == 2
    # To the next size that the network takes.
    assert settings.resolution == (128, 64)
    assert more.text() == "More: 128 x 64 pixels, every 2nd frame"
    more.compute.fields["precision"].widget.value = "float32"
    more.compute.fields["batch_size"].widget.value = 3
    assert pets.session.address.precision == "float32"
    assert batch_size(pets.session.preferences) == 3
    fields["stride"].native.setValue(0)
    assert pets.session.address.settings.stride is None
    more.deleteLater()


def test_what_makes_no_sense_is_told_in_the_window_that_asks_for_it(qtbot, monkeypatch):
    from qtpy.QtWidgets import QDialog, QDialogButtonBox, QLabel

    from actiondiff_gui.gui.forms.settings_form import ask_settings

    told = []

    def answer(dialog):
        form, buttons = dialog.findChild(SettingsForm), dialog.findChild(QDialogButtonBox)
        for typed in ("0", "often", "0.5"):
            form.fields["every"].widget.value = typed
            buttons.button(QDialogButtonBox.StandardButton.Ok).click()
            told.append(dialog.findChildren(QLabel)[-1].text() if dialog.result() == 0 else "")
        return dialog.result()

    monkeypatch.setattr(QDialog, "exec", answer)
    found = ask_settings(None, "Rows", EthogramSettings(every=0.1), ("every",))
    assert found == EthogramSettings(every=0.5)
    assert "between 0.001 and 3600 s" in told[0]
    assert "'often' cannot be read as a number" in told[1]
    assert told[2] == ""
