"""Every setting of every dataclass goes through JSON, form and command line at both of its limits, unchanged."""

import json
from dataclasses import fields, replace

import click
import pytest
from click.testing import CliRunner

from actiondiff_gui.applying.recordings import Sliding
from actiondiff_gui.classifier.presets import PRESETS, TrainingSettings
from actiondiff_gui.cli.setting_options import given, setting_options
from actiondiff_gui.errors import ActionDiffError
from actiondiff_gui.evaluation.classifiers import ProbeSettings
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.settings import described, from_dict, to_dict
from actiondiff_gui.widgets.settings_form import SettingsForm

KINDS = (TrainingSettings, ExtractionSettings, Sliding, ProbeSettings)
BASES = {ExtractionSettings: ExtractionSettings(regime="noised")}


def limits(each):
    """Values at both limits of a setting, and what leaving it out is."""
    if each.kind == "switch":
        values = [True, False]
    elif each.kind == "choice":
        values = list(each.choices)
    elif each.kind == "size":
        low, high = int(each.setting.low), int(each.setting.high)
        values = [*each.choices, (low, high), (high, low)]
    else:
        kind = int if each.kind == "whole" else float
        values = [kind(each.setting.low), kind(each.setting.high)]
    return [*values, None] if each.optional else values


def words(value):
    if value is None:
        return "none"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


CASES = [(kind, each, value) for kind in KINDS for each in described(kind) for value in limits(each)]


@pytest.mark.parametrize(
    ("kind", "each", "value"), CASES, ids=lambda v: getattr(v, "name", None) or str(v)[:30]
)
def test_a_setting_at_its_limit_comes_back_from_json_form_and_flag(qtbot, kind, each, value):
    base = BASES.get(kind, kind())
    if (each.name, value) == ("regime", "released"):
        base = kind()
    wanted = replace(base, **{each.name: value})

    assert from_dict(kind, json.loads(json.dumps(to_dict(wanted))), ActionDiffError) == wanted

    form = SettingsForm(wanted)
    qtbot.addWidget(form)
    assert form.settings() == wanted

    found = {}

    @click.command()
    @setting_options(kind)
    def command(**options):
        found.update(given(kind, options))

    flag = each.flag
    arguments = [flag, words(value)]
    if each.kind == "switch":
        arguments = [flag if value else flag.replace("--", "--no-", 1)]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    assert found == {each.name: value}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_declared_and_past_its_limits_is_refused(kind):
    assert {each.name for each in described(kind)} == {each.name for each in fields(kind)}
    for each in described(kind):
        assert each.setting.label
        assert each.setting.help
        if each.kind in ("whole", "number"):
            step = 1 if each.kind == "whole" else abs(each.setting.high) * 0.01
            with pytest.raises(ActionDiffError, match=each.name):
                replace(kind(), **{each.name: each.setting.high + step})
            with pytest.raises(ActionDiffError, match=each.name):
                replace(kind(), **{each.name: each.setting.low - step})


def test_a_field_that_cannot_be_read_says_which(qtbot):
    form = SettingsForm(PRESETS["small-data"])
    qtbot.addWidget(form)
    form.fields["learning_rate"].value = "fast"
    with pytest.raises(ActionDiffError, match="learning rate: 'fast'"):
        form.settings()


def test_an_edit_is_told_and_showing_others_is_not(qtbot):
    form = SettingsForm(PRESETS["small-data"])
    qtbot.addWidget(form)
    heard = []
    form.edited.connect(lambda: heard.append(1))
    form.show_settings(PRESETS["ucf-hmdb"])
    assert (heard, form.settings()) == ([], PRESETS["ucf-hmdb"])
    form.fields["epochs"].value = 7
    assert heard
    assert form.settings().epochs == 7
