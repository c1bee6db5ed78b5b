"""Results of measurements, for people: as text, as a table in Markdown, as a plot."""

from html import escape
from pathlib import Path


def _ratio(ratio: float, must: float | None) -> str:
    """Two decimals, unless these would look like the target that it misses."""
    text = f"{ratio:.2f}"
    return f"{ratio:.3f}" if must and ratio < must <= float(text) else text


def as_text(result: dict) -> str:
    lines = ["", result["workload"]]
    for name, pps in result["pps"].items():
        line = f"  {name:<12} {pps / 1e6:7.2f} Mpps ±{result['spread'][name]:4.0%}   "
        must, aim = result["targets"].get(name, (None, None))
        if name == "natto":
            line += f"{result['cycles_per_packet']:.0f} cycles a packet"
        else:
            line += f"natto is {_ratio(result['ratios'][name], must)}"
        if must:
            line += f"   (must {must}, aim {aim})"
        lines.append(line)
    return "\n".join(lines)


def _table(results: list[dict]) -> str:
    lines = [
        "| work | natto | cycles a packet | beside | ratio | must | aim |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for result in results:
        natto = f"{result['pps']['natto'] / 1e6:.1f} Mpps ±{result['spread']['natto']:.0%}"
        first = f"{result['workload']} | {natto} | {result['cycles_per_packet']:.0f}"
        for rival, ratio in result["ratios"].items():
            must, aim = result["targets"].get(rival, (None, ""))
            mark = "**" if must else ""
            of = f"{rival} {result['pps'][rival] / 1e6:.1f} Mpps"
            lines.append(f"| {first} | {of} | {mark}{_ratio(ratio, must)}{mark} | {must or ''} | {aim} |")
            first = " | | "
    return "\n".join(lines)


def renew_section(file: Path, section: str, text: str) -> None:
    """Replace what stands between the section's markers."""
    begin, end = f"<!-- {section} -->", f"<!-- end {section} -->"
    before, rest = file.read_text().split(begin, 1)
    after = rest.split(end, 1)[1]
    file.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def renew_rows(file: Path, section: str, head: list[str], rows: list[str], order: list[str]) -> None:
    """Of the section's table, those with the first cells of `rows`. `order` are the first cells of a whole one."""
    found = file.read_text().split(f"<!-- {section} -->", 1)[1].split(f"<!-- end {section} -->", 1)[0]
    lines = found.split("\n")
    kept = lines[lines.index(head[1]) + 1 :] if head[0] in lines else []
    merged = {line.split(" | ")[0].removeprefix("| "): line for line in (*kept, *rows) if line}
    renew_section(file, section, "\n".join((*head, *(merged[cell] for cell in order if cell in merged))))


def renew_table(file: Path, results: list[dict]) -> None:
    renew_section(file, "measured", _table(results))


def as_svg(results: list[dict]) -> str:
    """A group of bars for each workload: millions of packets a second."""
    bar, gap, left, width = 16, 34, 110, 760
    most = max(max(result["pps"].values()) for result in results)
    parts, y = [], 20
    for result in results:
        parts.append(f'<text x="10" y="{y}" font-weight="bold">{escape(result["workload"])}</text>')
        y += 8
        for name, pps in result["pps"].items():
            length = (width - left - 90) * pps / most
            color = "#2a6f97" if name == "natto" else "#b8c4cc"
            parts.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{name}</text>')
            parts.append(
                f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{bar - 3}" fill="{color}"/>'
            )
            parts.append(f'<text x="{left + length + 6:.0f}" y="{y + 12}">{pps / 1e6:.1f}</text>')
            y += bar
        y += gap - bar
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="{width}" height="{y}" fill="white"/>\n'
        + "\n".join(parts)
        + f'\n<text x="{width - 10}" y="16" text-anchor="end">Mpps</text>\n</svg>\n'
    )
