"""Results beside those of an earlier run: ratios to the same rival, so that another machine or hour counts less."""

# Ratios differ by so much from run to run with nothing changed.
USUAL = 0.03


def _doubt(result: dict, rival: str) -> float:
    """How far the ratio may be off: rounds of both programs lie apart."""
    return result["spread"]["natto"] + result["spread"][rival]


def compare(results: list[dict], earlier: list[dict]) -> tuple[list[str], bool]:
    """A line for each ratio that both have, and whether one has fallen further than the rounds lie apart."""
    before = {result["workload"]: result for result in earlier}
    lines, fallen = [], False
    for result in results:
        old = before.get(result["workload"], {"ratios": {}})
        for rival in result["ratios"].keys() & old["ratios"].keys():
            was, now = old["ratios"][rival], result["ratios"][rival]
            doubt = max(USUAL, _doubt(old, rival), _doubt(result, rival))
            worse = now < was * (1 - doubt)
            fallen |= worse
            lines.append(
                f"{result['workload']}: {was:.2f} of {rival} before, now {now:.2f} (±{doubt:.0%})"
                + (": slower" if worse else "")
            )
    return sorted(lines), fallen
