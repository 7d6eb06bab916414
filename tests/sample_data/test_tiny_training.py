"""Training of the tiny model: resuming, early stopping, and flags."""

import json

import numpy as np
import pytest
import torch

from actiondiff_gui.backbones.registry import load_backbone
from sample_data.tiny_model.__main__ import main
from sample_data.tiny_model.data import Windows
from sample_data.tiny_model.denoising import Draw, denoising_loss, drawn, own_contexts
from sample_data.tiny_model.networks import Shape, new_image_encoder, new_unet
from sample_data.tiny_model.settings import chosen_settings, shape_of
from sample_data.tiny_model.stopping import Plateau, held_rate
from sample_data.tiny_model.train_unet import train_unet
from sample_data.tiny_model.update import Update

SMALL = Shape(frames=2, channels=(32, 32, 32, 32), latent_channels=2, latent_side=8)
FLAGS = "--frames 2 --channels 32,32,32,32 --latent-channels 2 --latent-side 8"


def drawn_pool(condition: str, clips: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    pool = rng.integers(0, 255, (clips, 2, 64, 64, 3), dtype=np.uint8)
    return pool, rng.normal(size=(clips, 3 if condition == "first" else 4, 2, 8, 8)).astype(np.float16)


def windows(condition: str, resident: bool = False, clips: int = 4) -> Windows:
    return Windows(*drawn_pool(condition, clips), 1.0, condition, "cpu", resident)


def networks() -> dict:
    return {"unet": new_unet(0, SMALL), "image_encoder": new_image_encoder(0)}


def test_a_loss_is_flat_after_as_many_checks_without_progress_as_patience_allows():
    plateau = Plateau(patience=2, least=0.01)
    assert [plateau.flat(loss) for loss in (1.0, 0.9, 0.895, 0.8, 0.799, 0.81)] == [False] * 5 + [True]
    again = Plateau(patience=2, least=0.01)
    again.restore(plateau.state())
    assert again.flat(0.8)
    assert not Plateau(patience=0).flat(2.0)


def test_the_rate_stays_until_the_end_is_known_and_then_falls_to_a_tenth():
    rates = [held_rate(step, 1000, 100, 1.0) for step in (0, 99, 500, 900, 950, 1000)]
    assert rates == pytest.approx([0.01, 1.0, 1.0, 1.0, 0.55, 0.1])


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(tmp_path):
    same = {"batch": 2, "seed": 0, "device": "cpu", "shape": SMALL, "patience": 9, "cooldown": 1}
    same |= {"check_every": 3, "save_every": 3, "noise_on_device": True}
    data = (windows("each", resident=True), windows("each", clips=2))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = train_unet(*data, tmp_path / "a", steps=3, **same)
    train_unet(*data, tmp_path / "b", steps=2, **same)
    parts = train_unet(*data, tmp_path / "b", steps=3, **same)
    begun = new_unet(0, SMALL).state_dict()
    for name, value in whole["unet"].items():
        assert torch.equal(value, parts["unet"][name]), name
    assert not all(torch.equal(value, whole["unet"][name]) for name, value in begun.items())


def test_bfloat16_says_nearly_what_float32_says():
    batch = windows("first").batch(np.array([0, 1]))
    noise = torch.randn(batch.clean.shape, generator=torch.Generator().manual_seed(0))
    given = (networks(), batch, Draw(torch.zeros(2), noise, torch.ones(2)))
    exact, rough = denoising_loss(*given), denoising_loss(*given, amp=True)
    assert rough.dtype == torch.float32
    assert rough.detach().numpy() == pytest.approx(exact.detach().numpy(), rel=0.03)
    assert not torch.equal(rough, exact)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_steps_replayed_as_a_graph_are_the_steps_kernel_after_kernel():
    def trained(graph: bool) -> dict:
        learning = {name: network.cuda() for name, network in networks().items()}
        update = Update(learning, 1e-3, graph=graph)
        data = Windows(*drawn_pool("first"), 1.0, "first", "cuda", resident=True)
        for step in range(6):
            batch = data.batch(np.array([0, 1]))
            update.set_rate(1e-3 / (1 + step))
            update(batch, drawn(batch, np.random.default_rng(step)))
        return {name: value.cpu() for name, value in learning["unet"].state_dict().items()}

    plain, replayed = trained(False), trained(True)
    for name, value in plain.items():
        assert torch.allclose(value, replayed[name], rtol=1e-3, atol=1e-5), name


def test_each_frame_sees_its_own_embedding_only_where_there_is_one_for_each():
    unet = new_unet(0, SMALL).eval()
    inputs, time, ids = torch.zeros(1, 2, 4, 8, 8), torch.zeros(1), torch.zeros(1, 3)
    one = torch.randn(1, 1, 64, generator=torch.Generator().manual_seed(0))

    @torch.no_grad()
    def said(embedding):
        with own_contexts(unet, embedding):
            return unet(inputs, time, embedding[:, :1], ids, return_dict=False)[0]

    usual = said(one)
    assert torch.allclose(said(one.expand(1, 2, 64)), usual, atol=1e-6)
    other = said(torch.cat([one, -one], dim=1))
    assert not torch.allclose(other, usual, atol=1e-4)
    assert torch.equal(said(one), usual)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a whole training of minutes in seconds: 4 clips, one step of the VAE, a UNet that stops early."""
    folder = tmp_path_factory.mktemp("run")
    counts = "--clips 4 --held 2 --vae-steps 1 --vae-batch 2 --steps 40 --batch 2"
    stop = "--condition each --patience 1 --progress 0.5 --check-every 2 --cooldown 2"
    main(["--out", str(folder), *f"{FLAGS} {counts} {stop}".split(" ")])
    return folder


def log_of(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_run_stops_when_its_validation_loss_is_flat_and_says_so(run):
    rows = [row for row in log_of(run) if row["stage"] == "unet"]
    flat = [row["step"] for row in rows if row.get("flat")]
    assert len(flat) == 1
    assert (flat[0], rows[-1]["step"]) == (4, 6)
    assert rows[-1]["averaged_validation_loss"] > 0


def test_a_run_lets_its_rate_fall_when_its_minutes_are_over_and_is_not_gone_on_with(tmp_path):
    data = (windows("each"), windows("each", clips=2))
    same = {"batch": 2, "seed": 0, "device": "cpu", "shape": SMALL, "cooldown": 2, "check_every": 2}
    for _ in range(2):
        train_unet(*data, tmp_path, steps=40, minutes=1e-6, **same)
    rows = [row for row in log_of(tmp_path) if row.get("late") or row["step"] > 2]
    assert [row["step"] for row in rows] == [2, 4]


def test_a_run_that_ended_because_its_loss_was_flat_learns_no_more_when_it_is_started_again(run):
    before = log_of(run)
    data = (windows("each"), windows("each", clips=2))
    same = {"batch": 2, "seed": 0, "device": "cpu", "shape": SMALL, "patience": 1, "cooldown": 2}
    train_unet(*data, run, steps=40, check_every=2, **same)
    assert log_of(run) == before


def test_a_resumed_run_keeps_its_flags_and_a_run_is_never_changed_midway(run, capsys):
    resumed = chosen_settings(["--out", str(run), "--resume", "--steps", "50"], "")
    assert (resumed.condition, resumed.frames, resumed.steps, resumed.resident) == ("each", 2, 50, False)
    assert shape_of(resumed) == SMALL
    for arguments in (["--resume", "--channels", "64,64,64,64"], []):
        with pytest.raises(SystemExit):
            chosen_settings(["--out", str(run), *arguments], "")
    assert "was started with --channels 32,32,32,32" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        chosen_settings(["--out", str(run), "--resume", "--graph"], "")
    assert "--no-graph" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        chosen_settings(["--out", str(run.parent / "nowhere"), "--resume"], "")


def test_the_exported_pipeline_has_the_shape_that_the_flags_name_and_was_trained(run):
    model = load_backbone(str(run / "pipeline"), "cpu", "float32")
    assert (model.window, model.resolution, len(model.layers)) == (2, (64, 64), 13)
    assert model.layers[0].channels == 32
    assert model.layers[0].reduction == 8
    begun = new_unet(0, SMALL).state_dict()
    trained = model.unet.state_dict()
    assert any(not torch.equal(value, begun[name].half().float()) for name, value in trained.items())
