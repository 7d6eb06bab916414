"""Checks of the backbone protocol; each function tests one requirement and raises Broken where it fails."""

from collections.abc import Callable
from functools import partial

import numpy as np

from actiondiff_gui.backbones.description import FACTS
from actiondiff_gui.backbones.identity import description_of
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Backbone, EncodeSettings, Layer, Timestep
from actiondiff_gui.backbones.reading import POOLINGS, in_order
from actiondiff_gui.features.pooling import pooled_windows
from actiondiff_gui.testing.bench import Bench, Broken, arrays, needs, refuses


def describes_itself(bench: Bench) -> None:
    """Layers, timesteps and sizes are data that fit each other."""
    own = bench.backbone
    needs(isinstance(own, Backbone), f"{type(own).__name__} lacks something of the protocol Backbone.")
    needs(own.id == bench.offer.id, f"It calls itself {own.id!r} and is offered as {bench.offer.id!r}.")
    needs(
        isinstance(own.digest, str) and len(own.digest) >= 8 and set(own.digest) <= set("0123456789abcdef"),
        f"The digest {own.digest!r} is no hex number of 8 digits or more.",
    )
    needs(own.window >= 1 and own.stride >= 1 and own.multiple >= 1, "Window, stride or multiple is below 1.")
    needs(
        len(own.resolution) == 2 and not any(side % own.multiple for side in own.resolution),
        f"The resolution {own.resolution} is no multiple of {own.multiple}.",
    )
    needs(own.layers and all(isinstance(each, Layer) for each in own.layers), "Layers are no Layer objects.")
    numbers = [each.index for each in own.layers]
    needs(
        numbers == sorted(set(numbers)) and numbers[0] >= 1, f"Layer numbers do not rise from 1: {numbers}."
    )
    needs(own.default_layer in numbers, f"The usual layer {own.default_layer} is none of {numbers}.")
    about = description_of(own)
    needs(
        set(about.default_layers) <= set(numbers) and about.default_layers == in_order(about.default_layers),
        f"The usual layers {about.default_layers} are no rising numbers of {numbers}.",
    )
    needs(
        about.default_pooling in POOLINGS,
        f"The usual pooling {about.default_pooling!r} is none of {POOLINGS}.",
    )
    steps = own.schedule
    needs(all(isinstance(each, Timestep) for each in steps), "The schedule holds no Timestep objects.")
    needs([each.index for each in steps] == list(range(len(steps))), "Timesteps are not numbered from 0.")
    sigmas = [each.sigma for each in steps]
    needs(
        all(isinstance(each, float) and each > 0 for each in sigmas) and sigmas == sorted(set(sigmas))[::-1],
        "Sigmas are not positive numbers that fall from the noisiest.",
    )
    needs(
        own.default_timestep in (steps or [NO_TIMESTEP]),
        f"The usual timestep {own.default_timestep} is none.",
    )
    needs(own.device == bench.device, f"It was asked onto {bench.device} and says it is on {own.device}.")
    needs(own.precision == "float32", f"It was asked for float32 and says it is {own.precision}.")


def is_offered_as_it_is(bench: Bench) -> None:
    """Check that the offer before loading equals what the loaded backbone says."""
    shape, told = bench.offer.shape(), bench.offer.digest(False)
    for name in FACTS if shape is not None else ():
        one, other = getattr(shape, name), getattr(description_of(bench.backbone), name)
        needs(one == other, f"The offer says {name} {one}, the loaded backbone {other}.")
    if told is not None:
        needs(told[0] == bench.backbone.digest, f"The offer says digest {told[0]}, the backbone another one.")


def gives_maps_of_the_promised_shape(bench: Bench) -> None:
    """Check that every layer's map is ``[B, T, C, h, w]``, finite, and that each frame has its own."""
    own = bench.backbone
    maps = bench.maps(bench.windows(), bench.layers)
    needs(sorted(maps) == bench.layers, f"Layers {bench.layers} were asked for, {sorted(maps)} came.")
    for layer in own.layers:
        expected = (
            2,
            own.window,
            layer.channels,
            *(-(-side // layer.reduction) for side in bench.resolution),
        )
        found = maps[layer.index]
        needs(
            found.shape == expected, f"Layer {layer.index} has shape {found.shape} and promises {expected}."
        )
        needs(np.isfinite(found).all(), f"Layer {layer.index} has values that are no numbers.")
        needs(np.ptp(found) > 0, f"Layer {layer.index} is the same everywhere.")
        if own.window > 1:
            apart = np.abs(found - found[:, :1]).max()
            needs(apart > 0, f"Layer {layer.index} is the same for all frames.")


def gives_tokens_with_their_change(bench: Bench) -> None:
    """Tokens with the mean and the change of each layer are finite, do not depend on other windows, and see movement.

    One of the windows is filled up with black frames, as the last one of a clip is.
    """
    import torch

    own = bench.backbone
    frames, real = bench.windows(2), [own.window, -(-own.window // 2)]
    frames[1, real[1] :] = 0
    maps = bench.maps(frames, bench.layers)
    alone = bench.maps(frames[1:], bench.layers, seeds=[1])
    for layer in own.layers:
        tokens = pooled_windows(torch.from_numpy(maps[layer.index]), real)
        for each, count in zip(tokens, real, strict=True):
            shape = (count, 2 * layer.channels)
            needs(each.shape == shape, f"Tokens of layer {layer.index} have shape {each.shape}, not {shape}.")
            needs(
                np.isfinite(each).all(),
                f"Tokens of layer {layer.index} have values that are no numbers in a window that is filled up with black "
                "frames.",
            )
        if own.window > 1:
            needs(
                tokens[0][:, layer.channels :].any(),
                f"Nothing changes in layer {layer.index} from frame to frame.",
            )
        (again,) = pooled_windows(torch.from_numpy(alone[layer.index]), real[1:])
        bench.close(tokens[1], again, f"Tokens of layer {layer.index} in a batch and alone")


def takes_frames_of_any_size(bench: Bench) -> None:
    """Odd sizes are resized; other resolutions fit their grid or are refused in a sentence."""
    from actiondiff_gui.errors import BackboneError

    own = bench.backbone
    deepest = own.layers[-1]
    odd = bench.windows(1, 37, 53)
    found = bench.maps(odd, [deepest.index])[deepest.index]
    expected = tuple(-(-side // deepest.reduction) for side in bench.resolution)
    needs(found.shape[-2:] == expected, f"Frames of 37 x 53 give a grid {found.shape[-2:]}, not {expected}.")
    step = own.multiple * -(-min(bench.resolution) // (2 * own.multiple))
    oblong = (2 * step, 3 * step)
    try:
        found = bench.maps(odd, [deepest.index], settings=EncodeSettings(oblong))[deepest.index]
    except BackboneError:
        return
    expected = tuple(-(-side // deepest.reduction) for side in oblong)
    needs(found.shape[-2:] == expected, f"{oblong} pixels give a grid {found.shape[-2:]}, not {expected}.")


def is_deterministic(bench: Bench) -> None:
    """Check that the same windows give the same features, whatever torch's or numpy's random state, which stays unchanged."""
    import torch

    frames = bench.windows(1)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - it is the old state that a plugin might use
    before = torch.get_rng_state()
    one = bench.maps(frames, bench.layers)
    needs(torch.equal(before, torch.get_rng_state()), "It draws from torch's random state.")
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    other = bench.maps(frames, bench.layers)
    for layer, values in one.items():
        needs(
            np.array_equal(values, other[layer]),
            f"Layer {layer} differs between two runs of the same window.",
        )


def does_not_mix_windows(bench: Bench) -> None:
    """Check that a window's features do not depend on which others share its batch, or on their order."""
    frames, layers = bench.windows(3), bench.layers
    together = bench.maps(frames, layers, seeds=[5, 6, 7])
    turned = bench.maps(frames[::-1], layers, seeds=[7, 6, 5])
    alone = bench.maps(frames[1:2], layers, seeds=[6])
    for layer in layers:
        bench.close(together[layer][1], alone[layer][0], f"Layer {layer} of a window in a batch and alone")
        bench.close(together[layer][0], turned[layer][2], f"Layer {layer} in another order of windows")


def gives_each_layer_whatever_else_is_asked(bench: Bench) -> None:
    """Check that a layer requested alone equals the layer requested with the others."""
    frames = bench.windows(1)
    whole = bench.maps(frames, bench.layers)
    for layer in (bench.layers[0], bench.backbone.default_layer, bench.layers[-1]):
        alone = bench.maps(frames, [layer])
        needs(list(alone) == [layer], f"Layer {layer} was asked for, {sorted(alone)} came.")
        bench.close(whole[layer], alone[layer], f"Layer {layer} alone and with all others")


def stops_early(bench: Bench) -> None:
    """Check that nothing behind the deepest requested layer is run, and that a layer's name is the module it comes from."""
    own = bench.backbone
    needs(bench.networks(), "It holds no torch network in an attribute, so what it runs cannot be watched.")
    encoded = own.encode(bench.windows(1), [0], bench.settings)
    with bench.watching() as whole:
        own.features(encoded, bench.usual, bench.layers)
    needs(whole.began, "features runs no part of its networks.")
    end_of = {}
    for layer in own.layers:
        named = [part for part in whole.ended if part.partition(":")[2] == layer.name]
        needs(named, f"No part called {layer.name} was run, which layer {layer.index} names as its own.")
        end_of[layer.index] = min(whole.ended[part] for part in named)
    order = [end_of[each] for each in bench.layers]
    needs(order == sorted(order), "Layers are not numbered in the order in which they are run.")
    for layer in dict.fromkeys((bench.layers[0], own.default_layer)):
        with bench.watching() as part:
            own.features(encoded, bench.usual, [layer])
        behind = [name for name in part.began if whole.began.get(name, 0) > end_of[layer]]
        needs(not behind, f"For layer {layer} alone, {', '.join(behind[:3])} is run, which lies behind it.")


def keeps_what_is_encoded(bench: Bench) -> None:
    """Timesteps can be asked in any order from one encoding, and differ where there is a schedule."""
    own, layer = bench.backbone, [bench.backbone.default_layer]
    frames = bench.windows(1)
    encoded = own.encode(frames, [3], bench.settings)
    first = {step: arrays(own.features(encoded, step, layer))[layer[0]] for step in bench.timesteps}
    again = {step: arrays(own.features(encoded, step, layer))[layer[0]] for step in bench.timesteps[::-1]}
    for step in bench.timesteps:
        bench.close(first[step], again[step], f"{step} asked for in another order")
        fresh = bench.maps(frames, layer, step, seeds=[3])[layer[0]]
        bench.close(first[step], fresh, f"{step} from an encoding used before and from a fresh one")
    if own.schedule:
        noisy, clean = first[own.schedule[0]], first[own.schedule[-1]]
        needs(not np.allclose(noisy, clean), "The noisiest and the cleanest timestep give the same.")
        refuses(lambda: own.features(encoded, NO_TIMESTEP, layer), "A missing timestep")
        free = Timestep(None, own.default_timestep.sigma)
        bench.close(
            first[own.default_timestep],
            arrays(own.features(encoded, free, layer))[layer[0]],
            f"{own.default_timestep} by its index and by its sigma",
        )


def takes_its_randomness_from_the_seeds(bench: Bench) -> None:
    """Check that a window's seed decides all noise; large seeds work; noise is added where requested."""
    own, layer = bench.backbone, bench.backbone.default_layer
    frames = np.repeat(bench.windows(1), 2, axis=0)
    large = 2**64 - 1
    for regime in ("released", "noised"):
        settings = EncodeSettings(bench.resolution, regime)
        same = bench.maps(frames, [layer], seeds=[large, large], settings=settings)[layer]
        bench.close(same[0], same[1], f"Two equal windows with one seed ({regime})")
    if own.schedule:
        other = bench.maps(frames, [layer], seeds=[1, 2], settings=settings)[layer]
        needs(not np.allclose(other[0], other[1]), "With noise added, two seeds give the same features.")
        plain = bench.maps(frames, [layer], seeds=[1, 2])[layer]
        needs(not np.allclose(plain[0], other[0]), "The regime 'noised' adds no noise.")


def leaves_its_networks_alone(bench: Bench) -> None:
    """Weights do not change, nothing asks for gradients, and no network is in training mode."""
    own = bench.backbone
    weights = [each for network in bench.networks().values() for each in network.parameters()]
    before = [each._version for each in weights]
    encoded = own.encode(bench.windows(1), [0], bench.settings)
    maps = own.features(encoded, bench.usual, bench.layers)
    needs(not any(each.requires_grad for each in maps.values()), "Its maps ask for gradients.")
    needs([each._version for each in weights] == before, "Its weights changed while features were computed.")
    needs(not any(each.is_meta for each in weights), "Some of its weights were never loaded.")
    needs(
        not any(part.training for network in bench.networks().values() for part in network.modules()),
        "A network is in training mode.",
    )


def keeps_the_precision_asked_for(bench: Bench) -> None:
    """In bfloat16 its weights are bfloat16 and its features much the same."""
    import torch

    half = bench.load("bfloat16")
    needs(half.precision == "bfloat16", f"It was asked for bfloat16 and says it is {half.precision}.")
    kinds = {
        each.dtype
        for network in bench.networks(half).values()
        for each in network.parameters()
        if each.is_floating_point()
    }
    needs(torch.bfloat16 in kinds, f"Asked for bfloat16 its weights are {kinds}.")
    frames, layer = bench.windows(1), bench.backbone.default_layer
    encoded = half.encode(frames, [0], bench.settings)
    found = arrays(half.features(encoded, bench.usual, [layer]))[layer]
    exact = bench.maps(frames, [layer], seeds=[0])[layer]
    needs(np.isfinite(found).all(), "In bfloat16 some values are no numbers.")
    alike = float((found * exact).sum() / np.sqrt((found**2).sum() * (exact**2).sum()))
    needs(alike > 0.95, f"Features in bfloat16 and float32 have a cosine of {alike:.3f}.")


def refuses_what_makes_no_sense(bench: Bench) -> None:
    """Wrong frames, seeds, resolutions and layers are refused in a sentence."""
    own = bench.backbone
    frames = bench.windows(1)
    refuses(lambda: own.encode(frames.astype(np.float32), [0], bench.settings), "A window of float frames")
    refuses(lambda: own.encode(frames[0], [0], bench.settings), "A window without a batch")
    refuses(lambda: own.encode(frames, [0, 1], bench.settings), "A seed too many")
    if own.multiple > 1:
        odd = EncodeSettings((bench.resolution[0] + 1, bench.resolution[1]))
        refuses(lambda: own.encode(frames, [0], odd), f"A height that is no multiple of {own.multiple}")
    encoded = own.encode(frames, [0], bench.settings)
    beyond = bench.layers[-1] + 1
    refuses(lambda: own.features(encoded, bench.usual, [beyond]), f"Layer {beyond}")
    refuses(lambda: own.features(encoded, bench.usual, []), "No layer at all")


def answers_for_its_attention(bench: Bench) -> None:
    """Check attention where it is offered: rows sum to 1, heads are as described, and other layers are refused."""
    own = bench.backbone
    able = [layer for layer in own.layers if layer.heads]
    if not hasattr(own, "attention"):
        needs(not able, "Layers name heads of an attention that it does not offer.")
        return
    needs(able, "It offers attention, and no layer names its heads.")
    from actiondiff_gui.errors import BackboneError

    encoded = own.encode(bench.windows(2), [0, 1], bench.settings)
    layer, kinds = able[-1], 0
    grid = tuple(-(-side // layer.reduction) for side in bench.resolution)
    for kind, shape in (("spatial", (layer.heads, *grid)), ("temporal", (layer.heads, own.window))):
        try:
            rows = own.attention(encoded, bench.usual, layer.index, kind, window=1)
        except BackboneError:
            continue
        kinds += 1
        weights = rows.row(own.window - 1, grid[0] - 1, 0)
        needs(weights.shape == shape, f"A {kind} row has shape {weights.shape}, not {shape}.")
        sums = weights.reshape(layer.heads, -1).sum(axis=1)
        needs(np.allclose(sums, 1, atol=1e-3), f"A {kind} row sums to {sums}, not to 1.")
        every = rows.at(grid[0] - 1, 0)
        needs(every.shape == (own.window, *shape), f"{kind} rows of all frames have shape {every.shape}.")
        needs(np.array_equal(every[-1], weights), f"A {kind} row of one frame and of all frames differ.")
        needs(rows.ready(grid[0] - 1, 0) and rows.nbytes > 0, "It does not tell ready and nbytes.")
        refuses(partial(rows.row, own.window, 0, 0), "A frame behind the last")
        refuses(partial(rows.at, grid[0], 0), "A row below the last")
    needs(kinds, "It offers neither spatial nor temporal attention.")
    for other in own.layers:
        if not other.heads:
            refuses(
                partial(own.attention, encoded, bench.usual, other.index, "spatial"),
                f"Attention of layer {other.index}, which has none,",
            )
            break


def can_be_untrained(bench: Bench) -> None:
    """Check that an untrained copy, where there is one, differs in the feature network alone, by its seed."""
    import torch

    from actiondiff_gui.backbones.controls.untrained import untrain

    if not hasattr(bench.backbone, "fresh_network"):
        return
    loaded = [bench.load("float32") for _ in range(3)]
    before = torch.get_rng_state()
    one, again, other = (untrain(each, seed) for each, seed in zip(loaded, (71, 71, 72), strict=True))
    needs(torch.equal(before, torch.get_rng_state()), "An untrained copy changes torch's random state.")
    needs(one.digest == again.digest, "Two untrained copies from one seed have different digests.")
    digests = {one.digest, other.digest, bench.backbone.digest}
    needs(len(digests) == 3, "The digest does not tell an untrained copy, or the seed of one.")
    for held, network in bench.networks(one).items():
        states = [getattr(each, held).state_dict() for each in (again, other, bench.backbone)]
        same, seeded, trained = (
            all(torch.equal(values, state[name]) for name, values in network.state_dict().items())
            for state in states
        )
        needs(same, f"The {held} of two untrained copies from one seed differ.")
        drawn = held == one.feature_network
        needs(
            seeded != drawn, f"The {held} of an untrained copy {'ignores' if drawn else 'follows'} the seed."
        )
        needs(
            trained != drawn, f"The {held} of an untrained copy is {'still' if drawn else 'not as'} trained."
        )


PROMISES: dict[str, Callable[[Bench], None]] = {
    promise.__name__: promise
    for promise in (
        describes_itself,
        is_offered_as_it_is,
        gives_maps_of_the_promised_shape,
        gives_tokens_with_their_change,
        takes_frames_of_any_size,
        is_deterministic,
        does_not_mix_windows,
        gives_each_layer_whatever_else_is_asked,
        stops_early,
        keeps_what_is_encoded,
        takes_its_randomness_from_the_seeds,
        leaves_its_networks_alone,
        keeps_the_precision_asked_for,
        refuses_what_makes_no_sense,
        answers_for_its_attention,
        can_be_untrained,
    )
}
"""Every promise by its name."""

__all__ = ["PROMISES", "Broken"]
