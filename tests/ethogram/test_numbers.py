"""Time budget, transitions and agreement against scikit-learn, numpy and hand calculation."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from actiondiff_gui.ethogram.agreement import NONE, agreement_job, kappa_of
from actiondiff_gui.ethogram.bouts import Bouts, Recording, Said, bouts_of, union, without
from actiondiff_gui.ethogram.budget import FACET, RECORDING, SUBJECT, BudgetRow, budget, places_of
from actiondiff_gui.ethogram.counted import counted_before
from actiondiff_gui.ethogram.settings import ALL, FIRST, LABELLED, SHARED, SPANNED, WHOLE, EthogramSettings
from actiondiff_gui.ethogram.transitions import transitions
from actiondiff_gui.progress import run

ACTIONS = ("dig", "rear", "rest")
CAGE = Recording("v0", "cage.mp4", 1000, 10.0, {"species": "mouse"})
FIELD = Recording("v1", "field.mp4", 600, 20.0, {"species": "vole"})


def say(*rows, **given) -> list[Said]:
    """Rows of recording, start, end, action and perhaps a subject."""
    plain = {"value": 1, "predicted": False, "confidence": None, "by": "Ada", **given}
    return [
        Said(
            row[0],
            row[4] if len(row) > 4 else None,
            row[1],
            row[2],
            row[3],
            clip=f"{plain['by']}{row}",
            **plain,
        )
        for row in rows
    ]


def made(*rows, recordings=(CAGE, FIELD), actions=ACTIONS, **given) -> Bouts:
    return bouts_of(say(*rows, **given), recordings, actions)


def spans(bouts: Bouts) -> list[tuple]:
    return list(
        zip(
            bouts.recording.tolist(),
            [bouts.actions[k] for k in bouts.action],
            bouts.start.tolist(),
            bouts.end.tolist(),
            bouts.predicted.tolist(),
            strict=True,
        )
    )


def row_of(rows: list[BudgetRow], action: str, group: str = "") -> BudgetRow:
    return next(row for row in rows if (row.action, row.group) == (action, group))


# Bouts


def test_bouts_of_one_action_that_overlap_are_one_and_those_that_touch_are_two():
    bouts = made((0, 0, 10, "dig"), (0, 5, 30, "dig"), (0, 30, 40, "dig"), (0, 5, 30, "rear"))
    assert [(b[1], *b[2:4]) for b in spans(bouts)] == [("dig", 0, 30), ("rear", 5, 30), ("dig", 30, 40)]
    assert bouts.joined == 1


def test_predictions_are_cut_to_where_no_label_lies():
    said = say((0, 100, 200, "dig")) + say((0, 400, 500, "rest"), value=-1)
    said += say((0, 50, 150, "rear"), (0, 120, 180, "dig"), (0, 390, 450, "rest"), by="m", predicted=True)
    bouts = bouts_of(said, [CAGE], ACTIONS, labels_first=True)
    assert [b[1:] for b in spans(bouts)] == [
        ("rear", 50, 100, True),
        ("dig", 100, 200, False),
        ("rest", 390, 400, True),
    ]
    assert bouts.trimmed == 3


def test_a_label_of_one_animal_leaves_predictions_of_another():
    said = say((0, 0, 100, "dig", "a"))
    said += say(
        (0, 0, 50, "rear", "b"), (0, 0, 50, "rear", "a"), (0, 80, 120, "rest"), by="m", predicted=True
    )
    bouts = bouts_of(said, [CAGE], ACTIONS, labels_first=True)
    assert {(*b[1:4], bouts.subjects[s]) for b, s in zip(spans(bouts), bouts.subject, strict=True)} == {
        ("dig", 0, 100, "a"),
        ("rear", 0, 50, "b"),
        ("rest", 100, 120, None),
    }


@pytest.mark.parametrize("seed", range(5))
def test_intervals_are_what_frames_say(seed):
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 180, 12)
    cuts = np.column_stack([starts, starts + rng.integers(1, 20, 12)])
    mask = np.zeros(201, bool)
    for a, b in cuts:
        mask[a:b] = True
    joined = union(cuts)
    assert (joined[1:, 0] > joined[:-1, 1]).all()
    again = np.zeros(201, bool)
    for a, b in joined:
        again[a:b] = True
    np.testing.assert_array_equal(again, mask)
    np.testing.assert_array_equal(counted_before(joined, np.arange(201)), np.cumsum(mask) - mask)
    left = np.zeros(201, bool)
    for a, b in without(30, 150, [union(cuts[:6]), union(cuts[6:])]):
        left[a:b] = True
    expected = ~mask
    expected[:30], expected[150:] = False, False
    np.testing.assert_array_equal(left, expected)


# Time budget


def test_a_time_budget_by_hand():
    bouts = made((0, 100, 150, "dig"), (0, 300, 400, "dig"), (0, 500, 530, "dig"), (0, 0, 100, "rear"))
    rows = budget(bouts, WHOLE)
    dig = row_of(rows, "dig")
    lengths = [5.0, 10.0, 3.0]
    assert (dig.count, dig.total, dig.median) == (3, 18.0, 5.0)
    assert dig.mean == pytest.approx(6.0)
    assert dig.deviation == pytest.approx(np.std(lengths, ddof=1))
    assert (dig.low, dig.high) == tuple(np.percentile(lengths, [25, 75]))
    # 100 s of the cage and 30 s of the field count.
    assert dig.counted == 130.0
    assert dig.share == pytest.approx(18 / 130)
    assert dig.rate == pytest.approx(3 / (130 / 60))
    assert dig.latency == 10.0
    assert (dig.units, dig.shown_in) == (2, 1)
    rest = row_of(rows, "rest")
    assert (rest.count, rest.total, rest.share) == (0, 0.0, 0.0)
    assert all(math.isnan(v) for v in (rest.mean, rest.median, rest.latency, rest.deviation))
    assert math.isnan(row_of(rows, "rear").deviation)


def test_what_counts_changes_shares_and_not_lengths():
    bouts = made((0, 100, 200, "dig"), (0, 300, 400, "rear"))
    whole, labelled, spanned = (row_of(budget(bouts, c), "dig") for c in (WHOLE, LABELLED, SPANNED))
    assert (whole.counted, labelled.counted, spanned.counted) == (130.0, 20.0, 30.0)
    assert (whole.latency, labelled.latency) == (10.0, 0.0)
    assert whole.mean == labelled.mean == spanned.mean == 10.0


def test_a_budget_by_recording_facet_and_subject():
    bouts = made((0, 0, 100, "dig", "a"), (0, 0, 50, "dig", "b"), (1, 0, 200, "dig"))
    by_recording = budget(bouts, WHOLE, RECORDING)
    # Each animal in a recording is watched for all of it.
    assert row_of(by_recording, "dig", "cage.mp4").counted == 200.0
    assert row_of(by_recording, "dig", "field.mp4").share == pytest.approx(10 / 30)
    assert row_of(budget(bouts, WHOLE, FACET + "species"), "dig", "mouse").count == 2
    by_subject = budget(bouts, WHOLE, SUBJECT)
    assert row_of(by_subject, "dig", "b").total == 5.0
    assert by_subject[-1].group == "(none)"
    assert places_of(bouts, SUBJECT, "b", "dig").tolist() == [1]


def test_the_total_over_groups_is_the_whole():
    rng = np.random.default_rng(0)
    rows = [
        (int(r), int(s), int(s) + 5, ACTIONS[a], f"m{m}")
        for r, s, a, m in zip(*(rng.integers(0, n, 300) for n in (2, 590, 3, 2)), strict=True)
    ]
    bouts = made(*rows)
    for counted in (WHOLE, LABELLED, SPANNED):
        whole = {row.action: row for row in budget(bouts, counted)}
        for by in (RECORDING, SUBJECT, FACET + "species"):
            parts = budget(bouts, counted, by)
            for action in ACTIONS:
                mine = [row for row in parts if row.action == action]
                assert (
                    sum(row.count for row in mine)
                    == whole[action].count
                    == sum(bouts.actions[k] == action for k in bouts.action)
                )
                assert sum(row.total for row in mine) == pytest.approx(whole[action].total)
                assert sum(row.counted for row in mine) == pytest.approx(whole[action].counted)


# Transitions


def test_transitions_by_hand():
    rows = [
        (0, 0, 10, "dig"),
        (0, 10, 20, "rear"),
        (0, 30, 40, "dig"),
        (0, 50, 60, "dig"),
        (0, 55, 70, "rest"),
    ]
    bouts = made(*rows, (1, 0, 10, "rest"))
    found = transitions(bouts)
    expected = np.zeros((3, 3), int)
    expected[0, 1] = expected[1, 0] = expected[0, 2] = 1
    np.testing.assert_array_equal(found.counts, expected)
    assert (found.own, found.overlapping, len(found.pairs)) == (1, 1, 3)
    np.testing.assert_allclose(found.shares[0], [0, 0.5, 0.5])
    assert np.isnan(found.shares[2]).all()
    with_own = transitions(bouts, with_own=True)
    expected[0, 0] = 1
    np.testing.assert_array_equal(with_own.counts, expected)
    near = transitions(bouts, longest_gap=0.5)
    assert near.counts.sum() == 2
    assert near.too_far == 2


def test_transitions_do_not_cross_animals():
    found = transitions(made((0, 0, 10, "dig", "a"), (0, 20, 30, "rear", "b"), (0, 40, 50, "rest", "a")))
    assert found.counts.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_nothing_has_no_transitions():
    assert transitions(made()).counts.sum() == 0


# Agreement


def _frames(bouts: Bouts, place: int, count: int) -> np.ndarray:
    out = np.zeros((count, len(bouts.actions)), int)
    for r, k, a, b in zip(bouts.recording, bouts.action, bouts.start, bouts.end, strict=True):
        if r == place:
            out[a:b, k] = 1
    return out


@pytest.mark.parametrize("seed", range(4))
def test_agreement_on_frames_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)

    def rater() -> Bouts:
        rows = [
            (int(r), int(s), int(s) + int(n), ACTIONS[a])
            for r, s, n, a in zip(
                *(rng.integers(*n, 30) for n in ((0, 2), (0, 500), (1, 90), (0, 3))), strict=True
            )
        ]
        return made(*rows)

    first, second = rater(), rater()
    found = run(agreement_job(first, second))
    one, two = (np.concatenate([_frames(b, 0, 1000), _frames(b, 1, 600)]) for b in (first, second))
    sets = [["".join(map(str, row)) for row in frames.tolist()] for frames in (one, two)]
    assert found.frames == 1600
    assert found.seconds == 130.0
    assert found.kappa == pytest.approx(cohen_kappa_score(*sets), abs=1e-12)
    assert found.same == pytest.approx(np.mean((one == two).all(axis=1)))
    assert found.macro_frame_f1 == pytest.approx(f1_score(one, two, average="macro"))
    assert found.table.sum() == 1600
    assert NONE in found.categories
    for k, action in enumerate(found.actions):
        assert action.kappa == pytest.approx(cohen_kappa_score(one[:, k], two[:, k]), abs=1e-12)
        assert action.frame_f1 == pytest.approx(f1_score(one[:, k], two[:, k]))
        assert action.precision == pytest.approx(precision_score(one[:, k], two[:, k]))
        assert action.recall == pytest.approx(recall_score(one[:, k], two[:, k]))


def test_kappa_of_cohens_table():
    # Cohen (1960), table of proportions of 200 cases: kappa .492
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert kappa_of(table) == pytest.approx(0.492, abs=5e-4)
    assert math.isnan(kappa_of(np.array([[5]])))
    assert math.isnan(kappa_of(np.zeros((0, 0))))


def test_which_frames_count_is_as_chosen():
    first = made((0, 0, 100, "dig"), (0, 200, 300, "rear"))
    second = made((0, 50, 250, "dig"), (1, 0, 10, "dig"))
    counted = {
        frames: run(agreement_job(first, second, EthogramSettings(frames=frames))).frames
        for frames in (ALL, FIRST, SHARED)
    }
    assert counted == {ALL: 1000, FIRST: 200, SHARED: 100}


def test_bouts_are_paired_by_their_overlap():
    first = made((0, 0, 100, "dig"), (0, 200, 300, "dig"), (0, 400, 500, "rear"))
    second = made((0, 10, 110, "dig"), (0, 260, 360, "dig"), (0, 400, 500, "rear"))
    half, tenth = (
        run(agreement_job(first, second, EthogramSettings(overlap=overlap))) for overlap in (0.5, 0.1)
    )
    dig = half.actions[0]
    assert (dig.first_bouts, dig.second_bouts, dig.paired, dig.bout_f1) == (2, 2, 1, 0.5)
    assert tenth.actions[0].bout_f1 == 1.0
    assert half.macro_bout_f1 == pytest.approx(0.75)


def test_animals_are_compared_one_by_one_where_both_name_them():
    first = made((0, 0, 100, "dig", "a"), (0, 0, 100, "rear", "b"))
    swapped = made((0, 0, 100, "rear", "a"), (0, 0, 100, "dig", "b"))
    found = run(agreement_job(first, swapped))
    assert (found.frames, found.without_subjects, found.actions[0].frame_f1) == (2000, 0, 0.0)
    unnamed = made((0, 0, 100, "dig"), (0, 0, 100, "rear"))
    found = run(agreement_job(first, unnamed))
    assert (found.frames, found.without_subjects, found.kappa) == (1000, 1, 1.0)
