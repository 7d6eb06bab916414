#!/bin/sh
# Install torch without making a machine that has no NVIDIA GPU download CUDA libraries.
# Usage: install_torch.sh PYTHON REQUIREMENT
set -eu
python=$1
torch=$2
needs_cuda='
import json, sys
wanted = [d for i in json.load(sys.stdin)["install"] for d in i["metadata"].get("requires_dist", [])]
sys.exit(0 if any(d.startswith(("nvidia", "cuda")) for d in wanted) else 1)
'
if [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null 2>&1; then
    plan=$("$python" -m pip install --dry-run --no-deps --ignore-installed --quiet --report - "$torch")
    if printf %s "$plan" | "$python" -c "$needs_cuda"; then
        # uv knows where PyTorch keeps its CPU builds.
        "$python" -m pip install --quiet uv
        exec "$python" -m uv pip install --quiet --python "$python" --torch-backend=cpu "$torch"
    fi
fi
exec "$python" -m pip install --quiet "$torch"
