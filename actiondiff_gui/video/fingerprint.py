"""Fingerprint of a file's content that is fast for long recordings."""

import hashlib
from pathlib import Path

from actiondiff_gui.errors import VideoError
from actiondiff_gui.inputs import regular_file

WHOLE_FILE_BYTES = 8 * 1024 * 1024
CHUNK_COUNT = 16
CHUNK_BYTES = WHOLE_FILE_BYTES // CHUNK_COUNT


def fingerprint(path: str | Path) -> str:
    """Digest of a file's content: 64 hexadecimal digits.

    A file of up to 8 MiB is read whole: its digest is the plain SHA-256 of its bytes. Of a longer one
    the SHA-256 covers its size in bytes (as a decimal number and a newline) and 16 chunks of 512 KiB,
    evenly spaced from the first byte to the last. Two long files that differ only between the chunks
    share a digest.

    Raises
    ------
    VideoError
        If the file is missing or cannot be read.
    """
    path = Path(path)
    digest = hashlib.sha256()
    try:
        with regular_file(path, VideoError, "a video file").open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            if size <= WHOLE_FILE_BYTES:
                digest.update(file.read(WHOLE_FILE_BYTES))
            else:
                digest.update(f"{size}\n".encode())
                for chunk in range(CHUNK_COUNT):
                    file.seek(chunk * (size - CHUNK_BYTES) // (CHUNK_COUNT - 1))
                    digest.update(file.read(CHUNK_BYTES))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise VideoError(
            f"{path} cannot be read ({reason}). Check that the file is still there and may be read."
        ) from error
    return digest.hexdigest()
