import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from actiondiff_gui.classifier.result_words import NAMES
from actiondiff_gui.embedding.maps import Embedding, MapSettings, embed
from actiondiff_gui.ethogram.transitions import Transitions
from actiondiff_gui.evaluation.measures import ALL_MEASURES, ANSWERERS
from actiondiff_gui.evaluation.scoreboard.rows import KINDS
from actiondiff_gui.report.curves import domain_bars_figure, timestep_figure
from actiondiff_gui.report.ethograms import transitions_figure
from actiondiff_gui.report.grids import confusion_figure, heat_map_figure, timestep_label
from actiondiff_gui.report.maps import map_figure
from actiondiff_gui.report.measure_grids import MeasureGrid, measures_figure
from actiondiff_gui.report.scoreboards import board_figure, means_figure
from actiondiff_gui.report.style import Look, colours, in_pixels
from actiondiff_gui.report.timelines import Bout, Recording, ethogram_figure, lanes
from actiondiff_gui.report.training_figures import curves_figure, heads_figure, reliability_figure

from .layout import complaints

THREE = ["walking", "eating", "keeping still"]
TWELVE = [
    "climb", "fencing", "golf", "kick ball", "pull-up", "punch", "push-up", "ride bike", "ride horse",
    "shoot ball", "shoot bow", "walk",
]  # fmt: skip
LONG = [
    "swimming against the current near the surface", "eating (carcass, leaves or $eed$)", "_keeping still",
    "sensing with antennae or\nwhiskers", "grooming the hind legs", "<b>fighting</b>", "moving \\frac", "x",
]  # fmt: skip
MANY = [f"individual number {i:02d} of the western colony" for i in range(40)]
TIMESTEPS = ["t0", "t5", "t10", "t15", "t20", "t25", "t29"]
SIGMAS = dict(zip(TIMESTEPS, [700.0, 151.0, 43.1, 9.66, 1.66, 0.156, 0.002], strict=True))


@dataclass
class Scored:
    domain: str
    value: float
    low: float
    high: float
    chance: float = 1 / 6
    n: int = 48


def clips(count, actions, domains):
    random = np.random.default_rng(0)
    features = random.normal(size=(count, 6))
    layout = Embedding(features[:, :2].astype(np.float32), "umap", {"n_neighbors": 15})
    chosen = [str(name) for name in random.choice([*actions, ""], count)]
    return (
        [embed(features, MapSettings("pca")), layout],
        chosen,
        [str(name) for name in random.choice(domains, count)],
    )


def bouts(seconds, actions, count=40):
    edges = np.sort(np.random.default_rng(1).uniform(0, seconds, 2 * count)).reshape(-1, 2)
    return tuple(
        Bout(float(a), float(b), actions[i % len(actions)], 0.2 + 0.8 * (i % 5) / 4)
        for i, (a, b) in enumerate(edges)
    )


@dataclass
class Mean:
    method: str
    head: str
    kind: str
    value: float
    low: float
    high: float
    chance: float = 1 / 6


def board(random, domains):
    value = random.random((domains + 1, domains))
    value[0, 0] = np.nan
    return {"value": value, "low": value * 0.8, "high": value * 1.1, "chance": np.full(value.shape, 0.4)}


def figures():
    random = np.random.default_rng(0)
    for name, actions, domains, count in (
        ("three", THREE, ["birds", "fish"], 150),
        ("twelve", TWELVE, LONG, 5000),
        ("long", LONG, MANY, 400),
        ("many", MANY, THREE, 300),
        ("one", ["walk"], [""], 1),
    ):
        yield f"map {name}", lambda a=actions, d=domains, n=count: map_figure(*clips(n, a, d))
    for rows, columns in ((1, 1), (1, 4), (7, 13), (30, 13)):
        values = random.random((rows, columns))
        names = TIMESTEPS if rows == 7 else [f"t{i}" for i in range(rows)]
        yield (
            f"heat map {rows}x{columns}",
            lambda v=values, t=names: heat_map_figure(
                v, t, range(1, v.shape[1] + 1), SIGMAS, 0.167, subtitle="144 clips"
            ),
        )
    for name, classes in (("three", THREE), ("twelve", TWELVE), ("long", LONG), ("many", MANY[:20])):
        counts = random.poisson(200 if name == "long" else 3, (len(classes), len(classes)))
        yield f"confusion {name}", lambda c=counts, k=classes: confusion_figure(c, k, subtitle="x")
    scores = [Scored("", v, max(v - 0.1, 0), min(v + 0.1, 1)) for v in random.random(30)]
    yield (
        "timesteps",
        lambda: timestep_figure(
            TIMESTEPS,
            {"held-out domain": scores[:7], "within domain": scores[7:14]},
            SIGMAS,
            subtitle="layer 9",
        ),
    )
    yield "all timesteps", lambda: timestep_figure([f"t{i}" for i in range(30)], {LONG[0]: scores})
    for name, domains in (("two", ["birds", "fish"]), ("long", LONG), ("many", MANY)):
        bars = [
            Scored(domain, v, v * 0.8, v + (1 - v) / 2)
            for domain, v in zip(domains, [1, 0, *random.random(40)], strict=False)
        ]
        yield f"bars {name}", lambda b=bars: domain_bars_figure({"held-out": b, "within": b[:-1]})
    for name, actions, seconds in (
        ("short", THREE, 12.0),
        ("long", LONG, 1800.0),
        ("hours", TWELVE, 20000.0),
    ):
        recording = Recording(
            "2024-06-11_camera-left_individual-007_session.mp4", seconds, bouts(seconds, actions)
        )
        both = [recording, Recording("b.avi", seconds / 2, (), bouts(seconds / 2, actions))]
        yield f"ethogram {name}", lambda r=both: ethogram_figure(r, title="True and predicted")
    for name, domains, count in (("two", ["birds", "fish"], 1), ("long", LONG, 4), ("many", MANY[:12], 7)):
        methods = {f"{LONG[i % 8]} {i}": board(random, len(domains)) for i in range(count)}
        yield f"board {name}", lambda m=methods, d=domains: board_figure(m, d, subtitle="bold")
    means = [
        Mean(f"owner/model {i}:untrained", head, kind, v, v * 0.8, v + (1 - v) / 2)
        for i in range(6)
        for head in ANSWERERS
        for kind, v in zip(KINDS, random.random(3), strict=True)
    ]
    yield "means", lambda: means_figure(means, KINDS, ANSWERERS, subtitle="bars")
    yield "means one", lambda: means_figure(means[:1], KINDS, ANSWERERS)
    for rows, columns in ((1, 1), (7, 13), (2, 24)):
        grids = [
            MeasureGrid(m.title, m.kind, *random.random((4, rows, columns)))
            for m in list(ALL_MEASURES.values())[6 if columns == 13 else 9 :]
        ]
        names = TIMESTEPS if rows == 7 else [f"t{i}" for i in range(rows)]
        yield (
            f"measures {rows}x{columns}",
            lambda g=grids, t=names, n=columns: measures_figure(g, t, range(1, n + 1), SIGMAS),
        )
    yield "ethogram empty", lambda: ethogram_figure([])


ALL = dict(figures())


@pytest.mark.parametrize("name", ALL)
def test_no_text_is_cut_off_and_none_lies_on_another(name):
    figure = ALL[name]()

    assert isinstance(figure, Figure)
    assert figure.get_figwidth() == pytest.approx(12.8)
    assert complaints(figure) == []


def of_a_training():
    random = np.random.default_rng(0)
    history = [
        {"epoch": n, "loss": 2 / n, "validation_loss": 2.2 / n, "metric": 1 - 1 / (n + 1)}
        for n in range(1, 41)
    ]
    alone = [row | {"validation_loss": None, "metric": None} for row in history]
    found = {"value": 0.8, "low": 0.7, "high": 0.92}
    bins = [{"low": n / 10, "high": n / 10 + 0.1, "right": n / 10, "answers": 99 * n} for n in range(1, 10)]
    part = {"error": 0.1, "bins": bins}
    calibration = {"on": "validation clips", "before": part, "after": part, "temperature": 1.3}
    yield "curves", 11, lambda: curves_figure(history, "accuracy", 31)
    yield "curves of a loss alone", 11, lambda: curves_figure(alone[:3], "", 2, 100)
    yield "curves before the first epoch", 11, lambda: curves_figure([], "accuracy", 0, 100)
    yield "heads", 11, lambda: heads_figure({key: {"mAP": found} for key in NAMES}, "mAP", "transformer")
    yield "reliability", 11, lambda: reliability_figure(calibration, ("after",))
    for name, classes in (("three", THREE), ("long", LONG), ("many", MANY[:20])):
        counts = random.poisson(3, (len(classes), len(classes)))
        shown = colours(classes)
        yield (
            f"confusion {name}",
            7 + 1.8 * len(classes),
            lambda c=counts, k=classes, s=shown: confusion_figure(c, k, action_colours=s),
        )
        moves = Transitions(tuple(classes), counts * (1 - np.eye(len(classes), dtype=int)), None, 0, 0, False)
        for as_counts in (False, True):
            yield (
                f"transitions {name} {as_counts}",
                24,
                lambda m=moves, a=as_counts, s=shown: transitions_figure(m, as_counts=a, action_colours=s),
            )


TRAINING = {name: (lines, draw) for name, lines, draw in of_a_training()}


@pytest.mark.parametrize("name", TRAINING)
def test_in_the_window_and_on_a_page_no_text_is_cut_off_and_none_lies_on_another(name):
    lines, draw = TRAINING[name]
    drawn = []
    # A dock of 480 pixels at 78.5 dots per inch, with text of 12 pixels and lines of 15.
    seen = Look(width=440.1 / 78.5, height=lines * 15 / 78.5, dots=78.5)
    pixels = in_pixels(lambda: drawn.append(draw()) or drawn[0], seen).pixels

    assert pixels.shape[1] == 440
    assert complaints(drawn[0]) == []
    assert complaints(draw()) == []


def test_complaints_are_made_where_there_is_reason():
    figure = Figure(figsize=(3, 3))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    figure.text(0.5, 0.5, "one")
    figure.text(0.52, 0.5, "two")
    figure.text(0.9, 0.1, "far out")

    assert complaints(figure) == ["'far out' is cut off", "'one' lies on 'two'"]


def words(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_a_map_counts_its_clips_and_keeps_the_colours_of_the_project():
    actions = ["walk", "eat", "walk", ""]
    figure = map_figure(
        [embed(np.eye(4), MapSettings("pca"))],
        actions,
        ["fish", "fish", "birds", "birds"],
        {"walk": "#123456", "eat": "red"},
    )

    assert {"walk (2)", "eat (1)", "unlabelled (1)", "fish (2)", "birds (2)"} <= set(words(figure))
    drawn = figure.axes[0].collections
    colours = {to_hex(colour) for points in drawn for colour in points.get_facecolors()}
    assert {"#123456", "#ff0000"} < colours
    assert len(colours) == 3
    assert sum(len(points.get_offsets()) for points in drawn) == 4


def test_a_long_list_of_actions_ends_with_how_many_are_left_out():
    figure = ALL["map many"]()

    assert "… and 24 more" in words(figure)


def test_the_heat_map_has_the_noisiest_timestep_at_the_top_and_frames_the_best_cell():
    values = np.array([[0.2, 0.3], [np.nan, 0.9], [0.5, 0.1]])
    figure = heat_map_figure(values, ["t0", "t20", "t29"], [3, 9], {"t20": 1.66}, chance=1 / 6)
    ax = figure.axes[0]

    assert [label.get_text() for label in ax.get_yticklabels()] == ["t0", "t20 (σ 1.66)", "t29"]
    assert ax.get_ylim() == (2.5, -0.5)
    assert "framed: t20, layer 9, 0.90" in words(figure)
    assert "chance 0.17" in words(figure)
    assert "–" in words(figure)
    assert all(patch.get_xy() == (0.5, 0.5) for patch in ax.patches)


def test_colours_of_a_heat_map_do_not_make_noise_look_large():
    figure = heat_map_figure(np.array([[0.50, 0.51]]), ["t0"], [1, 2])

    assert figure.axes[0].images[0].norm.vmax - figure.axes[0].images[0].norm.vmin >= 0.25


def test_a_heat_map_of_nothing_known_is_drawn():
    assert "–" in words(heat_map_figure(np.full((1, 2), np.nan), ["t0"], [1, 2], chance=0.5))


def test_the_confusion_matrix_says_counts_and_recall():
    figure = confusion_figure(np.array([[3, 1], [0, 0]]), ["walk", "eat"])
    figure.draw_without_rendering()

    assert {"3", "1", "75%", "–", "walk (4)", "eat (0)"} <= set(words(figure))
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), [[0.75, 0.25], [0, 0]])


def test_the_timestep_curve_shows_its_intervals_and_chance():
    scores = [Scored("", 0.5, 0.4, 0.7), Scored("", 0.6, 0.5, 0.7)]
    figure = timestep_figure(["t0", "t20"], {"held-out": scores})
    ax = figure.axes[0]

    assert "chance (17%)" in words(figure)
    bars = ax.containers[0].lines[2][0].get_segments()
    assert [sorted(bar[:, 1]) for bar in bars] == [pytest.approx([0.4, 0.7]), pytest.approx([0.5, 0.7])]


def test_a_domain_without_a_score_is_said_to_be_unknown():
    nan = float("nan")
    figure = domain_bars_figure(
        {"held-out": [Scored("fish", 0.5, 0.4, 0.6), Scored("fly", nan, nan, nan, nan, 0)]}
    )

    assert {"not known", "fish (48)", "fly (0)", "50%"} <= set(words(figure))


def test_bouts_that_overlap_get_lanes_of_their_own():
    overlapping = [Bout(5, 9, "b"), Bout(0, 6, "a"), Bout(6, 7, "c"), Bout(9, 10, "d")]

    assert lanes(overlapping) == [1, 0, 0, 0]
    assert lanes([]) == []


def test_an_ethogram_sums_up_the_true_time_and_says_where_nothing_was_predicted():
    figure = ethogram_figure([Recording("a.mp4", 60, (Bout(0, 10, "walk"), Bout(20, 25.5, "walk")))])

    assert "walk (15.5 s)" in words(figure)
    assert "none" in [word.strip() for word in words(figure)]


def test_names_are_text_and_never_formulas():
    figure = confusion_figure(np.eye(2, dtype=int), ["a $x^2$ b", "$\\unknown{$"])
    figure.draw_without_rendering()

    assert complaints(figure) == []


@pytest.mark.parametrize(
    ("timestep", "sigma", "label"),
    [
        ("t20", 1.66, "t20 (σ 1.66)"),
        ("t0", 700.0, "t0 (σ 700)"),
        ("-", None, "-"),
        ("t1", float("nan"), "t1"),
    ],
)
def test_a_timestep_is_named_with_its_noise_level(timestep, sigma, label):
    assert timestep_label(timestep, sigma) == label


def test_drawing_neither_imports_pyplot_nor_changes_the_settings_of_others():
    code = (
        "import sys, matplotlib; matplotlib.rcParams['font.size'] = 33\n"
        "from actiondiff_gui.report import curves, grids, maps, page, timelines\n"
        "grids.confusion_figure([[1, 0], [0, 1]], ['a', 'b'])\n"
        "assert matplotlib.rcParams['font.size'] == 33\n"
        "assert not {'matplotlib.pyplot', 'torch', 'sklearn', 'umap', 'qtpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_lies_above_chance_is_bold_on_a_board_and_in_grids():
    sure = np.array([[True, False], [False, False], [False, True]])
    parts = {"value": np.full((3, 2), 0.5), "low": np.where(sure, 0.4, 0.2), "high": np.full((3, 2), 0.7)}
    figure = board_figure({"m": {**parts, "chance": np.full((3, 2), 0.3)}}, ["birds", "fish"])
    bold = [t.get_weight() == "bold" for t in figure.findobj(Text) if t.get_text() == "50%"]
    assert bold == sure.ravel().tolist()

    grid = MeasureGrid("m", "accuracy", parts["value"], parts["low"], parts["high"], np.full((3, 2), 0.3))
    small = measures_figure([grid], ["t0", "t1", "t2"], [1, 2])
    bold = [t.get_weight() == "bold" for t in small.findobj(Text) if t.get_text() == ".50"]
    assert bold == sure.ravel().tolist()
