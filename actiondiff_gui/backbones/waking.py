"""Import of torch in a thread without blocking the window.

Importing torch and diffusers takes seconds, most of them in small steps between which the window can process
events. Two steps blocked it for half a second and more when measured (two cores, Python 3.11):
loading ``libtorch_cpu`` (570 ms), during which Python's import holds the interpreter, and the garbage collector
(300 to 600 ms a time), which scans a million new objects repeatedly although none of them is
garbage. So the library is loaded first by a call that releases the interpreter lock, and the collector is disabled
meanwhile; existing objects are excluded from later collections until :func:`thaw`. The longest gap fell to
about 100 ms. A shorter switch interval (``sys.setswitchinterval``) made no difference.
"""

import ctypes
import gc
import importlib
import os
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from actiondiff_gui.backbones.registry import needed_offer
from actiondiff_gui.errors import BackboneError
from actiondiff_gui.progress import Job, Progress

_one_at_a_time = threading.Lock()


def wake_job(networks: bool = True, backbone: str = "tiny") -> Job[None]:
    """Import torch and, with ``networks``, what the backbone is made of; at once where it is there already."""
    calm_threads()
    modules = ("torch", *(_modules(backbone) if networks else ()))
    for number, module in enumerate(modules):
        if module in sys.modules:
            continue
        yield Progress(number, 0, "loading torch" if number == 0 else "loading the network's code")
        with _one_at_a_time, suppress(ImportError):
            # What lacks is said by the backbone that needs it.
            _import(module)
    if "torch" in sys.modules:
        leave_a_core()


def _modules(backbone: str) -> tuple[str, ...]:
    try:
        return needed_offer(backbone).modules
    except BackboneError:
        return ()  # what lacks is said when it is loaded


def calm_threads() -> None:
    """Let torch's threads sleep while they wait for each other; has to come before torch is imported.

    By default they spin, and where other programs, or the player, want the cores too, every step of the
    network waits for a thread that spins in vain. With two cores and six other busy processes, four windows of
    the sample's backbone took 9 to 17 s spinning, 2.2 s in one thread, and 1.5 s in two that sleep.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("KMP_BLOCKTIME", "0")


def leave_a_core() -> None:
    """Keep one core for the window where there are more than two.

    With all cores torch is a little faster and the window noticeably less so; of two cores it gets both, for
    half the speed would be too high a price.
    """
    import torch

    cores = os.cpu_count() or 1
    if cores > 2 and torch.get_num_threads() >= cores - 1:
        torch.set_num_threads(min(torch.get_num_threads(), cores - 1))


def leave_in_peace() -> None:
    """Leave all objects of now out of later collections of garbage, until :func:`thaw`.

    A collection of all garbage stops the window for as long as it takes to look at every object there is: 0.2 s for napari
    alone, 0.5 s with torch, scikit-learn and 20,000 clips.
    """
    gc.freeze()


def thaw() -> None:
    """Let the garbage collector see everything again, so that a closed window can be let go."""
    gc.unfreeze()


def _import(module: str) -> None:
    collecting = gc.isenabled()
    gc.disable()
    try:
        if module == "torch":
            _load_library()
        importlib.import_module(module)
    finally:
        if collecting:
            gc.enable()
    gc.freeze()


def _load_library() -> None:
    """Load torch's large library by a foreign call, which lets other threads run meanwhile."""
    if sys.platform == "win32":
        return
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return
    suffix = "dylib" if sys.platform == "darwin" else "so"
    for name in ("libc10", "libtorch_cpu"):
        file = Path(spec.origin).parent / "lib" / f"{name}.{suffix}"
        if file.is_file():
            load = ctypes.CDLL(None).dlopen
            load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
            load(os.fsencode(file), os.RTLD_NOW)
