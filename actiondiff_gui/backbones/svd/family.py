"""Models of the SVD family: released ones by name, any folder, and variants without temporal layers."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from actiondiff_gui.backbones.description import Description
from actiondiff_gui.backbones.offers import Checkpoint, FolderFamily, Offer, folder_named
from actiondiff_gui.backbones.svd.configs import SVD_CLIP, SVD_UNET, SVD_VAE, WINDOWS
from actiondiff_gui.backbones.svd.notes import FILE as NOTES
from actiondiff_gui.backbones.svd.notes import read_notes
from actiondiff_gui.backbones.svd.shape import svd_shape
from actiondiff_gui.backbones.weights.files import PARTS, model_files, read_configs
from actiondiff_gui.resources import sample_data

SPATIAL = "-spatial"
"""What follows a name, or a folder's path, to mean the model with every temporal mixer fixed to spatial only."""
_LICENCE = "Stability AI Community Licence, to accept on the hub"
_RELEASED = (
    ("svd-xt", "stabilityai/stable-video-diffusion-img2vid-xt", "Stable Video Diffusion XT, 25 frames"),
    ("svd", "stabilityai/stable-video-diffusion-img2vid", "Stable Video Diffusion, 14 frames"),
)


class SVDFamily(FolderFamily):
    """Pipeline folders of Stable Video Diffusion in diffusers format."""

    modules = (
        "diffusers",
        "transformers",
        "diffusers.models.modeling_utils",
        "diffusers.models.autoencoders.autoencoder_kl_temporal_decoder",
        "diffusers.models.unets.unet_spatio_temporal_condition",
        "transformers.models.clip.modeling_clip",
        "actiondiff_gui.backbones.svd.backbone",
    )
    note = (
        "Cross-attention is not offered: the model gives it one image embedding per frame, so its weights are 1 "
        "everywhere and a map of it would be blank."
    )
    spatial = False
    shaped_by = (*(f"{part}/config.json" for part in PARTS), NOTES)

    def reads(self, folder: Path) -> bool:
        """Return whether there is a UNet beside a VAE and an image encoder."""
        return all((folder / part / "config.json").is_file() for part in PARTS)

    def config(self, folder: Path) -> Mapping[str, Any]:
        """Read the configurations of all parts, and what the folder says of itself."""
        return read_configs(folder) | {"notes": read_notes(folder)}

    def shape_of(self, config: Mapping[str, Any]) -> Description:
        """Tell the shape from the UNet and the VAE."""
        return svd_shape(config["unet"], config["vae"], config.get("notes"))

    def sketch_of(self, config: Mapping[str, Any], precision: str) -> Any:
        """Return the parts that are run, without weights."""
        from actiondiff_gui.backbones.svd.sketch import SVDSketch

        return SVDSketch.of(config, precision, self.spatial)

    def mark_of(self, folder: Path) -> str:
        """Return the mark of a folder, which includes the epsilon of the group normalisations."""
        return " ".join(filter(None, (self.mark, read_notes(folder).mark)))

    def files(self, folder: Path, half: bool) -> list[Path]:
        """Return the configuration and weights of the parts that are run."""
        return model_files(folder, prefer_half=half)

    def patterns(self, half: bool) -> list[str]:
        """Return patterns for the parts that are run, in half precision or full."""
        weights = "*.fp16.safetensors" if half else "*.safetensors"
        return [
            "model_index.json",
            NOTES,
            *(f"{part}/{each}" for part in PARTS for each in ("*.json", weights)),
        ]

    def load_folder(self, folder: Path, *, id: str, digest: str, device: str, precision: str) -> Any:
        """Load the networks without the parts that features never need."""
        from actiondiff_gui.backbones.svd.backbone import SVDBackbone

        return SVDBackbone.from_folder(
            folder, id=id, digest=digest, device=device, precision=precision, spatial=self.spatial
        )


class SpatialSVDFamily(SVDFamily):
    """The same models with the time axis switched off: the paper's "SDv2" row."""

    mark = "spatial only"
    spatial = True

    def of_folder(self, folder: Path, id: str = "", title: str = "") -> Offer:
        """Return the offer of a folder, under its name with the suffix."""
        return super().of_folder(folder, id or folder.name + SPATIAL, title or f"{folder}, spatial only")

    def find_folder(self, name: str) -> Offer | None:
        """Return the offer of a path with the suffix."""
        if not name.endswith(SPATIAL):
            return None
        folder = folder_named(name.removesuffix(SPATIAL))
        return self.of_folder(folder) if folder is not None and self.reads(folder) else None


def _checkpoints(title: str = "{}", suffix: str = "") -> list[Checkpoint]:
    return [
        Checkpoint(
            id=id + suffix,
            title=title.format(about),
            repo=repo,
            licence=_LICENCE,
            config={
                "unet": {**SVD_UNET, "num_frames": WINDOWS[id]},
                "vae": SVD_VAE,
                "image_encoder": SVD_CLIP,
            },
            download_bytes=9_000_000_000,
            half_bytes=4_200_000_000,
        )
        for id, repo, about in _RELEASED
    ]


SVD = SVDFamily(_checkpoints())
SVD_SPATIAL = SpatialSVDFamily(_checkpoints("{}, temporal layers switched off", SPATIAL))


def sample_offers(folder: Path) -> list[Offer]:
    """Return the sample's small model, whole and without its temporal layers."""
    title = "Small SVD trained on drawn creatures, for trying the app"
    found = (
        SVD.of_folder(folder, "tiny", title),
        SVD_SPATIAL.of_folder(folder, "tiny" + SPATIAL, f"{title}; temporal layers switched off"),
    )
    return [replace(offer, origin="sample", licence="BSD 3-Clause") for offer in found]


def svd_folder(name: str) -> tuple[str, Path] | None:
    """Id and folder of a model of the SVD family that lies in a folder: the sample's, or any; None for others."""
    folder = sample_data("tiny") if name == "tiny" else folder_named(name)
    if folder is None or not SVD.reads(folder):
        return None
    return ("tiny" if name == "tiny" else folder.name), folder
