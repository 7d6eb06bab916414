"""Contract test: a sound backbone passes, and each injected fault fails the check that covers it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.frozen import Encoded, FrozenBackbone
from actiondiff_gui.backbones.noise import noised_latents
from actiondiff_gui.backbones.offers import Offer
from actiondiff_gui.backbones.protocol import EncodeSettings, Layer, Timestep, check_layers
from actiondiff_gui.backbones.token_attention import TokenRows, check_attention
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.testing import PROMISES, Bench, check

SCHEDULE = tuple(Timestep(n, sigma) for n, sigma in enumerate((8.0, 2.0, 0.5)))
SHAPE = Description(
    window=3,
    stride=4,
    multiple=8,
    resolution=(16, 24),
    schedule=SCHEDULE,
    layers=(Layer(1, "first", 6, 4), Layer(2, "second", 8, 8, heads=2), Layer(3, "third", 8, 8)),
    default_timestep=SCHEDULE[1],
    default_layer=2,
)
DIGEST = "0123456789abcdef"


class Good(FrozenBackbone):
    """Three convolutions that see the noise level, and attention made up of the second one's output."""

    def __init__(self, shape: Description = SHAPE, **about: str) -> None:
        super().__init__(shape, **about)
        random = torch.Generator().manual_seed(0)
        self.network = nn.Module()
        self.network.first = nn.Conv2d(3, 6, 4, 4)
        self.network.second = nn.Conv2d(6, 8, 2, 2)
        self.network.third = nn.Conv2d(8, 8, 1)
        for weights in self.network.parameters():
            nn.init.normal_(weights.requires_grad_(False), std=0.3, generator=random)
        self.network.to(self.device, self.dtype).eval()

    def fresh_network(self):
        fresh = nn.Module()
        fresh.first, fresh.second, fresh.third = (
            nn.Conv2d(3, 6, 4, 4),
            nn.Conv2d(6, 8, 2, 2),
            nn.Conv2d(8, 8, 1),
        )
        return fresh

    def inputs(self, encoded, sigma):
        kept = noised_latents(encoded.pixels, encoded.seeds, encoded.settings, sigma)
        return next(iter(kept)) / (1 + sigma**2) ** 0.5

    @torch.inference_mode()
    def features(self, encoded, timestep, layers):
        wanted = check_layers(self, layers)
        if timestep.sigma is None:
            raise BackboneError("It needs a timestep, give an index.")
        return self.run(self.inputs(encoded, timestep.sigma).to(self.dtype), wanted)

    def run(self, pixels, wanted):
        hidden, maps = pixels.flatten(0, 1), {}
        for number, layer in enumerate(("first", "second", "third")[: max(wanted)], start=1):
            hidden = getattr(self.network, layer)(hidden)
            if number in wanted:
                maps[number] = hidden.unflatten(0, pixels.shape[:2]).float()
        return maps

    @torch.inference_mode()
    def attention(self, encoded, timestep, layer, kind, window=0):
        check_attention(self, layer, kind, ("spatial",))
        values = self.features(encoded, timestep, [2])[2][window].flatten(2).transpose(1, 2)
        heads = values.unflatten(2, (2, 4)).transpose(1, 2)
        grid = tuple(side // 8 for side in encoded.settings.resolution)
        return TokenRows(heads, heads, 0.5, kind, self.window, grid)


class Lies(Good):
    """Says another number of channels than its maps have."""

    def __init__(self, shape, **about):
        super().__init__(
            replace(shape, layers=(replace(shape.layers[0], channels=5), *shape.layers[1:])), **about
        )


class Unnamed(Good):
    def __init__(self, shape, **about):
        super().__init__(shape, **(about | {"id": "somebody"}))


class Forgets(Good):
    """Calls itself something else than what the offer says of its weights."""

    def __init__(self, shape, **about):
        super().__init__(shape, **(about | {"digest": "ffffffffffff"}))


class OneSize(Good):
    """Does not resize."""

    def normalised(self, frames, resolution):
        return super().normalised(frames, frames.shape[2:4])


class Dice(Good):
    def run(self, pixels, wanted):
        return super().run(pixels + 0.1 * torch.randn_like(pixels), wanted)


class Mixes(Good):
    """Subtracts the mean of the batch, as batch normalisation in training mode would."""

    def run(self, pixels, wanted):
        return super().run(pixels - pixels.mean(dim=0, keepdim=True), wanted)


class RunsOn(Good):
    def run(self, pixels, wanted):
        return {n: each for n, each in super().run(pixels, (1, 2, 3)).items() if n in wanted}


class Depends(Good):
    """What a layer gives depends on which others were asked for."""

    def run(self, pixels, wanted):
        return {n: each * len(wanted) for n, each in super().run(pixels, wanted).items()}


class UsesUp(Good):
    """Changes the encoding at each walk."""

    def inputs(self, encoded, sigma):
        encoded.pixels.mul_(0.9)
        return super().inputs(encoded, sigma)


class Deaf(Good):
    """Gives the same at every timestep."""

    def inputs(self, encoded, sigma):
        return super().inputs(encoded, 1.0)


class SameNoise(Good):
    """Takes its noise from a seed of its own."""

    def inputs(self, encoded, sigma):
        return super().inputs(Encoded(encoded.pixels, (0,) * len(encoded.seeds), encoded.settings), sigma)


class NoNoise(Good):
    def inputs(self, encoded, sigma):
        plain = EncodeSettings(encoded.settings.resolution)
        return super().inputs(Encoded(encoded.pixels, encoded.seeds, plain), sigma)


class Learns(Good):
    def run(self, pixels, wanted):
        self.network.third.weight.mul_(1.0)
        return super().run(pixels, wanted)


class Trains(Good):
    def __init__(self, shape, **about):
        super().__init__(shape, **about)
        self.network.train()


class Full(Good):
    """Stays in float32 whatever was asked for."""

    def __init__(self, shape, **about):
        super().__init__(shape, **about)
        self.network.float()
        self.dtype = torch.float32


class Meek(Good):
    """Takes frames of any kind."""

    def encode(self, frames, seeds, settings):
        seeds = (list(seeds) * 9)[: len(frames)]
        return super().encode(frames.astype(np.uint8), seeds, settings)


class Loud(Good):
    """Attention whose rows do not sum to 1."""

    def attention(self, *args, **options):
        rows = super().attention(*args, **options)
        usual = rows.row
        rows.row = lambda *place: 2 * usual(*place)
        return rows


class Frozen(Good):
    """Gives every frame the map of the first."""

    def run(self, pixels, wanted):
        return {n: each[:, :1].expand_as(each) for n, each in super().run(pixels, wanted).items()}


class Unordered(Good):
    """Names a part that is not where the layer comes from."""

    def __init__(self, shape, **about):
        names = ("second", "first", "third")
        layers = tuple(replace(each, name=name) for each, name in zip(shape.layers, names, strict=True))
        super().__init__(replace(shape, layers=layers), **about)


class Stubborn(Good):
    """Its untrained copy is the trained one."""

    def fresh_network(self):
        return self.network


class Faint(Good):
    """Divides a window by its faintest frame, which is nothing where black frames fill it up."""

    def run(self, pixels, wanted):
        contrast = pixels.std(dim=(3, 4)).mean(dim=2).min(dim=1).values
        return super().run(pixels + 0.01 / contrast[:, None, None, None, None], wanted)


class Unruly(Good):
    """Names usual layers that it does not have."""

    def __init__(self, shape, **about):
        super().__init__(replace(shape, default_layers=(1, 7)), **about)


FAULTS = {
    Faint: {"gives_tokens_with_their_change"},
    Unruly: {"describes_itself", "is_offered_as_it_is"},
    Lies: {"gives_maps_of_the_promised_shape", "is_offered_as_it_is"},
    Unnamed: {"describes_itself"},
    Forgets: {"is_offered_as_it_is"},
    OneSize: {"takes_frames_of_any_size"},
    Dice: {"is_deterministic"},
    Mixes: {"does_not_mix_windows"},
    RunsOn: {"stops_early"},
    Unordered: {"stops_early"},
    Depends: {"gives_each_layer_whatever_else_is_asked"},
    UsesUp: {"keeps_what_is_encoded"},
    Deaf: {"keeps_what_is_encoded"},
    SameNoise: {"takes_its_randomness_from_the_seeds"},
    NoNoise: {"takes_its_randomness_from_the_seeds"},
    Learns: {"leaves_its_networks_alone"},
    Trains: {"leaves_its_networks_alone"},
    Full: {"keeps_the_precision_asked_for"},
    Meek: {"refuses_what_makes_no_sense"},
    Loud: {"answers_for_its_attention"},
    Stubborn: {"can_be_untrained"},
    Frozen: {"gives_maps_of_the_promised_shape"},
}


def bench(kind: type[Good]) -> Bench:
    return Bench(
        Offer(
            id="tried",
            title="",
            load=lambda device, precision: kind(
                SHAPE, id="tried", digest=DIGEST, device=device, precision=precision
            ),
            shape=lambda: SHAPE,
            digest=lambda half: (DIGEST, 1),
        )
    )


def test_a_good_backbone_keeps_every_promise():
    assert check(bench(Good)) == {}


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_a_fault_breaks_the_promise_it_is_about(kind):
    broken = check(bench(kind))
    assert FAULTS[kind] <= set(broken), broken
    assert all(len(sentence) > 10 for sentence in broken.values())


def test_every_promise_is_broken_by_some_fault():
    assert set().union(*FAULTS.values()) == set(PROMISES)


@pytest.mark.parametrize("suffix", ["", "-spatial"])
def test_the_svd_family_keeps_the_contract(svd_folder, suffix):
    assert check(Bench(f"{svd_folder}{suffix}")) == {}
