"""Download of models from the Hugging Face hub, and the errors shown when it fails."""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

from actiondiff_gui.errors import BackboneError


def cached(repo: str) -> Path | None:
    """Return the local folder of the cached files of the hub model ``repo``, without contacting the hub."""
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(snapshot_download(repo, local_files_only=True))
    except (errors.LocalEntryNotFoundError, errors.HFValidationError, ValueError, OSError):
        return None


def fetch(
    repo: str, patterns: Sequence[str], lacking: Callable[[Path], Sequence[str]] = lambda _: ()
) -> Path:
    """Return the local folder of the hub model ``repo``, downloading what is missing.

    Parameters
    ----------
    patterns : sequence of str
        What to download. Files in half precision are left out unless a pattern names them.
    lacking : callable
        Patterns of what has to be downloaded besides, told from what was.

    Raises
    ------
    BackboneError
        If the model does not exist, needs a licence to be accepted, or the hub cannot be reached.
    """
    from huggingface_hub import errors, snapshot_download

    half = any(".fp16." in pattern for pattern in patterns)
    # Weights before averaging lie beside the others of some models and are never used.
    others = ["*non_ema*"] if half else ["*non_ema*", "*.fp16.*"]
    try:
        here = Path(snapshot_download(repo, allow_patterns=list(patterns), ignore_patterns=others))
        besides = list(lacking(here))
        if besides:
            here = Path(snapshot_download(repo, allow_patterns=besides, ignore_patterns=others[:1]))
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
