"""Memory of an attention query at SVD-XT's full size, and time from a click to the updated layer.

    python benchmarks/attention.py memory
    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/attention.py clicks

memory: conv_in and layer 2 of SVD-XT (320 channels, 25 frames of 72 x 128 places) with random weights; the rest of the
network, which the walk to layer 2 does not touch, is not built. Each line is a process of its own, and its memory is the
highest resident set (VmHWM of Linux) above what the process held before; "held" counts the tensors that are there
afterwards. "forward" walks to the end of layer 2. "query" asks for the rows of one point in all frames, "another" for
those of a second one. "all kept" is a query that keeps what goes into the attention whatever its size.

clicks: the workbench with a clip of the sample and the tiny model; clicks go to the dock as the mouse's do, and the time
ends when the layer has the new values and the canvas was drawn.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

LAYER, PLACE, OTHER = 2, (36, 64), (10, 20)
MB = 1e6


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["memory", "clicks", "one"])
    parser.add_argument("--mode", default="query", choices=["forward", "query", "all kept"])
    parser.add_argument("--kind", default="spatial", choices=["spatial", "temporal"])
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--clicks", type=int, default=20)
    asked = parser.parse_args()
    if asked.what == "memory":
        memory()
    elif asked.what == "one":
        print(json.dumps(one(asked.mode, asked.kind, asked.precision)))
    else:
        clicks(asked.clicks)


def memory() -> None:
    """Print the table of memory."""
    head = (
        "attention",
        "precision",
        "peak of forward, MB",
        "peak of query",
        "beyond forward",
        "held after it",
        "peak of another",
        "all kept: held after it",
        "query, s",
        "another, s",
    )
    print(f"| {' | '.join(head)} |\n|---|---{'|---:' * (len(head) - 2)}|")
    for precision in ("float32", "bfloat16"):
        forward = measured("forward", "spatial", precision)["peak"]
        for kind in ("spatial", "temporal"):
            query = measured("query", kind, precision)
            # In half precision everything is kept anyhow.
            kept = measured("all kept", kind, precision) if precision == "float32" else query
            values = (
                forward,
                query["peak"],
                query["peak"] - forward,
                query["held"],
                query["another"],
                kept["held"],
            )
            numbers = " | ".join(f"{value / MB:.0f}" for value in values)
            print(
                f"| {kind} | {precision} | {numbers} | {query['s']:.1f} | {query['another s']:.1f} |",
                flush=True,
            )


def measured(mode: str, kind: str, precision: str) -> dict:
    """Return what a separate process measures."""
    command = [sys.executable, __file__, "one", "--mode", mode, "--kind", kind, "--precision", precision]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def one(mode: str, kind: str, precision: str) -> dict:
    """Peak and rest of one procedure, in bytes above what was held before."""
    import torch

    from actiondiff_gui.backbones.svd.walk import walk

    backbone, encoded = full_size(precision)
    step = backbone.schedule[20]

    def forward() -> None:
        with torch.inference_mode():
            walk(backbone.unet, encoded.latents, encoded.condition, encoded.clip, step.sigma, [LAYER])

    if mode == "forward":
        return peak_of(forward)
    rows = backbone.attention(encoded, step, LAYER, kind)
    if mode == "all kept":
        rows.kept = True
    first = peak_of(lambda: rows.at(*PLACE))
    return first | {f"another{k}": v for k, v in zip(("", " s"), _peak_and_time(rows), strict=True)}


def _peak_and_time(rows) -> tuple[float, float]:
    found = peak_of(lambda: rows.at(*OTHER))
    return found["peak"], found["s"]


def full_size(precision: str):
    """Return a backbone of which conv_in and layer 2 are real, and an encoded window of random numbers."""
    import torch
    from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel

    from actiondiff_gui.backbones.protocol import EncodeSettings
    from actiondiff_gui.backbones.svd.backbone import DTYPES, SVDBackbone, SVDEncoded
    from actiondiff_gui.backbones.svd.configs import SVD_UNET, SVD_VAE, WINDOWS

    dtype, frames = DTYPES[precision], WINDOWS["svd-xt"]
    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(**SVD_UNET, num_frames=frames)
        vae = AutoencoderKLTemporalDecoder(**SVD_VAE)
    block = unet.down_blocks[0]
    random = torch.Generator().manual_seed(0)
    for part in (
        unet.conv_in,
        unet.time_embedding,
        unet.add_embedding,
        block.resnets[0],
        block.attentions[0],
    ):
        part.to(dtype).to_empty(device="cpu").requires_grad_(False).eval()
        for name, value in part.named_parameters():
            if value.ndim > 1:
                value.normal_(0, value[0].numel() ** -0.5, generator=random)
            else:
                value.fill_(float(name.endswith("weight")))
    backbone = SVDBackbone(unet, vae, None, id="svd-xt", digest="", device="cpu", precision=precision)
    height, width = (side // 8 for side in backbone.resolution)

    def normal(*shape: int, like: torch.dtype = dtype) -> torch.Tensor:
        return torch.randn(1, frames, *shape, generator=random).to(like)

    encoded = SVDEncoded(
        latents=normal(4, height, width, like=torch.float32),
        condition=normal(4, height, width),
        clip=normal(1024),
        seeds=(0,),
        settings=EncodeSettings(backbone.resolution),
    )
    return backbone, encoded


def peak_of(run: Callable[[], object]) -> dict:
    """Highest memory while ``run`` runs, and what tensors hold after it, in bytes above what was there before; seconds."""
    before, tensors = resident("VmRSS"), held()
    Path("/proc/self/clear_refs").write_text("5")
    began = time.perf_counter()
    result = run()
    took = time.perf_counter() - began
    peak = resident("VmHWM") - before
    del result
    return {"peak": peak, "held": held() - tensors, "s": took}


def held() -> int:
    """Bytes of all tensors that are there."""
    import gc

    import torch

    gc.collect()
    tensors = [each for each in gc.get_objects() if type(each) is torch.Tensor]
    return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}.values())


def resident(name: str) -> int:
    """Return a line of the process's status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise SystemExit("Memory is measured on Linux only.")


def clicks(count: int) -> None:
    """Print the table of clicks, in the workbench with a clip of the sample."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("ACTIONDIFF_GUI_HOME", home)
        import napari

        from actiondiff_gui.gui.app import open_in
        from actiondiff_gui.gui.project import menu as projects

        viewer = napari.Viewer(show=True)
        viewer.window._qt_window.resize(1280, 800)
        bench = open_in(viewer)
        host, session = bench.host, bench.host.session
        projects.open_sample(host)
        until(lambda: session.project is not None and not host.jobs.active())
        session.show_dock.emit("Overlays")
        dock = bench.tabs.currentWidget()
        session.set_address(timestep="t20", layers=(6,))
        row = next(row for row in session.table if row.video_name.startswith("spider_walk_side_field_0"))
        session.open_clip(row.id)
        until(lambda: host.player.layer is not None)
        print("| look | click | wall, ms: median | slowest | processor, ms: median | slowest |")
        print("|---|---|---:|---:|---:|---:|")
        for look in ("spatial", "similarity", "temporal"):
            dock.form.choose(look)
            runs = [clicked(dock, look, n) for n in range(count + 1)]
            for name, part in (("first", runs[:1]), ("further", runs[1:])):
                wall, work = zip(*part, strict=True)
                numbers = [f(v) * 1e3 for v in (wall, work) for f in (statistics.median, max)]
                print(f"| {look} | {name} | " + " | ".join(f"{n:.0f}" for n in numbers) + " |", flush=True)
            dock.clear()
        print(f"\nload {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {count} further clicks each")
        viewer.close()


def clicked(dock, look: str, number: int) -> tuple[float, float]:
    """Seconds, and seconds of the processor, from a click until what it shows was drawn."""
    from qtpy.QtWidgets import QApplication

    painted = look != "temporal"
    before = _overlay(dock) if painted else dock.session.frame_weights
    drawn: list[bool] = []

    def draw(_: object) -> None:
        drawn.append(_overlay(dock) is not before)

    events = dock.host.viewer.window._qt_viewer.canvas._scene_canvas.events
    events.draw.connect(draw, position="last")
    began, work = time.perf_counter(), time.process_time()
    dock.click(40 + 13 * number % 100, 50 + 29 * number % 90)
    # The overlay is there with the canvas's next picture, strip and timeline with the window's next events.
    while not any(drawn) if painted else dock.session.frame_weights is before:
        QApplication.processEvents()
        time.sleep(0.0005)
    QApplication.processEvents()
    took = time.perf_counter() - began, time.process_time() - work
    events.draw.disconnect(draw)
    rest = time.monotonic() + 0.5
    until(lambda: time.monotonic() > rest)
    return took


def _overlay(dock):
    return dock.stage.shown[0][1] if dock.stage.shown else None


def until(condition: Callable[[], object], limit: float = 600) -> None:
    """Let the window run until ``condition`` holds."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("The window did not get there in time.")
        QApplication.processEvents()
        time.sleep(0.002)


if __name__ == "__main__":
    main()
