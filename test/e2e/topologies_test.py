"""All kinds of traffic between two companies, in each of the ways to join them to natto."""

import hashlib
import os

import pytest
from lab import companies
from lab.route import traceroute
from lab.traffic import ping, tcp_transfer, udp_exchange

PORT = 5001


@pytest.mark.parametrize("topology", [companies.two_arm, companies.one_arm, companies.overlapping])
def test_r1_all_kinds_of_traffic_pass_both_ways(lab, site) -> None:
    natto = site.start_natto(lab)
    data = os.urandom(1_000_000)
    for client, server in site.directions:
        address = (server.mapped, PORT)
        assert ping(client.host, server.mapped).answered == 3
        transfer = tcp_transfer(client.host, server.host, address, data)
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        assert transfer.client_address == client.mapped
        talk = udp_exchange(client.host, server.host, address, [b"", b"x" * 1472])
        assert talk.exchanged == 2
        assert talk.client_address == client.mapped
        hops = traceroute(client.host, server.mapped)
        assert hops == client.way_to(server, client.natto)
    assert natto.stop().drops.keys() == {"ttl_expired"}
