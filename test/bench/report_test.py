"""What tables say of results made up here."""

from ndr_report import as_markdown
from report import as_text, renew_table


def test_a_missed_target_does_not_look_like_a_met_one(tmp_path) -> None:
    page = tmp_path / "page.md"
    for ratio, told in ((0.8469, "**0.847**"), (0.8501, "**0.85**"), (0.84, "**0.84**")):
        page.write_text("<!-- measured --><!-- end measured -->")
        result = {
            "workload": "all", "pps": {"natto": 1e6, "5tswap": 1e6}, "spread": {"natto": 0.0, "5tswap": 0.0},
            "cycles_per_packet": 50, "ratios": {"5tswap": ratio}, "targets": {"5tswap": (0.85, 1.0)},
        }  # fmt: skip
        renew_table(page, [result])
        assert f"natto is {told.strip('*')}   (must 0.85, aim 1.0)" in as_text(result)
        assert f"| {told} | 0.85 | 1.0 |" in page.read_text()


def rounds(ndr: float, pdr: float, *, limited: int) -> list[dict]:
    """Three, of which `limited` ended at what the generator could send."""
    return [
        {"ndr_pps": ndr, "pdr_pps": pdr, "ndr_is_at_least": False, "pdr_is_at_least": i < limited, "latency": {}}
        for i in range(3)
    ]


def test_what_the_generator_limits_is_marked_and_not_compared() -> None:
    def table(natto_limited: int, rival_limited: int) -> str:
        told = {"natto": rounds(4e6, 6e6, limited=natto_limited), "5tswap": rounds(8e6, 8e6, limited=rival_limited)}
        return as_markdown({"wires": {"memif": told}})

    assert "| memif | 5tswap | 8.00 Mpps ±0% | 8.00 Mpps ±0% | 0.50 | 0.75 |" in table(0, 1)
    assert "| memif | 5tswap | 8.00 Mpps ±0% | ≥ 8.00 Mpps ±0% | 0.50 |  |" in table(0, 2)
    assert "| memif | natto | 4.00 Mpps ±0% | ≥ 6.00 Mpps ±0% |  |  |" in table(2, 0)
    assert "| memif | 5tswap | 8.00 Mpps ±0% | 8.00 Mpps ±0% | 0.50 |  |" in table(2, 0)
