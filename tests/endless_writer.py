"""Replaces a file in an endless loop, with long partial writes; to be killed: endless_writer.py FILE."""

import sys
import time
from itertools import count
from pathlib import Path

from actiondiff_gui.files import whole_file

for number in count():
    with whole_file(Path(sys.argv[1])) as part, part.open("w") as stream:
        stream.write(f"{number}")
        stream.flush()
        print(number, flush=True)
        time.sleep(0.01)
        stream.write(f" {number}")
