"""Peak memory of reading a table: prints bytes, seconds and problems; run as a separate process."""

import json
import resource
import sys
import time
from pathlib import Path

from actiondiff_gui.progress import run
from actiondiff_gui.project.formats.imports.clip_table import import_clip_table
from actiondiff_gui.project.formats.imports.labels import import_foreign
from actiondiff_gui.project.project import Project


def main(kind: str, table: Path) -> None:
    with Project.create(table.with_suffix(".actiondiff")) as project:
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        job = (
            import_clip_table(project, table)
            if kind == "clips"
            else import_foreign(project, table, kind=kind)
        )
        report = run(job)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    told = {"bytes": peak * 1024, "seconds": time.process_time() - began, "kept": len(report.problems)}
    print(json.dumps({**told, "total": len(report.problems) + getattr(report.problems, "more", 0)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
