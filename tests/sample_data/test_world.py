"""The sample world renders its specification, consistently over size, time and machine."""

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
import torch

from sample_data.world import (
    ACTIONS,
    CAMERAS,
    CLIP_SECONDS,
    CONTEXTS,
    SAMPLE_SEEDS,
    SPECIES,
    TEST_SEEDS,
    TRAINING_SEEDS,
    VALIDATION_SEEDS,
    VIEWPOINTS,
    ClipSpec,
    render_batch,
    sample_spec,
)
from sample_data.world.camera import Camera, aim, project
from sample_data.world.limbs import joint
from sample_data.world.loop import Loop
from sample_data.world.motion import draw_manner, perform
from sample_data.world.parts import Parts, pack
from sample_data.world.raster import paint
from sample_data.world.scene import clip_weights, stage_clip

CELLS = [(a, s, v, c) for a in ACTIONS for s in SPECIES for v in VIEWPOINTS for c in CONTEXTS]


def mean_difference(one, other) -> float:
    return float((one.float() - other.float()).abs().mean())


def test_a_clip_is_the_same_whenever_and_with_whomever_it_is_rendered():
    specs = [sample_spec(seed) for seed in (5, 6, 7)]
    together = render_batch(specs, 3, 48, stride=4)
    for spec, clip in zip(specs, together, strict=True):
        assert mean_difference(render_batch([spec], 3, 48, stride=4)[0], clip) < 0.05


def test_frames_are_where_start_fps_and_stride_put_them():
    spec = ClipSpec("walk", "quadruped", "side", "field", 11)
    every = render_batch([spec], 9, 48, start=0.5)[0]
    strided = render_batch([spec], 3, 48, stride=4, start=0.5)[0]
    later = render_batch([spec], 2, 48, fps=12, start=0.5 + 4 / 24)[0]
    assert mean_difference(every[::4], strided) < 0.05
    assert mean_difference(every[4:7:2], later) < 0.05
    assert mean_difference(every[0], every[4]) > 1


def test_content_does_not_depend_on_size():
    specs = [sample_spec(seed) for seed in range(20, 26)]
    small = render_batch(specs, 2, 48, start=0.3).float()
    large = render_batch(specs, 2, 192, start=0.3).float()
    shrunk = large.view(6, 2, 48, 4, 48, 4, 3).mean((3, 5))
    other = shrunk.roll(1, 0)
    assert (small - shrunk).abs().mean() < 5
    assert (small - shrunk).abs().mean() < 0.3 * (small - other).abs().mean()


def test_frames_can_be_wider_than_high():
    spec = ClipSpec("eat", "biped", "raised", "night", 3)
    wide = render_batch([spec], 1, (48, 80), start=0.0)
    square = render_batch([spec], 1, 48, start=0.0)
    assert wide.shape == (1, 1, 48, 80, 3)
    # the lamp, the grain's cells and patch sizes follow the frame's height: its middle is the square picture
    assert mean_difference(wide[:, :, :, 16:64], square) < 6


@pytest.mark.parametrize(("species", "viewpoint"), [(s, v) for s in SPECIES for v in VIEWPOINTS])
def test_every_cell_moves_and_uses_the_range_of_grey(species, viewpoint):
    specs = [
        ClipSpec(a, species, viewpoint, c, 40 + i)
        for i, (a, c) in enumerate((a, c) for a in ACTIONS for c in CONTEXTS)
    ]
    clips = render_batch(specs, 3, 32, stride=4).float()
    assert clips.std((1, 2, 3, 4)).min() > 8
    assert (clips[:, 1:] - clips[:, :-1]).abs().mean((1, 2, 3, 4)).min() > 0.3


def test_night_is_of_one_hue_and_field_is_not():
    colourfulness = {}
    for context in CONTEXTS:
        clip = render_batch([ClipSpec("still", "biped", "side", context, 9)], 1, 48, start=0.0).float()
        hue = clip[..., 0] - clip[..., 2]
        colourfulness[context] = float(hue.std())
    assert colourfulness["night"] < 0.4 * colourfulness["field"]


@pytest.mark.parametrize("species", SPECIES)
def test_creatures_stay_in_view_for_a_whole_clip(species):
    time = np.linspace(0, CLIP_SECONDS, 12)
    for seed, camera in product(range(12), CAMERAS):
        for viewpoint in VIEWPOINTS:
            spec = ClipSpec(ACTIONS[seed % 6], species, viewpoint, "field", 500 + seed, camera)
            scene = stage_clip(spec, time)
            torso = scene.parts[0]
            one = Camera(*(value[None] for value in vars(scene.camera).values()))
            xy, _, _ = project((torso.a + torso.b) / 2, one)
            assert np.abs(xy).max() < 0.5, spec


@pytest.mark.parametrize("context", CONTEXTS)
def test_with_a_fixed_camera_the_background_stands_still(context):
    for seed in (3, 42):
        change = {}
        for camera in CAMERAS:
            spec = ClipSpec("still", "biped", "side", context, seed, camera)
            clip = render_batch([spec], 4, 64, stride=8, start=0.2)[0].float()
            blocks = clip.view(4, 8, 8, 8, 8, 3).mean((2, 4, 5))  # in which grain averages out
            change[camera] = float((blocks[1:] - blocks[:-1]).abs().median())
        assert change["fixed"] < 0.5 < 1.5 < change["moving"], (seed, change)


def test_a_runner_crosses_the_picture_of_a_fixed_camera_and_an_eater_stays():
    time = np.linspace(0, CLIP_SECONDS, 12)
    for seed in range(20, 26):
        way = {}
        for action in ("run", "eat"):
            scene = stage_clip(ClipSpec(action, "quadruped", "side", "field", seed), time)
            torso = scene.parts[0]
            one = Camera(*(value[None] for value in vars(scene.camera).values()))
            xy, _, _ = project((torso.a + torso.b) / 2, one)
            way[action] = np.ptp(xy[..., 0], axis=1).max()
            assert all(np.ptp(field, axis=0).max() == 0 for field in vars(scene.camera).values())
        assert way["run"] > 0.2 > 0.1 > way["eat"], (seed, way)


def test_a_loop_is_gone_round_at_even_speed_without_a_jump():
    for loop in (Loop(0.8, 0.4), Loop(0.5, 0.3, 0.4, True)):
        distance = np.linspace(-1, 2 * loop.length, 400)
        position, heading = loop.at(distance)
        step = np.linalg.norm(np.diff(position, axis=0), axis=1)
        assert step == pytest.approx(np.diff(distance), rel=0.01)
        along = np.diff(position, axis=0) / step[:, None]
        faced = np.stack([np.cos(heading), np.sin(heading)], -1)[:-1]
        assert (along[:, :2] * faced).sum(1).min() > 0.99
        assert np.abs(np.diff(heading)).max() < 0.1
        assert loop.at(distance + loop.length)[0] == pytest.approx(position, abs=1e-9)


@pytest.mark.parametrize(
    ("seed", "colours"),
    [
        (11, [141.72, 128.34, 75.9, 135.3, 122.58, 72.14, 130.83, 118.93, 70.02]),
        (100_007, [111.64, 115.7, 87.31, 100.75, 104.87, 79.04, 91.94, 95.29, 71.71]),
        (1_000_003, [98.01, 108.29, 123.09, 89.91, 99.33, 112.9, 82.46, 91.09, 103.54]),
    ],
)
def test_clips_of_a_moving_camera_are_drawn_as_before_there_was_a_fixed_one(seed, colours):
    clip = render_batch([sample_spec(seed, "moving")], 3, 32, stride=8, start=0.5)[0].float()
    assert clip.mean((1, 2)).flatten().tolist() == pytest.approx(colours, abs=0.1)


def test_only_gaits_travel_and_running_is_faster_than_walking():
    time, manner = np.linspace(0, 2, 20), draw_manner(np.random.default_rng(0))
    travel = {}
    for action in ACTIONS:
        weights = clip_weights(ClipSpec(action, "biped", "side", "field", 0), 20)
        travel[action] = np.ptp(perform(time, weights, manner, (0.4, 0.55), (0.62, 0.42)).travel)
    assert travel["run"] > 2 * travel["walk"] > 0
    assert all(travel[action] == 0 for action in ("still", "jump", "eat", "wave"))


def test_a_limb_keeps_its_bone_lengths_within_reach_and_stretches_beyond_it():
    root = np.zeros((2, 3))
    tip = np.array([[0.5, 0.0, -0.4], [3.0, 0.0, 0.0]])
    middle = joint(root, tip, 0.5, 0.4, (1.0, 0.0, 0.5))
    assert np.linalg.norm(middle[0]) == pytest.approx(0.5, abs=1e-6)
    assert np.linalg.norm(tip[0] - middle[0]) == pytest.approx(0.4, abs=1e-6)
    assert np.linalg.norm(np.cross(middle[1], tip[1])) == pytest.approx(0, abs=0.15)


def test_a_camera_sees_its_target_in_the_middle_and_up_is_up():
    camera = aim(np.array([[1.0, 2.0, 0.5]]), 0.7, 2.5, 7.5)
    one = Camera(*(value[None] for value in vars(camera).values()))
    xy, depth, scale = project(np.array([[[[1.0, 2.0, 0.5], [1.0, 2.0, 1.0], [1.5, 2.0, 0.5]]]]), one)
    assert xy[0, 0, 0] == pytest.approx([0, 0], abs=1e-6)
    assert depth[0, 0, 0] == pytest.approx(7.5)
    assert scale[0, 0, 0] == pytest.approx(2.5 / 7.5)
    assert xy[0, 0, 1, 1] < 0 < xy[0, 0, 2, 0]


def test_nearer_parts_cover_farther_ones_whatever_their_order():
    camera = aim(np.zeros((1, 3)), 0.0, 2.5, 7.5)
    one = Camera(*(value[None] for value in vars(camera).values()))

    def disc(y, colour):
        at = np.array([[[[0.0, y, 0.0]]]])
        return Parts(at, at, 0.3, 0.3, np.array([[colour]]), shade=0.0)

    near, far = disc(-1.0, (1.0, 0.0, 0.0)), disc(1.0, (0.0, 1.0, 0.0))
    for parts in ([near, far], [far, near]):
        canvas = torch.zeros(1, 1, 32, 32, 3)
        paint(canvas, pack([parts], 1), one, np.array([[0.0, 0.0, 1.0]]))
        assert canvas[0, 0, 16, 16].tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-5)
        assert canvas[0, 0, 0, 0].tolist() == [0.0, 0.0, 0.0]


def test_a_disc_covers_its_area_at_any_size():
    camera = aim(np.zeros((1, 3)), 0.0, 2.5, 7.5)
    one = Camera(*(value[None] for value in vars(camera).values()))
    at = np.zeros((1, 1, 1, 3))
    for size in (24, 64, 200):
        canvas = torch.zeros(1, 1, size, size, 3)
        disc = Parts(at, at, 0.9, 0.9, np.ones((1, 1, 3)), shade=0.0)
        paint(canvas, pack([[disc]], 1), one, np.array([[0.0, 0.0, 1.0]]))
        assert float(canvas[..., 0].mean()) == pytest.approx(np.pi * 0.3**2, rel=0.01)


def test_seeds_draw_all_cells_about_equally_often():
    counts = Counter(
        (spec.action, spec.species, spec.viewpoint, spec.context)
        for spec in map(sample_spec, range(TRAINING_SEEDS.start, TRAINING_SEEDS.start + 3600))
    )
    assert len(counts) == len(CELLS)
    assert 25 < min(counts.values()) <= max(counts.values()) < 80


def test_sample_validation_test_and_training_seeds_are_apart():
    ranges = (SAMPLE_SEEDS, VALIDATION_SEEDS, TEST_SEEDS, TRAINING_SEEDS)
    assert all(one.stop <= other.start for one, other in pairwise(ranges))


def test_a_clip_of_no_known_action_is_refused():
    with pytest.raises(ValueError, match="'fly' is not one of still, walk"):
        ClipSpec("fly", "biped", "side", "field", 0)
    with pytest.raises(ValueError, match="'shaky' is not one of fixed, moving"):
        ClipSpec("walk", "biped", "side", "field", 0, "shaky")


@pytest.mark.gpu
def test_a_gpu_draws_the_same_pictures():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    specs = [sample_spec(seed) for seed in range(4)]
    assert (
        mean_difference(
            render_batch(specs, 4, 64, stride=4), render_batch(specs, 4, 64, stride=4, device="cuda").cpu()
        )
        < 0.5
    )
