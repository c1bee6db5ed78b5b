"""What scripts/bench-ena reads and adds up, and that it measures a natto; not how long anything takes."""

import pytest
from ena_costs import (
    Cost,
    cycles_of_driver,
    cycles_of_natto,
    cycles_of_testpmd,
    median,
    spread,
    table,
)
from ena_programs import Lab, Program

TESTPMD = """
  ++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++

  CPU cycles/packet=25.00 (total cycles=5000 / total {} packets=200) at 2100 MHz Clock

Done.
"""


def calls(count: int, packets: int, cycles: int) -> dict:
    return {"calls": count, "packets": packets, "cycles": cycles}


def clock(sent: int) -> dict:
    return {
        "receive": calls(10, 320, 32_000),
        "transmit": calls(10, sent, 16_000),
        "prepare": calls(10, 320, 1_600),
    }


def test_natto_s_cycles_count_if_it_forwards() -> None:
    told = {"rx_packets": 1000, "translated_packets": 990, "cycles_per_packet": 42.5, "drops": {"ttl": 10}}
    assert cycles_of_natto(told) == 42.5
    with pytest.raises(ValueError, match="ttl"):
        cycles_of_natto(told | {"translated_packets": 989})


@pytest.mark.parametrize("mode", ["io", "5tswap", "csum"])
def test_testpmd_s_cycles_a_packet(mode: str) -> None:
    assert cycles_of_testpmd(TESTPMD.format(mode)) == 25
    with pytest.raises(ValueError, match="told no cycles"):
        cycles_of_testpmd("Done.")


def test_the_driver_s_calls_add_up_over_received_packets() -> None:
    assert cycles_of_driver(clock(sent=320)) == (155, 32)
    with pytest.raises(ValueError, match="not forwarded"):
        cycles_of_driver(clock(sent=300))


def test_medians_of_rounds_and_what_is_left_for_the_program() -> None:
    rounds = [Cost(300, 260, 32), Cost(310, 250, 31), Cost(900, 270, 30)]
    middle = median(rounds)
    assert middle == Cost(310, 260, 31)
    assert middle.own == 50
    assert middle.million_packets(tsc_hz=3.1e9) == 10
    assert spread(rounds) == 300
    assert "| host | natto | off | 310 ±300 | 260 | 50 | 10.0 |" in table({("host", "natto", "off"): rounds}, 3.1e9)


def test_a_natto_is_measured_with_full_bursts(build, hugepages, tmp_path) -> None:
    lab = Lab(build, tmp_path)
    cost = lab.measure(Program("natto", offload=True), device_memory=True, seconds=0.1)
    assert 0 < cost.driver
    assert 0 < cost.whole
    assert cost.burst > 24
    assert lab.tsc_hz > 1e8


def test_the_time_of_a_reset_is_measured(build, hugepages, tmp_path) -> None:
    assert Lab(build, tmp_path).seconds_of_reset() > 0
