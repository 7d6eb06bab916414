"""Ctrl-C ends a command with one sentence at any moment, also while its modules load."""

import os
import signal
import subprocess
import time

import pytest

from tests.limits.processes import START, environment

# The process says when our first module is sought, so that the moments of Python's own start are left out.
STARTED = """
import os, sys
class Teller:
    def find_spec(self, name, *_):
        if name == "actiondiff_gui.stopping":
            os.write(1, b"!")
sys.meta_path.insert(0, Teller())
from actiondiff_gui.start import main
main()
"""
MOMENTS = int(os.environ.get("ACTIONDIFF_GUI_MOMENTS", "12"))


def stopped_after(seconds: float, *arguments: object) -> tuple[int, str]:
    process = subprocess.Popen(
        [START[0], "-c", STARTED, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout.read(1) == b"!"
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said.decode()


@pytest.mark.parametrize("count", [MOMENTS, pytest.param(100, marks=pytest.mark.slow)])
def test_an_interrupt_at_any_moment_is_one_sentence(zoo_file, count):
    """Loading torch and the network, as `extract` does first, takes some seconds; it is struck all over these."""
    told = []
    for n in range(count):
        moment = 4 * (n / count) ** 2  # at once, then further and further apart
        code, said = stopped_after(moment, "extract", zoo_file, "--layers", "9")
        assert "Traceback" not in said, (moment, said)
        assert "Error" not in said, (moment, said)
        assert code in (0, 130), (moment, code, said)
        assert (code == 130) == ("Stopped" in said), (moment, said)
        told.append(code)
    print(
        f"{told.count(130)} of {count} interrupts came before the end, each with exit code 130 and one sentence"
    )
    assert told.count(130) >= count // 2


def test_a_second_interrupt_ends_what_does_not_listen(tmp_path):
    """A module that swallows the first one, as C code does, is left at the second."""
    (tmp_path / "deaf.py").write_text(
        "import os, time\nfrom actiondiff_gui import stopping\n"
        "stopping.watch()\n"
        "with stopping.heard():\n"
        "    for word in (b'!', b'', b''):\n"
        "        try:\n            os.write(1, word)\n            time.sleep(60)\n"
        "        except BaseException:\n            os.write(1, b'?')\n"
    )
    process = subprocess.Popen(
        [START[0], tmp_path / "deaf.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout.read(1) == b"!"
    process.send_signal(signal.SIGINT)
    assert process.stdout.read(1) == b"?"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.decode().startswith("Stopped.")
