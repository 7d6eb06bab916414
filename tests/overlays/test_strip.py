import numpy as np

from actiondiff_gui.backbones.protocol import resolve_timestep
from actiondiff_gui.features.maps import MapMemory
from actiondiff_gui.features.settings import ExtractionSettings
from actiondiff_gui.overlays.strip import comparable_colours, strip_job
from actiondiff_gui.progress import run


def _maps(seed=0, channels=6, grid=(8, 8)):
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(3, channels)) * 5
    where = (np.arange(grid[0])[:, None] // 3 + np.arange(grid[1])[None] // 4) % 3
    return np.moveaxis(kinds[where], -1, 0)[None].astype(np.float32) + rng.normal(
        size=(2, channels, *grid)
    ).astype(np.float32)


def _unlike(one, other):
    return np.abs(one.astype(int) - other.astype(int)).mean()


def test_a_timestep_that_only_shifts_and_scales_features_has_the_same_colours():
    maps = _maps()
    shifted = 40 * maps + np.arange(6, dtype=np.float32)[None, :, None, None] * 100
    found = comparable_colours({("t0", 1): maps, ("t20", 1): shifted}, ("t0", "t20"), (1,))
    assert _unlike(found["t0", 1], found["t20", 1]) <= 1
    assert found["t0", 1].shape == (2, 8, 8, 3)
    assert found["t0", 1].dtype == np.uint8


def test_places_of_one_kind_have_one_colour_and_of_another_kind_another():
    maps = _maps()
    colours = comparable_colours({("t0", 1): maps}, ("t0",), (1,))["t0", 1][0].astype(float)
    where = (np.arange(8)[:, None] // 3 + np.arange(8)[None] // 4) % 3
    means = np.stack([colours[where == kind].mean(axis=0) for kind in range(3)])
    within = max(colours[where == kind].std(axis=0).max() for kind in range(3))
    apart = min(np.linalg.norm(means[a] - means[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert apart > 2 * within


def test_a_layer_with_other_channels_takes_over_the_colours_of_the_layer_before():
    maps = _maps()
    # The same places in other channels, turned around, and on a coarser grid.
    turned, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(9, 9)))
    wide = np.einsum("tchw,ck->tkhw", maps, turned[:6]).astype(np.float32)
    found = comparable_colours({("t0", 1): maps, ("t0", 2): wide}, ("t0",), (1, 2))
    assert _unlike(found["t0", 1], found["t0", 2]) < 6
    coarse = wide[:, :, ::2, ::2]
    found = comparable_colours({("t0", 1): maps, ("t0", 2): coarse}, ("t0",), (1, 2))
    alike = _unlike(found["t0", 1][:, ::2, ::2], found["t0", 2])
    assert alike < 0.6 * _unlike(found["t0", 1][:, ::2, ::2], 255 - found["t0", 2])


def test_maps_that_are_all_alike_have_a_colour_too():
    flat = np.ones((1, 4, 2, 2), np.float32)
    found = comparable_colours({("t0", 1): flat, ("t0", 2): flat}, ("t0",), (1, 2))
    assert np.isfinite(found["t0", 2].astype(float)).all()


def test_one_walk_of_the_network_serves_all_layers_of_a_timestep(backbone, clip_sources, monkeypatch):
    memory = MapMemory(backbone, ExtractionSettings())
    walks = []
    features = backbone.features

    def counted(encoded, timestep, layers):
        walks.append((timestep.key, tuple(layers)))
        return features(encoded, timestep, layers)

    monkeypatch.setattr(backbone, "features", counted)
    steps = [resolve_timestep(backbone, key) for key in ("t0", "t20")]
    strip = run(strip_job(memory, clip_sources[1], 17, steps, (3, 9)))
    assert walks == [("t0", (3, 9)), ("t20", (3, 9))]
    assert strip.frames.tolist() == [16, 20, 24, 28]
    assert strip.covers(18)
    assert not strip.covers(3)
    assert strip.seen.shape == (4, 48, 64, 3)
    assert {place: each.shape[0] for place, each in strip.colours.items()} == {
        (step, layer): 4 for step in ("t0", "t20") for layer in (3, 9)
    }
    whole = run(memory.maps_job(clip_sources[1], steps[1], 9))
    found, frames = memory.walk(clip_sources[1], 17, steps[1], [9])
    first = whole.frames.tolist().index(16)
    np.testing.assert_allclose(
        found[9], whole.values[first : first + 4].astype(np.float32), rtol=2e-3, atol=2e-3
    )
    assert frames.tolist() == whole.frames[first : first + 4].tolist()


def test_large_maps_show_the_frame_asked_for_alone(backbone, clip_sources, monkeypatch):
    monkeypatch.setattr("actiondiff_gui.overlays.strip.MOST_BYTES", 100)
    steps = [resolve_timestep(backbone, "t20")]
    strip = run(strip_job(MapMemory(backbone, ExtractionSettings()), clip_sources[1], 21, steps, (9,)))
    assert strip.frames.tolist() == [20]
    assert strip.nearest(21) == 0
    assert strip.covers(20)
    assert len(strip.seen) == 1
