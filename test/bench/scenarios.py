"""What is measured, and how fast natto must and wants to be beside testpmd."""

from dataclasses import dataclass

from traffic import IMIX, Workload


@dataclass(frozen=True)
class Scenario:
    """natto's packets per second ÷ those of testpmd's `mode`, on the same packets."""

    workload: Workload
    targets: dict[str, tuple[float, float]]  # testpmd's mode: (must, aim)


SCENARIOS = [
    Scenario(
        Workload("64 B, 256 hosts each side, 2,048 flows", 256, 2048),
        {"5tswap": (0.85, 1.0), "csum": (1.3, 1.6)},
    ),
    Scenario(
        Workload("64 B, 65,536 hosts each side, 65,536 flows", 65_536, 65_536),
        {"5tswap": (0.50, 0.7)},
    ),
    Scenario(
        Workload(
            "64 B, 1,048,576 addresses in prefixes each side, 1,000,000 flows",
            1 << 20, 1_000_000, prefix_length=24,
        ),
        {"5tswap": (0.40, 0.6)},
    ),
    Scenario(
        Workload("1518 B, 256 hosts each side, 2,048 flows", 256, 2048, [1518]),
        {"io": (0.95, 1.0)},
    ),
    Scenario(
        Workload("IMIX, 256 hosts each side, 2,048 flows", 256, 2048, IMIX), {"io": (0.95, 1.0)}
    ),
]  # fmt: skip
