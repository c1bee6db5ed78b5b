"""What a packet costs on an ENA card: read from what programs say, and added up."""

import re
import statistics
from dataclasses import dataclass

# Of the received packets, so many must leave again; otherwise something else was measured.
FORWARDED_AT_LEAST = 0.99


@dataclass(frozen=True)
class Cost:
    """TSC cycles that a worker's core spends on a packet, in polls that found packets."""

    whole: float
    driver: float  # of them, within the driver's burst functions
    burst: float  # mean packets of such a poll

    @property
    def own(self) -> float:
        """What the program itself adds."""
        return self.whole - self.driver

    def million_packets(self, tsc_hz: float) -> float:
        """A second, if a core did nothing else."""
        return tsc_hz / self.whole / 1e6


def cycles_of_natto(told: dict) -> float:
    """A packet, of what `natto bench --json` prints."""
    if told["translated_packets"] < FORWARDED_AT_LEAST * told["rx_packets"]:
        raise ValueError(f"natto dropped packets: {told['drops']}")
    return told["cycles_per_packet"]


def cycles_of_testpmd(text: str) -> float:
    """A packet, of what testpmd prints with --record-core-cycles when it ends."""
    found = re.search(r"\(total cycles=(\d+) / total .*packets=(\d+)\)", text)
    if found is None:
        raise ValueError(f"testpmd told no cycles:\n{text}")
    return int(found[1]) / int(found[2])


def cycles_of_driver(clock: dict) -> tuple[float, float]:
    """A packet, and the mean burst, of what driver_clock.cpp wrote."""
    received = clock["receive"]["packets"]
    if received == 0 or clock["transmit"]["packets"] < FORWARDED_AT_LEAST * received:
        raise ValueError(f"packets were not forwarded: {clock}")
    cycles = sum(calls["cycles"] for calls in clock.values())
    return cycles / received, received / clock["receive"]["calls"]


def median(rounds: list[Cost]) -> Cost:
    return Cost(
        *(statistics.median(getattr(cost, name) for cost in rounds) for name in ("whole", "driver", "burst"))
    )


def spread(rounds: list[Cost]) -> float:
    """How far the rounds lie apart: half of it, in cycles."""
    wholes = [cost.whole for cost in rounds]
    return (max(wholes) - min(wholes)) / 2


def table(results: dict[tuple[str, str, str], list[Cost]], tsc_hz: float) -> str:
    """In Markdown, by placement of queues, program and who computes checksums."""
    lines = [
        "| transmit queues in | program | checksums | cycles a packet | driver | the program | Mpps a core |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (placement, program, checksums), rounds in results.items():
        cost = median(rounds)
        lines.append(
            f"| {placement} | {program} | {checksums} | {cost.whole:.0f} ±{spread(rounds):.0f} | "
            f"{cost.driver:.0f} | {cost.own:.0f} | {cost.million_packets(tsc_hz):.1f} |"
        )
    return "\n".join(lines)
