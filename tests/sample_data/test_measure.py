"""Does the measure ask every question once, choose addresses without the tested domain, and judge the aim fairly?"""

import json
from collections import Counter
from functools import partial

import numpy as np
import pytest

from actiondiff_gui.classifier.presets import preset
from actiondiff_gui.features.settings import ExtractionSettings, Provenance
from actiondiff_gui.features.store import TokenStore
from actiondiff_gui.features.tokens import FeatureAddress, TokenSet
from actiondiff_gui.resources import sample_data
from sample_data.measure import averaged, more_clips, motion
from sample_data.measure.__main__ import main, transformer_places
from sample_data.measure.addresses import addresses_figure
from sample_data.measure.answers import linear_answer, transformer_answer
from sample_data.measure.cells import Answer, Cell, Kept, digits
from sample_data.measure.clips import SHIFTS, drawn_specs
from sample_data.measure.figures import main as draw_figures
from sample_data.measure.plain import FlowBackbone, PixelBackbone, flow_energy, optical_flow
from sample_data.measure.printed import lines
from sample_data.measure.results import Table, aim, grids
from sample_data.measure.subjects import Subject
from sample_data.measure.work import ClipFacts, answer_all
from sample_data.tiny_model.twin import write_twin
from sample_data.world import TEST_SEEDS


@pytest.mark.parametrize("count", [36, 72, 108])
def test_drawn_clips_are_balanced_over_every_facet_and_use_test_seeds(count):
    specs = drawn_specs(count)
    assert len({spec.seed for spec in specs}) == count
    assert all(spec.seed in TEST_SEEDS for spec in specs)
    for facet in SHIFTS:
        cells = Counter((spec.action, getattr(spec, facet)) for spec in specs)
        assert len(set(cells.values())) == 1


def test_flow_energy_tells_how_fast_and_which_way_a_picture_moves():
    picture = np.random.default_rng(0).random((16, 16)).repeat(4, 0).repeat(4, 1).astype(np.float32)
    moving = np.stack([np.roll(picture, 2 * t, axis=0) for t in range(3)])[..., None].repeat(3, axis=-1)
    flow = optical_flow(moving)
    assert np.median(np.abs(flow[0, 8:-8, 8:-8, 1])) == pytest.approx(2, abs=0.1)
    assert np.median(np.abs(flow[0, 8:-8, 8:-8, 0])) < 0.1
    still = flow_energy(optical_flow(moving[:1].repeat(3, axis=0)))
    assert still.shape == (3, FlowBackbone.channels)
    assert np.count_nonzero(np.abs(still) > 1e-3) == 3  # the first bin of the lengths, in each frame
    assert flow_energy(flow)[0, -1] > 1


def test_pixels_and_flow_never_share_an_address():
    digests = {
        Provenance.of(one, ExtractionSettings(stride=1)).digest for one in (PixelBackbone(), FlowBackbone())
    }
    assert len(digests) == 2


def test_a_line_that_a_killed_run_left_half_written_is_answered_again(tmp_path):
    file = tmp_path / "cells.jsonl"
    one, other = (Cell("c", "model", "d", "released", "t20", n, "linear", "species", "mean") for n in (1, 2))
    kept = Kept(file)
    kept.add(one, Answer("101", within="011", validation={"a": 0.5}))
    kept.add(other, Answer("111"))
    file.write_text(file.read_text()[:-20])
    again = Kept(file)
    assert one in again
    assert other not in again
    assert again[one].share().tolist() == [1, 0, 1]
    assert again[one].validation == {"a": 0.5}
    again.add(other, Answer("000"))
    assert Kept(file)[other].right == "000"


def telling_tokens(noise: float, clips: int = 48) -> TokenSet:
    """Clips of three actions in two domains whose tokens name the action, all in disorder."""
    rng = np.random.default_rng(0)
    actions = rng.permutation(np.arange(clips) % 3)
    order = rng.permutation(clips)
    return TokenSet(
        clip_ids=tuple(f"clip {i:02}" for i in order),
        tokens=tuple(np.tile(np.eye(3)[actions[i]], (4, 3)) + noise * rng.normal(size=(4, 9)) for i in order),
        classes=("a", "b", "c"),
        labels=np.eye(3, dtype=np.int8)[actions[order]],
        domains=tuple("xy"[i % 2] for i in order),
        groups=tuple(str(i) for i in order),
        address=FeatureAddress("b", "d", "t1", 1),
    )


def test_both_heads_name_actions_that_tokens_tell_and_answer_in_the_order_of_the_clips():
    tokens = telling_tokens(0.1)
    training = preset("small-data", epochs=15)
    assert linear_answer(tokens, "mean").right == "1" * 48
    assert linear_answer(tokens, "mean").within == "1" * 48
    assert set(linear_answer(tokens, "mean").validation) == {"x", "y"}
    # the first clip in order now lies about its action: only its own digit is sure to change
    liar = tokens.clip_ids.index("clip 00")
    labels = tokens.labels.copy()
    labels[liar] = np.roll(labels[liar], 1)
    lying = TokenSet(**{**vars(tokens), "labels": labels})
    assert linear_answer(lying, "mean").right == "0" + "1" * 47
    both = transformer_answer(lying, False, 2, training, "cpu")
    assert both.right[0] == "0"
    assert both.share()[1:].mean() > 0.9


def subject_of(tmp_path, layers) -> Subject:
    backbone, settings = PixelBackbone(), ExtractionSettings(stride=1)
    store = TokenStore(tmp_path, Provenance.of(backbone, settings))
    return Subject("model", backbone, settings, store, ("-",), layers)


def test_an_address_is_chosen_by_validation_and_not_by_the_domain_it_is_tested_on(tmp_path):
    facts = ClipFacts("c", np.array(["a", "b"] * 4), dict.fromkeys(SHIFTS, np.array(list("xxxxyyyy"))))
    one = subject_of(tmp_path, (1, 2))

    def cell_of(who, timestep, layer, head, split):
        return Cell("c", who.name, who.digest, who.regime, timestep, layer, head, split, "mean")

    kept = Kept(tmp_path / "cells.jsonl")
    # layer 1 is right in the test, layer 2 in validation, for x; the other way round for y
    kept.add(cell_of(one, "-", 1, "linear", "species"), Answer("11110000", validation={"x": 0.1, "y": 0.9}))
    kept.add(cell_of(one, "-", 2, "linear", "species"), Answer("00001111", validation={"x": 0.9, "y": 0.1}))
    table = Table([one], kept, cell_of, facts)
    chosen = table.chosen("species")
    assert {domain: address[2] for domain, address in chosen.items()} == {"x": 2, "y": 1}
    assert table.at(chosen, "linear", "species").tolist() == [0] * 8
    assert table.at(chosen, "transformer", "species") is None


@pytest.mark.parametrize("which", ["none", "chosen", "curve", "all"])
def test_folds_within_domains_are_asked_where_an_address_was_chosen_and_along_the_usual_layer(
    tmp_path, which
):
    facts = ClipFacts("c", np.array(["a", "b"] * 4), dict.fromkeys(SHIFTS, np.array(list("xxxxyyyy"))))
    one = subject_of(tmp_path, (1, 2, 3))

    def cell_of(who, timestep, layer, head, split):
        return Cell("c", who.name, who.digest, who.regime, timestep, layer, head, split, "mean")

    kept = Kept(tmp_path / "cells.jsonl")
    kept.add(cell_of(one, "-", 3, "linear", "species"), Answer("11110000", validation={"x": 0.9, "y": 0.9}))
    places = list(transformer_places(Table([one], kept, cell_of, facts), one, "-", which, 2))
    chosen = [(3, "species"), (3, "within")]
    usual = [(2, split) for split in (*SHIFTS, "within")]
    everywhere = [(layer, shift) for layer in (1, 2, 3) for shift in SHIFTS]
    expected = {
        "none": [],
        "chosen": chosen,
        "curve": chosen + usual,
        "all": chosen + usual + everywhere,
    }[which]
    assert len(places) == len(set(places))
    assert {place[1:] for place in places} == set(expected)


@pytest.mark.parametrize(("ours", "verdict"), [(0.8, "reached"), (0.3, "not reached"), (0.43, "not settled")])
def test_the_aim_is_judged_by_its_interval_against_the_best_of_the_others(ours, verdict):
    rng = np.random.default_rng(1)
    domains = {shift: rng.permutation(np.arange(400) % 2).astype(str) for shift in SHIFTS}
    facts = ClipFacts("c", np.array(["a"] * 400), domains)

    def right(share):
        return {shift: rng.permutation(np.arange(400) < 400 * share).astype(float) for shift in SHIFTS}

    composite = {
        ("model", "linear"): right(ours),
        ("twin", "linear"): right(0.2),
        ("pixels", "linear"): right(0.3),
    }
    found = aim(composite, "linear", facts)
    assert found["best_other"] == "pixels, linear"
    assert found["value"] == pytest.approx(ours - 0.3, abs=0.01)
    assert found["low"] < found["value"] < found["high"]
    assert found["verdict"] == verdict


def test_a_head_that_was_trained_at_few_addresses_has_no_grid(tmp_path):
    domains = {shift: np.array(list("xxxyyyyy")) for shift in SHIFTS}
    facts = ClipFacts("c", np.array(["a", "b"] * 4), domains)
    one = subject_of(tmp_path, (1, 2))

    def cell_of(who, timestep, layer, head, split):
        return Cell("c", who.name, who.digest, who.regime, timestep, layer, head, split, "mean")

    kept = Kept(tmp_path / "cells.jsonl")
    for shift in SHIFTS:
        for layer, right in ((1, "11100000"), (2, "00011111")):
            kept.add(cell_of(one, "-", layer, "linear", shift), Answer(right))
        kept.add(cell_of(one, "-", 1, "transformer", shift), Answer("1" * 8))
    found = grids({"model": Table([one], kept, cell_of, facts)}, facts)
    # each domain counts alike, however many clips it has
    assert found == {"-": {"model": {"linear": [[0.5, 0.5]]}}}
    kept.add(cell_of(one, "-", 2, "transformer", "species"), Answer("1" * 8))
    assert "transformer" not in grids({"model": Table([one], kept, cell_of, facts)}, facts)["-"]["model"]


def test_the_figure_of_all_addresses_has_a_row_for_each_head_that_was_trained_there():
    whole = np.random.default_rng(0).uniform(size=(2, 3)).tolist()
    by = {"model": {"linear": whole}, "twin": {"linear": whole}}
    asked = {"timesteps": ["t1", "t2"], "layers": [1, 2, 3]}
    found = {"grids": {"released": by}, "chance": 0.2, "clips": 36, "asked": asked}

    def titles():
        return [axis.get_title(loc="left") for axis in addresses_figure(found).axes if axis.images]

    assert titles() == ["tiny, released, linear probe", "untrained twin, released, linear probe"]
    by["model"]["transformer"] = whole
    assert titles()[:2] == ["tiny, released, transformer", "untrained twin, released, transformer"]


def test_motion_is_predicted_in_a_domain_that_was_held_out_only_where_features_tell_it():
    rng = np.random.default_rng(0)
    truth, held_out = rng.normal(size=90), np.arange(90) < 30
    telling = np.outer(truth, [1.0, -2.0]) + 0.1 * rng.normal(size=(90, 2))
    telling[held_out] += 5  # another domain looks different
    assert motion.held_out_correlation(telling, truth, held_out) > 0.95
    assert abs(motion.held_out_correlation(rng.normal(size=(90, 2)), truth, held_out)) < 0.5
    assert motion.held_out_correlation(np.zeros((90, 2)), truth, held_out) == 0


@pytest.mark.slow
def test_a_whole_measurement_is_written_down_and_a_second_one_asks_nothing_again(tmp_path, svd_folder):
    arguments = [
        "--model", str(svd_folder), "--out", str(tmp_path), "--clips", "36", "--clip-frames", "4", "--size", "32",
        "--timesteps", "10,20", "--layers", "3", "--regimes", "released", "--transformer", "none", "--device", "cpu",
    ]  # fmt: skip
    found = main(arguments)
    assert found == json.loads((tmp_path / "results.json").read_text())
    cells = (tmp_path / "cells.jsonl").read_text()
    # 2 plain subjects at one address, model and twin at two timesteps, each for three shifts
    assert cells.count("\n") == 3 * (2 + 2 * 2)
    assert set(found["shifts"]) == set(SHIFTS)
    for shift in SHIFTS:
        assert set(found["shifts"][shift]) == {"model", "twin", "pixels", "flow"}
        assert [p["timestep"] for p in found["curves"]["released"][shift]["twin"]["linear"]] == ["t10", "t20"]
    assert found["model"]["digest"] != found["model"]["twin_digest"]
    assert any("unseen viewpoint" in line for line in lines(found))
    assert found["lacking"] == 0
    both = [found["curves"]["released"][shift]["twin"]["linear"][1]["held_out"]["value"] for shift in SHIFTS]
    grid = found["grids"]["released"]["twin"]["linear"]
    assert (len(grid), len(grid[0])) == (2, 1)
    assert grid[1][0] == pytest.approx(np.mean(both))  # with one layer there is nothing to choose
    rates = [row[0] for row in found["grids"]["released"]["twin"]["linear"]]
    highest = f"{max(rates):.3f} at released {('t10', 't20')[int(np.argmax(rates))]} layer 3."
    told = next(line for line in lines(found) if line.startswith("Untrained twin, linear probe"))
    assert told.endswith(f"at 2 addresses: mean {np.mean(rates):.3f}; highest {highest}")
    draw_figures(["--measured", str(tmp_path), "--out", str(tmp_path)])
    assert (tmp_path / "small_world_addresses.png").exists()
    page = tmp_path / "page.md"
    page.write_text("<!-- printed: averaged -->\n<!-- end -->\n<!-- printed: motion -->\n<!-- end -->\n")
    averaged.main(["--measured", str(tmp_path), "--into", str(page)])
    rows = [row.split(" | ") for row in page.read_text().splitlines()[3:7]]
    assert [row[1] for row in rows] == ["64", "19", "192", "3"]
    pixels = np.mean([found["shifts"][s]["pixels"]["linear"]["held_out"]["value"] for s in SHIFTS])
    assert rows[2][2] == f"{pixels:.3f}"  # all of it is what the measurement itself looked at
    networks = ["--model", str(svd_folder), "--twin", str(tmp_path / "twin")]
    motion.main([*networks, "--measured", str(tmp_path), "--out", str(tmp_path), "--into", str(page)])
    told = json.loads((tmp_path / "motion.json").read_text())["grids"]["released"]["twin"]
    assert (len(told), len(told[0])) == (2, 1)
    assert f"| {told[1][0]:.2f} (layer 3) |" in page.read_text()
    assert (tmp_path / "small_world_motion.png").exists()
    again = main(arguments)
    assert (tmp_path / "cells.jsonl").read_text() == cells
    assert again == found
    # Without an answer it says that one is missing, and the command is not that of a whole measurement.
    (tmp_path / "cells.jsonl").write_text("".join(cells.splitlines(keepends=True)[:-1]))
    so_far = main([*arguments, "--so-far"])
    assert so_far["lacking"] == 1
    assert so_far["command"].endswith("--so-far")
    with pytest.raises(SystemExit, match="twin of another model"):
        main([*arguments, "--twin", str(sample_data("tiny"))])


@pytest.mark.slow
def test_more_clips_ask_only_what_fewer_did_not_and_fewer_are_the_first_of_them(
    tmp_path, svd_folder, monkeypatch
):
    monkeypatch.setattr(more_clips, "TRAINING", preset("small-data", width=8, epochs=1))
    twin = tmp_path / "twin"
    write_twin(svd_folder, twin)
    page = tmp_path / "page.md"
    page.write_text("<!-- printed: more-clips -->\n<!-- end -->\n")
    arguments = [
        "--model", str(svd_folder), "--twin", str(twin), "--out", str(tmp_path), "--clip-frames", "4", "--layer", "3",
        "--timestep", "20", "--seeds", "1", "--device", "cpu", "--into", str(page), "--counts",
    ]  # fmt: skip
    more_clips.main([*arguments, "36"])
    cells = (tmp_path / "cells.jsonl").read_text()
    assert cells.count("\n") == 4 * 2 * 3  # subjects, heads, shifts
    few = json.loads((tmp_path / "more_clips.json").read_text())["averages"]
    more_clips.main([*arguments, "72,36"])
    assert (tmp_path / "cells.jsonl").read_text().startswith(cells)
    assert (tmp_path / "cells.jsonl").read_text().count("\n") == 2 * 4 * 2 * 3
    found = json.loads((tmp_path / "more_clips.json").read_text())
    assert found["counts"] == [36, 72]
    for name, heads in few.items():
        for head, (alone,) in heads.items():
            first, all_clips = found["averages"][name][head]
            assert first == alone
            assert first["low"] <= first["value"] <= first["high"]
            assert all_clips["high"] - all_clips["low"] < first["high"] - first["low"]
    rows = page.read_text().splitlines()
    assert rows[1] == "| features | head | 36 clips | 72 clips |"
    assert len(rows) == 2 + 2 + 8
    assert (tmp_path / more_clips.FIGURE).exists()


@pytest.mark.parametrize("counts", ["30", "36,100", "0", "many"])
def test_numbers_of_clips_that_leave_some_domain_short_are_refused(tmp_path, counts, capsys):
    folder = str(tmp_path)
    with pytest.raises(SystemExit):
        more_clips.main(["--model", folder, "--twin", folder, "--out", folder, "--counts", counts])
    assert "--counts takes" in capsys.readouterr().err


def test_more_than_nine_repetitions_cannot_be_kept():
    with pytest.raises(ValueError, match="9 repetitions"):
        digits([3, 10])


@pytest.mark.slow
def test_two_processes_answer_as_one_does(tmp_path):
    tokens = telling_tokens(1.0)
    cell = Cell("c", "model", "d", "released", "t20", 1, "linear", "species", "mean")
    requests = [(cell, lambda: partial(linear_answer, tokens, "mean"))]
    kept = Kept(tmp_path / "cells.jsonl")
    assert list(answer_all(requests, kept, processes=2)) == [cell]
    assert kept[cell] == linear_answer(tokens, "mean")
    assert list(answer_all(requests, kept, processes=2)) == []
