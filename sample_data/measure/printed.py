"""How are results written down for people? The lines of the terminal and the tables of card and docs."""

from typing import Any

NAMES = {"model": "tiny", "twin": "untrained twin", "pixels": "pixels", "flow": "optical-flow energy"}
HEADS = ("transformer", "linear")
TITLES = {"transformer": "transformer", "linear": "linear probe"}


def with_interval(estimate: dict[str, float] | None, signed: bool = False) -> str:
    """``0.31 (0.27 to 0.36)``; a dash where it was not measured."""
    if estimate is None:
        return "-"
    sign = "+" if signed else ""
    return f"{estimate['value']:{sign}.3f} ({estimate['low']:{sign}.3f} to {estimate['high']:{sign}.3f})"


def how_measured(found: dict[str, Any]) -> str:
    """The command, and what it looked at, in a few words."""
    asked = found["asked"]
    numbers = asked["layers"]
    whole = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1))
    said = [
        f"`{found['command']}`: {found['clips']} clips, chance {found['chance']:.3f}",
        f"timesteps {', '.join(asked['timesteps'])}",
        f"layers {numbers[0]} to {numbers[-1]}" if whole else f"layers {', '.join(map(str, numbers))}",
        " and ".join(asked["regimes"])
        + (f" ({asked['draws']} noise draws)" if "noised" in asked["regimes"] else ""),
        f"linear probe on {asked['summary'].replace('+', ', ')} over time",
    ]
    if "transformer" in found["aim"]:
        said.append(f"transformer with {asked['seeds']} seeds")
    return "; ".join([*said, f"{asked['precision']} on {asked['device']}"]) + ". In brackets 95 % intervals."


def held_out_table(found: dict[str, Any]) -> list[str]:
    """A Markdown table: subjects and heads down, shifts and their average across."""
    shifts = list(found["shifts"])
    rows = [
        f"| features | head | {' | '.join(f'unseen {shift}' for shift in shifts)} | average |",
        "|---|---|" + "---|" * (len(shifts) + 1),
    ]
    for name, title in NAMES.items():
        for head in HEADS:
            cells = [found["shifts"][s].get(name, {}).get(head) for s in shifts]
            if not any(cells):
                continue
            average = found["average"].get(name, {}).get(head)
            values = [with_interval(cell and cell["held_out"]) for cell in cells]
            rows.append(f"| {title} | {head} | {' | '.join(values)} | {with_interval(average)} |")
    return rows


def within_table(found: dict[str, Any]) -> list[str]:
    """A Markdown table of accuracy within domains at the same addresses."""
    shifts = list(found["shifts"])
    rows = [
        f"| features | head | {' | '.join(f'within {shift}' for shift in shifts)} |",
        "|---|---|" + "---|" * len(shifts),
    ]
    for name, title in NAMES.items():
        for head in HEADS:
            cells = [found["shifts"][s].get(name, {}).get(head) for s in shifts]
            if any(cells):
                values = [with_interval(cell and cell["within"]) for cell in cells]
                rows.append(f"| {title} | {head} | {' | '.join(values)} |")
    return rows


def aim_sentences(found: dict[str, Any]) -> list[str]:
    """What came of the aim, one sentence for each head of the model."""
    out = []
    for head in HEADS:
        aim = found["aim"].get(head)
        if aim:
            out.append(
                f"The {TITLES[head]} on the model's features lies {with_interval(aim, signed=True)} from the best of the "
                f"others ({_titled(aim['best_other'])}) on the average of the shifts; the aim of "
                f"{aim['aim']:+.2f} is {aim['verdict']}."
            )
    return out


def address_sentences(found: dict[str, Any]) -> list[str]:
    """Which addresses were chosen without the domain they are tested on."""
    out = []
    for name in ("model", "twin"):
        each = [
            f"{domain}: {address}"
            for shift in found["shifts"].values()
            for domain, address in shift.get(name, {}).get("linear", {}).get("addresses", {}).items()
        ]
        if each:
            out.append(f"Chosen for the {NAMES[name]}, by held-out domain: {'; '.join(each)}.")
    return out


def grid_sentences(found: dict[str, Any]) -> list[str]:
    """What each head makes of each network over all addresses: the mean, and the highest, which is chosen on the same clips."""
    asked, out = found["asked"], []
    for name in ("model", "twin"):
        for head in HEADS:
            everywhere = {
                f"{regime} {timestep} layer {layer}": value
                for regime, by_name in found["grids"].items()
                if head in by_name.get(name, {})
                for timestep, row in zip(asked["timesteps"], by_name[name][head], strict=True)
                for layer, value in zip(asked["layers"], row, strict=True)
                if value is not None
            }
            if everywhere:
                highest = max(everywhere, key=everywhere.__getitem__)
                mean = sum(everywhere.values()) / len(everywhere)
                out.append(
                    f"{NAMES[name].capitalize()}, {TITLES[head]}, held-out at {len(everywhere)} addresses: mean {mean:.3f}; "
                    f"highest {everywhere[highest]:.3f} at {highest}."
                )
    return out


def lines(found: dict[str, Any]) -> list[str]:
    """Everything, for the terminal."""
    return [
        f"{found['clips']} clips ({found['clip_set']}), chance {found['chance']:.3f}, 95 % intervals.",
        "",
        "Held out:",
        *held_out_table(found),
        "",
        "Within domains, at the same addresses:",
        *within_table(found),
        "",
        *address_sentences(found),
        *grid_sentences(found),
        *aim_sentences(found),
    ]


def _titled(best: str) -> str:
    name, head = best.split(", ")
    return f"{NAMES[name]}, {TITLES[head]}"
