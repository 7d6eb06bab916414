"""Registry of readers, in the order in which they are tried."""

from actiondiff_gui.project.formats.readers import (
    bento,
    boris,
    cvat,
    datavyu,
    elan,
    frame_text,
    json_labels,
    noldus,
    nwb,
)
from actiondiff_gui.project.formats.readers.boris_project import read_boris_project
from actiondiff_gui.project.formats.readers.contents import (
    AGGREGATED,
    BORIS,
    BORIS_EVENTS,
    BORIS_PROJECT,
    DEEPETHOGRAM,
    FRAMES,
)
from actiondiff_gui.project.formats.readers.frame_table import is_frame_table, read_frame_table
from actiondiff_gui.project.formats.readers.reader import Peek, Reader


def _is_boris_project(peek: Peek) -> bool:
    name = peek.path.name.casefold()
    if name.endswith((".boris", ".boris.gz")):
        return True
    return isinstance(peek.json, dict) and "behaviors_conf" in peek.json


READERS: tuple[Reader, ...] = (
    nwb.READER,
    Reader(BORIS_PROJECT, _is_boris_project, lambda path, o: read_boris_project(path, o.unite_case)),
    *json_labels.READERS,
    frame_text.READERS[0],
    elan.READER,
    cvat.READER,
    *bento.READERS,
    *noldus.READERS,
    Reader(
        BORIS,
        lambda peek: peek.header(boris.is_tabular) is not None,
        lambda path, o: boris.read_tabular(path, o.video, o.unite_case),
    ),
    Reader(
        AGGREGATED,
        lambda peek: peek.header(boris.is_aggregated) is not None,
        lambda path, o: boris.read_aggregated(path, o.video),
    ),
    Reader(
        BORIS_EVENTS,
        lambda peek: peek.header(boris.is_events) is not None,
        lambda path, o: boris.read_events(path, o.video, o.unite_case),
    ),
    datavyu.READER,
    frame_text.READERS[1],
    Reader(
        DEEPETHOGRAM,
        lambda peek: "background" in (peek.header(lambda names: True, within=1) or ()),
        lambda path, o: read_frame_table(path, DEEPETHOGRAM, o.columns, o.video),
        last=True,
    ),
    Reader(
        FRAMES,
        lambda peek: is_frame_table(peek.path),
        lambda path, o: read_frame_table(path, FRAMES, o.columns, o.video),
        last=True,
    ),
)
