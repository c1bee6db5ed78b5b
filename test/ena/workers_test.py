"""Two workers on cards, which spread unfragmented TCP and UDP over their queues, and nothing else."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from lab import two_arm
from lab.cards import Mode
from lab.traffic import ping, udp_exchange
from lab.two_arm import B_MAPPED

OFFICE_HOSTS = [f"10.0.16.{number}" for number in range(8)]


@pytest.fixture
def mode() -> Mode:
    """One is enough: neither checksums nor where queues lie matter."""
    return Mode()


def test_what_the_card_puts_into_queue_0_reaches_either_worker(lab) -> None:
    site = two_arm.build(lab)
    natto = lab.start_natto(
        lab.write_config(two_arm.PORTS, two_arm.MAPPINGS, workers=2), site.natto
    )
    a, b = site.a.host, site.b.host
    a.address("lo", *(f"{address}/32" for address in OFFICE_HOSTS))
    with ThreadPoolExecutor(len(OFFICE_HOSTS)) as executor:
        for pings in executor.map(lambda source: ping(a, B_MAPPED, "-I", source), OFFICE_HOSTS):
            assert pings.answered == 3
    first, second = natto.ask("workers")["workers"]
    assert first["received"] >= 2 * 3 * len(OFFICE_HOSTS)
    assert second["received"] == 0
    assert second["busy_polls"] > 0
    # The hardware's hash needs the right key and table to send each flow to a queue.
    for port in range(5000, 5008):
        assert udp_exchange(a, b, (B_MAPPED, port), [b"hello"]).exchanged == 1
    first, second = natto.ask("workers")["workers"]
    assert second["received"] > 0
    summary = natto.stop()
    assert summary.translated == 2 * (3 * len(OFFICE_HOSTS) + 8)
    assert summary.drops == {}
