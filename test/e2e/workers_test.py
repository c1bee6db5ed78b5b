"""Several workers, each with a queue pair of its own on every port."""

import concurrent.futures
import hashlib
import os

import pytest
from lab import two_arm
from lab.appliance import Appliance
from lab.lab import Lab
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab.two_arm import A_MAPPED, B_MAPPED, TwoArm

FLOWS = 8


@pytest.fixture
def site(lab: Lab) -> TwoArm:
    return two_arm.build(lab)


@pytest.fixture
def natto(lab: Lab, site: TwoArm) -> Appliance:
    config = lab.write_config(two_arm.PORTS, two_arm.MAPPINGS, workers=2)
    return lab.start_natto(config, site.natto)


def test_many_flows_at_once_arrive_whole(site, natto) -> None:
    data = os.urandom(1_000_000)
    a, b = site.a.host, site.b.host
    assert ping(a, B_MAPPED).answered == 3
    with concurrent.futures.ThreadPoolExecutor(FLOWS) as executor:
        transfers = [
            executor.submit(tcp_transfer, a, b, (B_MAPPED, 5000 + flow), data)
            if flow % 2
            else executor.submit(tcp_transfer, b, a, (A_MAPPED, 5000 + flow), data)
            for flow in range(FLOWS)
        ]
    for transfer in transfers:
        assert transfer.result().sha256 == hashlib.sha256(data).hexdigest()
    assert "2 worker(s)" in natto.log()


def test_short_flows_reach_either_queue(site, natto) -> None:
    a, b = site.a.host, site.b.host
    for port in range(5000, 5032):
        assert udp_exchange(a, b, (B_MAPPED, port), [b"hello"]).exchanged == 1
    summary = natto.stop()
    assert summary.translated == 2 * 32
    assert summary.drops == {}
