"""iperf3 in either direction: everything arrives, however fast."""

from concurrent.futures import ThreadPoolExecutor

from companies_test_case import CompaniesTestCase
from lab.iperf import iperf

PORT = 5201
TCP_BYTES = 2_000_000
UDP_BYTES, UDP_BITS_PER_SECOND, DATAGRAM_BYTES = 400_000, 3_000_000, 1200


class Throughput(CompaniesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.start_natto()

    def test_tcp_up_and_down_from_either_side(self) -> None:
        for client, server in self.directions:
            for reverse in ((), ("--reverse",)):
                with self.subTest(client=client.host.name, reverse=bool(reverse)):
                    address = (server.mapped, PORT)
                    amount = ("--bytes", str(TCP_BYTES))
                    report = iperf(self.lab, client.host, server.host, address, *amount, *reverse)
                    self.assertGreater(report["end"]["sum_received"]["bytes"], 0)
        self.assertEqual(self.natto.stop().drops, {})

    def test_udp_both_ways_at_once_without_loss(self) -> None:
        options = (
            *("--udp", "--bitrate", str(UDP_BITS_PER_SECOND)),
            *("--bytes", str(UDP_BYTES), "--length", str(DATAGRAM_BYTES)),
        )
        with ThreadPoolExecutor() as executor:
            reports = [
                executor.submit(
                    iperf, self.lab, client.host, server.host, (server.mapped, PORT), *options
                )
                for client, server in self.directions
            ]
        for report in reports:
            total = report.result()["end"]["sum_received"]
            self.assertGreater(total["bytes"], 0)
            self.assertEqual(total["lost_packets"], 0)
        self.assertEqual(self.natto.stop().drops, {})
