"""How does a model get here from the Hugging Face hub, and what is said when it cannot?"""

import errno
from pathlib import Path

from actiondiff_gui.backbones.weight_files import PARTS
from actiondiff_gui.errors import BackboneError

DOWNLOAD_BYTES = {True: 4_200_000_000, False: 9_000_000_000}
"""About what is downloaded of SVD and SVD-XT: in half precision (True) and in full."""


def cached(repo: str, *, half: bool) -> Path | None:
    """The local folder of the hub model ``repo`` if all of it is on this computer, without asking the hub."""
    from huggingface_hub import errors, snapshot_download

    weights = "*.fp16.safetensors" if half else "*.safetensors"
    try:
        here = Path(snapshot_download(repo, local_files_only=True))
    except (errors.LocalEntryNotFoundError, errors.HFValidationError, ValueError, OSError):
        return None
    whole = all(
        any((here / part).glob(weights)) and not any((here / part).glob("*.index*.json")) for part in PARTS
    )
    return here if whole else None


def fetch(repo: str, *, half: bool) -> Path:
    """Return the local folder of the hub model ``repo``, downloading what is missing.

    Only the configuration and the safetensors files of the parts that are run are downloaded: in half
    precision where ``half`` (about 4 GB for SVD-XT), in full precision otherwise (about 9 GB).

    Raises
    ------
    BackboneError
        If the model does not exist, needs a licence to be accepted, or the hub cannot be reached.
    """
    from huggingface_hub import errors, snapshot_download

    weights = "*.fp16.safetensors" if half else "*.safetensors"
    wanted = ["model_index.json", "scheduler/*.json"]
    for part in PARTS:
        wanted += [f"{part}/*.json", f"{part}/{weights}"]
    choice = {"allow_patterns": wanted, "ignore_patterns": None if half else ["*.fp16.*"]}
    here = cached(repo, half=half)
    if here is not None:
        return here
    try:
        here = Path(snapshot_download(repo, **choice))
        lacking = [part for part in PARTS if not any((here / part).glob(weights))]
        if half and lacking:
            # Many copies come in full precision only.
            whole = [f"{part}/*.safetensors" for part in lacking]
            here = Path(snapshot_download(repo, allow_patterns=whole))
        return here
    except errors.GatedRepoError as error:
        raise BackboneError(
            f"The model {repo} asks you to accept its licence first. Open its page on huggingface.co, accept, "
            "then run `hf auth login` and try again."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise BackboneError(
            f"There is no model {repo} on the hub, or it is private. Check the name; for a private model run "
            "`hf auth login` first."
        ) from error
    except errors.HFValidationError as error:
        raise BackboneError(
            f"{repo!r} is neither a folder nor a model's name such as owner/model."
        ) from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, OSError) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EACCES):
            raise BackboneError(
                f"The model {repo} could not be kept on this computer ({error.strerror}). Free some space, or set "
                "HF_HOME to another folder, and try again."
            ) from error
        raise BackboneError(
            f"The model {repo} is not on this computer and the hub cannot be reached. Connect to the internet "
            "and try again, or copy the model's folder here and give its path."
        ) from error
    except Exception as error:
        # The HTTP library under the hub's client has changed before; whatever it raises means the same here.
        raise BackboneError(f"The model {repo} could not be downloaded: {error}. Try again later.") from error
