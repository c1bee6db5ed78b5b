"""What run_ndr.py found, for people: as tables in Markdown, as a plot."""

import statistics
from html import escape

PERCENTILES = ("p50_us", "p99_us", "p99.9_us", "p99.99_us")
RATES = ("ndr", "pdr")
COLORS = {"natto": "#2a6f97", "5tswap": "#7fa650", "nftables": "#c9743c"}


def _median(rounds: list[dict], name: str) -> float:
    return statistics.median(told[name] for told in rounds)


def _spread(rounds: list[dict], name: str) -> str:
    values = [told[name] for told in rounds]
    middle = statistics.median(values)
    return f"±{(max(values) - min(values)) / 2 / middle:.0%}" if middle else ""


def in_short(told: dict) -> str:
    return ", ".join(
        f"{rate.upper()} {'≥ ' if told[f'{rate}_is_at_least'] else ''}{told[f'{rate}_pps'] / 1e6:.2f} Mpps" for rate in RATES
    )


def _is_at_least(rounds: list[dict], rate: str) -> bool:
    """Whether the generator set the limit, in half of the rounds or more."""
    return sum(told[f"{rate}_is_at_least"] for told in rounds) * 2 >= len(rounds)


def _rates(wires: dict[str, dict[str, list[dict]]]) -> list[str]:
    lines = [
        "| wire | program | NDR | PDR | NDR of natto ÷ its | PDR of natto ÷ its |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for wire, told in wires.items():
        for program, rounds in told.items():
            cells = [wire, program]
            for rate in RATES:
                mark = "≥ " if _is_at_least(rounds, rate) else ""
                cells.append(f"{mark}{_median(rounds, f'{rate}_pps') / 1e6:.2f} Mpps {_spread(rounds, f'{rate}_pps')}")
            for rate in RATES:
                own = _median(rounds, f"{rate}_pps")
                limited = any(_is_at_least(each, rate) for each in (told["natto"], rounds))
                comparable = program != "natto" and own and not limited
                cells.append(f"{_median(told['natto'], f'{rate}_pps') / own:.2f}" if comparable else "")
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _latencies(wires: dict[str, dict[str, list[dict]]]) -> list[str]:
    lines = [
        "| wire | program | at, of its NDR | p50 | p99 | p99.9 | p99.99 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for wire, told in wires.items():
        for program, rounds in told.items():
            for share, trials in latencies(rounds).items():
                times = [f"{_median(trials, name):.1f} µs" for name in PERCENTILES]
                lines.append(f"| {wire} | {program} | {share} | {' | '.join(times)} |")
    return lines


def latencies(rounds: list[dict]) -> dict[str, list[dict]]:
    """The trials of all rounds by their share of the NDR."""
    shares: dict[str, list[dict]] = {}
    for told in rounds:
        for share, trial in told["latency"].items():
            shares.setdefault(share, []).append(trial)
    return shares


def _reloads(told: dict[str, dict]) -> list[str]:
    lines = [
        "| at half the NDR, table reloaded | offered | lost | longest time without a packet |",
        "| --- | --- | --- | --- |",
    ]
    for trial in told.values():
        lost = trial["offered"] - trial["received"]
        lines.append(
            f"| {trial['reloads']} times | {trial['offered']:,} | {lost:,} | {trial['longest_gap_us']:.0f} µs |"
        )
    return lines


def _soak(told: dict) -> str:
    memory = told["memory_mib"]
    return (
        f"{told['minutes']:g} minutes at 80 % of the NDR with {told['reloads']:,} reloads: {told['offered']:,} packets "
        f"offered, {told['offered'] - told['received']:,} lost; received = translated + kept + dropped in natto's "
        f"counters; its memory was {memory['first']:.1f} MiB first, {memory['last']:.1f} MiB last, {memory['most']:.1f} "
        "MiB at most."
    )


def as_markdown(results: dict) -> str:
    parts = [_rates(results["wires"]), _latencies(results["wires"])]
    if "reloads" in results:
        parts.append(_reloads(results["reloads"]))
    if "soak" in results:
        parts.append([_soak(results["soak"])])
    return "\n\n".join("\n".join(lines) for lines in parts)


def as_svg(results: dict) -> str:
    """A group of bars for each wire: NDR in full colour, what PDR adds in light."""
    bar, left, width = 18, 90, 640
    most = max(_median(rounds, "pdr_pps") for told in results["wires"].values() for rounds in told.values()) or 1
    parts, y = [], 24
    for wire, told in results["wires"].items():
        parts.append(f'<text x="10" y="{y}" font-weight="bold">{escape(wire)}: NDR, and PDR in light</text>')
        y += 8
        for program, rounds in told.items():
            ndr, pdr = (_median(rounds, rate) / most * (width - left - 110) for rate in ("ndr_pps", "pdr_pps"))
            color = COLORS[program]
            parts.append(f'<text x="{left - 6}" y="{y + 13}" text-anchor="end">{escape(program)}</text>')
            parts.append(f'<rect x="{left}" y="{y}" width="{pdr:.0f}" height="{bar - 4}" fill="{color}" opacity="0.4"/>')
            parts.append(f'<rect x="{left}" y="{y}" width="{ndr:.0f}" height="{bar - 4}" fill="{color}"/>')
            both = " / ".join(f"{_median(rounds, rate) / 1e6:.2f}" for rate in ("ndr_pps", "pdr_pps"))
            parts.append(f'<text x="{left + pdr + 6:.0f}" y="{y + 13}">{both} Mpps</text>')
            y += bar
        y += 22
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{width}" height="{y}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
