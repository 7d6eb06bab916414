"""Commands run as separate processes, with a time limit and no input."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START = [sys.executable, "-m", "actiondiff_gui"]


def environment(**changes: str | None) -> dict[str, str]:
    """Return the environment with changes; None takes a variable away."""
    values = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    values |= {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in values.items() if changes.get(name, "") is not None}


def run(
    *arguments: object, env: dict[str, str] | None = None, seconds: float = 120, **options
) -> subprocess.CompletedProcess:
    """Run a command; whatever becomes of it, nobody is shown a traceback."""
    done = subprocess.run(
        [*START, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=env or environment(),
        timeout=seconds,
        **options,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done
