"""All kinds of traffic between two companies, in each of the ways to join them to natto."""

import hashlib
import os

from companies_test_case import CompaniesTestCase
from lab import companies
from lab.route import traceroute
from lab.traffic import ping, tcp_transfer, udp_exchange

PORT = 5001


class TwoArm(CompaniesTestCase):
    """A port for each company."""

    def test_r1_all_kinds_of_traffic_pass_both_ways(self) -> None:
        self.start_natto()
        data = os.urandom(1_000_000)
        for client, server in self.directions:
            address = (server.mapped, PORT)
            self.assertEqual(ping(client.host, server.mapped).answered, 3)
            transfer = tcp_transfer(client.host, server.host, address, data)
            self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
            self.assertEqual(transfer.client_address, client.mapped)
            talk = udp_exchange(client.host, server.host, address, [b"", b"x" * 1472])
            self.assertEqual(talk.exchanged, 2)
            self.assertEqual(talk.client_address, client.mapped)
            hops = traceroute(client.host, server.mapped)
            self.assertEqual(hops, client.way_to(server, client.natto))
        self.assertEqual(self.natto.stop().drops.keys(), {"ttl_expired"})


class OneArm(TwoArm):
    """Both behind one port."""

    build = staticmethod(companies.one_arm)


class Overlapping(TwoArm):
    """A port for each company; both have the same addresses."""

    build = staticmethod(companies.overlapping)
