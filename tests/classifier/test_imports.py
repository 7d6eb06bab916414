"""Import of the classifier package without torch."""

import subprocess
import sys

SCORES = ["metrics", "intervals", "bootstrap", "head_scores", "protocol", "splits"]
LIGHT = [f"classifier.{name}" for name in ("predict", "bouts", "models.heads", "models.saved")]
LIGHT += [f"classifier.training.{name}" for name in ("presets", "fitting", "held_out")]
LIGHT += [f"evaluation.{name}" for name in SCORES]


def test_what_a_window_needs_at_its_start_loads_neither_torch_nor_scikit_learn():
    code = (
        f"import sys, importlib\n"
        f"for name in {LIGHT}:\n"
        "    importlib.import_module('actiondiff_gui.' + name)\n"
        "heavy = {'torch', 'sklearn', 'scipy', 'safetensors'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
