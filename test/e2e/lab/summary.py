"""The counters that natto prints when it stops."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    received: int
    translated: int
    consumed: int
    generated: int
    fragmented: int
    fragments: int
    checksums_offloaded: int
    quoted_checksum_bad: int
    checksum_half_made: int
    dropped: int
    drops: dict[str, int]
    ports: dict[str, dict[str, int]]

    def contradictions(self) -> list[str]:
        """Why the counters cannot all be true; empty if they can."""
        received = sum(port["received"] for port in self.ports.values())
        transmitted = sum(port["transmitted"] for port in self.ports.values())
        equations = (
            ("received", self.received, "translated + consumed + dropped",
             self.translated + self.consumed + self.dropped),
            ("received", self.received, "received by the ports", received),
            ("translated - fragmented + fragments + generated",
             self.translated - self.fragmented + self.fragments + self.generated,
             "transmitted by the ports", transmitted),
            ("dropped", self.dropped, "the sum of the reasons", sum(self.drops.values())),
        )  # fmt: skip
        return [
            f"{left_name} = {left}, but {right_name} = {right}"
            for left_name, left, right_name, right in equations
            if left != right
        ]


def parse(text: str) -> Summary:
    """The summary in what `natto run --json` or `natto replay --json` printed."""
    return Summary(**json.loads(text))
