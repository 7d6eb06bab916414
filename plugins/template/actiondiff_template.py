"""Offer of the backbone, imported on first use; actiondiff_template.toml describes it before."""

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.plugin_toml import stated_beside
from actiondiff_gui.backbones.protocol import NO_TIMESTEP, Layer

SHAPE = Description(
    window=8,  # frames that are seen together
    stride=4,  # every 4th frame of the video is one of them
    multiple=8,  # heights and widths are multiples of this
    resolution=(64, 64),
    schedule=(),  # or Timestep(0, sigma), Timestep(1, smaller sigma), ...
    layers=(Layer(1, "blocks.0", 16, 4), Layer(2, "blocks.1", 32, 8)),  # number, part, channels, reduction
    default_timestep=NO_TIMESTEP,
    default_layer=2,
)


def load(device, precision):
    """Load the network; called in a thread."""
    from actiondiff_template_network import TemplateBackbone

    return TemplateBackbone(SHAPE, id=OFFER.id, digest="0123456789abcdef", device=device, precision=precision)


OFFER = stated_beside(__file__).offer(
    "template",
    load=load,
    shape=lambda: SHAPE,
    digest=lambda half: ("0123456789abcdef", 20_000),  # of the weights: it tells features from others
)
