"""What is measured, and how fast natto must and wants to be beside its rivals."""

from dataclasses import dataclass

from traffic import IMIX, Workload

TESTPMD_MODES = ("io", "macswap", "5tswap", "csum")
CLEAN, QUIET, ALONE = "natto, clean", "natto, quiet", "natto, one worker"
OPEN, NONE_REFUSED = "natto, no policy", "natto, as many of none refused"
UNRECORDED = "natto, no record"
OWN_RIVALS = (ALONE, CLEAN, OPEN, NONE_REFUSED, QUIET, UNRECORDED)


@dataclass(frozen=True)
class Scenario:
    """natto's packets per second ÷ those of a rival: testpmd in one of its modes on the same
    packets, or natto itself with nothing in its way."""

    workload: Workload
    targets: dict[str, tuple[float, float]]  # rival: (must, aim)
    rivals: tuple[str, ...] = TESTPMD_MODES
    reloads: bool = False  # the table is reloaded each second meanwhile
    workers: int = 1  # each with a queue and a core of its own; testpmd has as many


_SMALL = {"mappings": 256, "flows": 2048}

SCENARIOS = [
    Scenario(
        Workload("64 B, 256 hosts each side, 2,048 flows", **_SMALL),
        {"5tswap": (0.85, 1.0), "csum": (1.3, 1.6)},
    ),
    Scenario(
        Workload("64 B, 65,536 hosts each side, 65,536 flows", 65_536, 65_536),
        {"5tswap": (0.75, 0.9)},
    ),
    Scenario(
        Workload(
            "64 B, 1,048,576 addresses in prefixes each side, 1,000,000 flows",
            1 << 20, 1_000_000, prefix_length=24,
        ),
        {"5tswap": (0.65, 0.9)},
    ),
    Scenario(
        Workload(
            "64 B, the same and a host",
            1 << 20, 1_000_000, prefix_length=24, host_beside=True,
        ),
        {"5tswap": (0.65, 0.9)},
    ),
    Scenario(
        Workload(
            "64 B, 1,000 prefixes of mixed lengths and 10,000 hosts, 1,000,000 flows",
            5500, 1_000_000, mixed=True,
        ),
        {"5tswap": (0.6, 0.85)},
    ),
    Scenario(
        Workload(
            "64 B, 1,000,000 hosts, 1,000,000 flows",
            500_000, 1_000_000,
        ),
        {"5tswap": (0.2, 0.35)},
    ),
    Scenario(Workload("1518 B, 2,048 flows", **_SMALL, sizes=[1518]), {"5tswap": (0.95, 1.0)}),
    Scenario(Workload("IMIX, 2,048 flows", **_SMALL, sizes=IMIX), {"5tswap": (0.85, 1.0)}),
    Scenario(
        Workload("64 B, ICMP echo, GRE and fragments", **_SMALL, kind="others"),
        {"5tswap": (0.5, 0.75)},
    ),
    Scenario(
        Workload("64 B, every packet takes the slow path (an IPv4 option)", **_SMALL, kind="options"),
        {},
    ),
    Scenario(
        Workload("64 B, 10 % expired, unmapped or malformed", **_SMALL, hostile_share=0.1),
        {CLEAN: (0.88, 0.95)},
        rivals=(CLEAN,),
    ),
    Scenario(
        Workload("64 B, 65,536 mappings reloaded each second", 32_768, 2048),
        {QUIET: (0.99, 1.0)},
        rivals=(QUIET,),
        reloads=True,
    ),
    Scenario(
        Workload("64 B, 1,000 rules for 500 pairs", **_SMALL, pairs=500, rules=True),
        {OPEN: (0.92, 0.97)},
        rivals=(OPEN,),
    ),
    Scenario(
        Workload(
            "64 B, 65,536 mappings, 10,000 rules for 5,000 pairs",
            32_768, 65_536, pairs=5000, rules=True,
        ),
        {OPEN: (0.9, 1.0)},
        rivals=(OPEN,),
    ),
    Scenario(
        Workload("64 B, a limit for each company", **_SMALL, limited=True),
        {OPEN: (0.95, 1.0)},
        rivals=(OPEN,),
    ),
    Scenario(
        Workload("64 B, rules refuse 90 %", **_SMALL, pairs=500, rules=True, refused_share=0.9),
        {NONE_REFUSED: (0.85, 1.0)},
        rivals=(NONE_REFUSED,),
    ),
    Scenario(
        Workload(
            "64 B, rules refuse 90 %, and a record is kept",
            **_SMALL, pairs=500, rules=True, refused_share=0.9, recorded=True,
        ),
        {UNRECORDED: (0.95, 1.0)},
        rivals=(UNRECORDED,),
    ),
    Scenario(
        Workload("64 B, 2,048 flows, two workers on two queues", **_SMALL),
        {ALONE: (1.85, 1.95)},
        rivals=(*TESTPMD_MODES, ALONE),
        workers=2,
    ),
]  # fmt: skip
