"""The search for the highest rate, on programs made up here whose limits are known."""

import itertools
import random

import pytest
from rate_search import NDR, PDR, Goal, Load, Search, Trial

SECONDS = 1.0


def program(limit: float, *, noise: float = 0.0, seed: int = 1):
    """Loses what exceeds `limit` packets a second, and a share `noise` of all trials a few packets more."""
    chance = random.Random(seed)
    tried: list[float] = []

    def try_rate(rate: float) -> Trial:
        tried.append(rate)
        offered = round(rate * SECONDS)
        received = min(offered, round(limit * SECONDS))
        if chance.random() < noise:
            received -= 10
        return Trial(SECONDS, offered, received)

    return try_rate, tried


@pytest.mark.parametrize("limit", [1_000, 12_345, 500_000, 3_141_592, 9_900_000])
def test_both_goals_end_just_below_the_limit(limit: int) -> None:
    try_rate, tried = program(limit)
    search = Search(try_rate, 500, 10_000_000)
    ndr, pdr = search.find(NDR), search.find(PDR)
    assert limit * (1 - NDR.width) <= ndr.load.rate <= limit
    # Half a percent of what is sent may be lost.
    assert limit * (1 - PDR.width) <= pdr.load.rate <= limit / (1 - PDR.loss_ratio)
    assert pdr.throughput == pytest.approx(pdr.load.trials[0].received / SECONDS)
    assert len(tried) < 70


def test_a_program_as_fast_as_the_generator_has_no_upper_bound() -> None:
    try_rate, tried = program(20e6)
    found = Search(try_rate, 1_000, 10e6).find(NDR)
    assert (found.load.rate, found.upper) == (10e6, None)
    # Half of the time decides.
    assert len(tried) == NDR.duration_sum * NDR.exceed_ratio / SECONDS


def test_a_program_that_always_loses_is_found_nothing_for() -> None:
    try_rate, _ = program(1e6, noise=1.0)
    search = Search(try_rate, 10_000, 10e6)  # where ten packets are less than the half percent
    assert search.find(NDR) is None
    assert 1e6 * (1 - PDR.width) <= search.find(PDR).load.rate <= 1e6 / (1 - PDR.loss_ratio)


def test_a_trial_in_three_that_loses_is_forgiven() -> None:
    for seed in range(20):
        try_rate, _ = program(2e6, noise=0.3, seed=seed)
        found = Search(try_rate, 1_000, 10e6).find(NDR)
        assert found.load.rate <= 2e6
        good = sum(trial.loss_ratio == 0 for trial in found.load.trials)
        assert good * 2 >= len(found.load.trials)


def test_a_rate_is_a_bound_as_soon_as_no_later_trial_can_change_it() -> None:
    goal = Goal("three of six", 0.0, duration_sum=6.0, exceed_ratio=0.5)
    good, bad = Trial(1.0, 100, 100), Trial(1.0, 100, 99)
    for trials in itertools.product((good, bad), repeat=6):
        for count in range(7):
            told = Load(100, list(trials[:count])).bound(goal)
            # By trying everything that could still come.
            ends = {
                sum(trial is bad for trial in (*trials[:count], *rest)) <= 3
                for rest in itertools.product((good, bad), repeat=6 - count)
            }
            assert told == {frozenset({True}): "lower", frozenset({False}): "upper"}.get(frozenset(ends))


def test_what_was_lost_in_the_forgiven_half_does_not_count() -> None:
    trials = [Trial(1.0, 1000, received) for received in (900, 995, 1000, 1000, 1000, 1000)]
    assert Load(1000, trials).throughput(PDR) == 1000
    # Three seconds of six were enough to tell, so all of them were needed.
    assert Load(1000, trials[:3]).throughput(PDR) == 900


def test_packets_that_the_generator_did_not_send_in_time_are_not_counted_as_forwarded() -> None:
    assert Load(1000, [Trial(1.0, 900, 900)] * 6).throughput(NDR) == 900
