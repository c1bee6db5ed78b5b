"""When results count as slower than earlier ones."""

import pytest
from compare import compare


def result(ratio: float, *, spread: float = 0.01, workload: str = "work") -> dict:
    return {"workload": workload, "ratios": {"io": ratio}, "spread": {"natto": spread, "io": spread}}


@pytest.mark.parametrize(
    ("was", "now", "spread", "slower"),
    [
        (0.80, 0.80, 0.00, False),
        (0.80, 0.79, 0.00, False),  # within what is usual
        (0.80, 0.77, 0.00, True),
        (0.80, 0.77, 0.05, False),  # the rounds lie further apart than that
        (0.80, 0.70, 0.05, True),
        (0.80, 0.90, 0.00, False),
    ],
)
def test_a_ratio_has_fallen_if_it_fell_further_than_the_rounds_lie_apart(
    was: float, now: float, spread: float, slower: bool
) -> None:
    lines, fallen = compare([result(now, spread=spread)], [result(was, spread=spread)])
    assert fallen == slower
    assert len(lines) == 1
    assert lines[0].endswith(": slower") == slower


def test_what_only_one_run_measured_is_left_out() -> None:
    assert compare([result(0.1)], [result(0.9, workload="other")]) == ([], False)
