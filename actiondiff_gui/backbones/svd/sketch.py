"""Networks of the SVD family without weights, for counting and timing."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from actiondiff_gui.backbones.diffusers_family import vae_dtype
from actiondiff_gui.backbones.svd.backbone import DTYPES, SVDBackbone, empty_parts


class SVDSketch(SVDBackbone):
    """An SVD backbone without weights, until it is filled with arbitrary numbers."""

    @classmethod
    def of(cls, config: Mapping[str, Any], precision: str, spatial: bool = False) -> "SVDSketch":
        """Create the sketch of a configuration."""
        unet, vae, clip = empty_parts(config, spatial)
        dtype = DTYPES[precision]
        for part, own in ((unet, dtype), (vae, vae_dtype(dtype)), (clip, dtype)):
            # Some of diffusers' parameters are made on the CPU whatever the default device.
            # Not by diffusers' own method, which warns of types that matter for real weights only.
            nn.Module.to(part, "meta", own).requires_grad_(False).eval()
        return cls(
            unet,
            vae,
            clip,
            id="sketch",
            digest="",
            device="meta",
            precision=precision,
            spatial=spatial,
            notes=config.get("notes"),
        )

    def _networks(self) -> list[nn.Module]:
        return [part for part in (self.unet, self.vae, self.image_encoder) if isinstance(part, nn.Module)]

    def tensors(self) -> list[Tensor]:
        """All weights and buffers."""
        return [each for part in self._networks() for each in (*part.parameters(), *part.buffers())]

    @property
    def weight_bytes(self) -> int:
        """Size of the weights in memory."""
        return sum(each.nbytes for each in self.tensors())

    def fill(self, device: str) -> None:
        """Move it to a device with arbitrary weights, so that it can be timed."""
        for part in self._networks():
            part.to_empty(device=device)
            for each in (*part.parameters(), *part.buffers()):
                # Indices into a table must stay valid.
                each.fill_(0.01 if each.is_floating_point() else 0)
        self.device = device
        self._encode_frames.device = device
        self._encode_frames.pieces = None
