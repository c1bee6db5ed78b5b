"""The highest rates at which no packet, or a small share of them, is lost: a search after RFC 9971 (Multiple Loss
Ratio Search). It knows nothing of programs and devices: it is given a function that tries a rate.

A rate is tried in trials of one length. RFC 9971 weighs the trials of a rate against each other: up to
`exceed_ratio` of the time may lose more than the goal allows, since a machine that others share stops for a
moment now and then.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """What RFC 9971 calls a search goal."""

    name: str
    loss_ratio: float
    duration_sum: float = 6.0  # seconds, of all trials of a rate together
    exceed_ratio: float = 0.5
    width: float = 0.02  # how far bounds may lie apart, of the higher one


NDR = Goal("NDR", 0.0)
PDR = Goal("PDR", 0.005)


@dataclass(frozen=True)
class Trial:
    """Losses are of what was offered. That may be less than was intended, so rates are told by what came back."""

    seconds: float
    offered: int  # packets
    received: int

    @property
    def loss_ratio(self) -> float:
        return (self.offered - self.received) / self.offered

    @property
    def offered_rate(self) -> float:
        return self.offered / self.seconds

    @property
    def received_rate(self) -> float:
        return self.received / self.seconds


@dataclass
class Load:
    """All trials of one rate."""

    rate: float
    trials: list[Trial] = field(default_factory=list)

    def bound(self, goal: Goal) -> str | None:
        """It is a "lower" or an "upper" one where the trials still to come cannot change it any more (RFC 9971, load
        classification, every trial being of full length)."""
        bad = sum(trial.seconds for trial in self.trials if trial.loss_ratio > goal.loss_ratio)
        good = sum(trial.seconds for trial in self.trials) - bad
        whole = max(good + bad, goal.duration_sum)
        if whole - good <= whole * goal.exceed_ratio:
            return "lower"
        return "upper" if bad > whole * goal.exceed_ratio else None

    def throughput(self, goal: Goal) -> float:
        """Packets a second that came back in the worst trial that a lower bound of the goal needs (RFC 9971,
        conditional throughput)."""
        needed = max(goal.duration_sum, sum(trial.seconds for trial in self.trials)) * (1 - goal.exceed_ratio)
        for trial in sorted(self.trials, key=lambda trial: (trial.loss_ratio, -trial.received_rate)):
            needed -= trial.seconds
            if needed <= 0:
                break
        return trial.received_rate


@dataclass(frozen=True)
class Found:
    """Of a goal: the load that reaches it, and the least that was seen not to (none: the generator's own
    limit was reached)."""

    load: Load
    upper: float | None
    throughput: float


class Search:
    """Shares the trials among all goals: what one goal needed to know about a rate, others need not try."""

    def __init__(self, try_rate: Callable[[float], Trial], least: float, most: float):
        self._try = try_rate
        self._least, self._most = least, most
        self._loads: dict[float, Load] = {}

    def find(self, goal: Goal) -> Found | None:
        """None: even the least rate loses more than the goal allows."""
        rate: float | None = self._most
        while rate is not None:
            self._classify(rate, goal)
            rate = self._next(goal)
        lower, upper = self._bounds(goal)
        if lower is None:
            return None
        return Found(self._loads[lower], upper, self._loads[lower].throughput(goal))

    def _classify(self, rate: float, goal: Goal) -> None:
        load = self._loads.setdefault(rate, Load(rate))
        while load.bound(goal) is None:
            load.trials.append(self._try(rate))

    def _of_kind(self, kind: str, goal: Goal) -> list[float]:
        return [rate for rate, load in self._loads.items() if load.bound(goal) == kind]

    def _bounds(self, goal: Goal) -> tuple[float | None, float | None]:
        """The least upper bound, and the highest lower one below it: what fails at a rate fails above."""
        upper = min(self._of_kind("upper", goal), default=None)
        lower = [rate for rate in self._of_kind("lower", goal) if upper is None or rate < upper]
        return max(lower, default=None), upper

    def _next(self, goal: Goal) -> float | None:
        """The rate to try now; None: the bounds are close enough."""
        lower, upper = self._bounds(goal)
        if upper is None or upper <= self._least:
            return None
        if lower is not None:
            return math.sqrt(lower * upper) if upper - lower > goal.width * upper else None
        if upper == self._most:
            # What came back of too much.
            received = max(trial.received_rate for trial in self._loads[upper].trials)
            return max(self._least, min(received, upper * (1 - goal.width)))
        # Losses seldom begin far below that, so small steps first, each twice the last one.
        steps = sum(rate < self._most for rate in self._of_kind("upper", goal))
        return max(self._least, upper * (1 - goal.width * 2**steps))
