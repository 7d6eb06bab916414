"""JSON files of labels, packed by gzip or not."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from actiondiff_gui.errors import ProjectError
from actiondiff_gui.inputs import regular_file

MOST_BYTES = 1 << 28


def read_json(path: Path, what: str = "a file of labels") -> Any:
    """Return the content of a JSON file, unpacked where it is packed by gzip; ``what`` it should be is told of one that is none.

    Raises
    ------
    ProjectError
        It cannot be read, is too large, or is no JSON.
    """
    try:
        if regular_file(path, ProjectError, what).stat().st_size > MOST_BYTES:
            raise ProjectError(f"{path} is too large for {what}. Export its events as a table.")
        data = path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(path) as packed:
                data = packed.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise ProjectError(
                    f"{path} unpacks to more than {MOST_BYTES >> 20} MB. Export its events as a table."
                )
        return json.loads(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ProjectError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    except (ValueError, RecursionError) as error:
        raise ProjectError(
            f"{path} is not the JSON of {what}: {error}. Copy it again or save it again in its tool, or choose another file."
        ) from error
