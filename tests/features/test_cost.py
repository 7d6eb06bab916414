"""Is what an extraction will take known without running what does not fit, and without the weights?"""

import numpy as np
import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from actiondiff_gui.backbones import memory
from actiondiff_gui.backbones.counting import counted
from actiondiff_gui.backbones.protocol import EncodeSettings
from actiondiff_gui.backbones.registry import find_offer
from actiondiff_gui.features.clips import Unit
from actiondiff_gui.features.cost import count_and_measure, scaled
from actiondiff_gui.features.settings import ExtractionSettings

SETTINGS = ExtractionSettings(stride=1)


def counts(sketch, resolution, frames, layers):
    encode = EncodeSettings(resolution, generator="philox")
    given = np.zeros((1, frames, 16, 16, 3), np.uint8)
    shared = counted(lambda: sketch.encode(given, [0], encode), sketch.tensors())
    return shared, counted(
        lambda: sketch.features(shared.result, sketch.schedule[20], layers), sketch.tensors()
    )


def test_the_work_counted_without_weights_is_that_of_the_network(svd_folder, backbone):
    sketch = find_offer(str(svd_folder)).sketch("float32")
    shared, step = counts(sketch, backbone.resolution, backbone.window, [13])
    frames = np.zeros((1, backbone.window, 16, 16, 3), np.uint8)
    # The counter does not know the CPU's own attention.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as real:
        encoded = backbone.encode(frames, [0], EncodeSettings(backbone.resolution, generator="philox"))
        first = real.get_total_flops()
        backbone.features(encoded, backbone.schedule[20], [13])
    assert shared.flops == pytest.approx(first, rel=0.01)
    assert step.flops == pytest.approx(real.get_total_flops() - first, rel=0.01)
    assert sketch.weight_bytes == sum(
        each.nbytes
        for part in (backbone.unet, backbone.vae, backbone.image_encoder)
        for each in (*part.parameters(), *part.buffers())
    )


def test_memory_is_counted_while_it_is_held():
    import torch

    megabyte = 1 << 20

    def run():
        kept = torch.empty(megabyte, dtype=torch.uint8, device="meta")
        for _ in range(5):
            torch.empty(2 * megabyte, dtype=torch.uint8, device="meta")
        return kept[: megabyte // 2]

    assert counted(run).peak_bytes == 3 * megabyte
    big = torch.empty(100 * megabyte, dtype=torch.uint8, device="meta")
    assert counted(lambda: big + 1, [big]).peak_bytes == 100 * megabyte


def test_svd_xt_at_full_size_is_counted_as_it_was_measured():
    sketch = find_offer("svd-xt").sketch("bfloat16")
    shared, step = counts(sketch, (576, 1024), 25, [9])
    # benchmarks/results/extraction_svdxt_h100.md: 165.891 TFLOP, and at most 10.11 GB with the weights.
    assert (shared.flops + step.flops) / 1e12 == pytest.approx(165.891, rel=0.02)
    peak = sketch.weight_bytes + max(shared.peak_bytes, step.peak_bytes)
    assert peak / 1e9 == pytest.approx(10.11, rel=0.25)


def test_where_the_weights_do_not_fit_nothing_is_run(clip_sources, svd_folder, monkeypatch):
    sketch = find_offer(str(svd_folder)).sketch("float32")
    unit = Unit(clip_sources[0], (sketch.schedule[20],), (9,))
    pace = count_and_measure(unit, sketch, SETTINGS, "cpu")
    assert pace.fits
    assert min(pace.shared, pace.step, pace.decode) > 0
    monkeypatch.setattr(memory, "free_bytes", lambda device: sketch.weight_bytes)
    sketch = find_offer(str(svd_folder)).sketch("float32")
    short = count_and_measure(unit, sketch, SETTINGS, "cpu")
    assert sketch.device == "meta"
    assert not short.fits
    cost = scaled(short, [unit], sketch, SETTINGS)
    assert cost.seconds is None
    assert "cannot be measured here" in str(cost)
    assert "does not fit" in str(cost)
