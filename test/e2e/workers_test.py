"""Several workers, each with a queue pair of its own on every port."""

import concurrent.futures
import hashlib
import os

from lab import two_arm
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab.two_arm import A_MAPPED, B_MAPPED
from lab_test_case import LabTestCase

FLOWS = 8


class TwoWorkers(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.site = two_arm.build(self.lab)
        config = self.lab.write_config(two_arm.PORTS, two_arm.MAPPINGS, workers=2)
        self.natto = self.lab.start_natto(config, self.site.natto)

    def test_many_flows_at_once_arrive_whole(self) -> None:
        data = os.urandom(1_000_000)
        a, b = self.site.a.host, self.site.b.host
        self.assertEqual(ping(a, B_MAPPED).answered, 3)
        with concurrent.futures.ThreadPoolExecutor(FLOWS) as executor:
            transfers = [
                executor.submit(tcp_transfer, a, b, (B_MAPPED, 5000 + flow), data)
                if flow % 2
                else executor.submit(tcp_transfer, b, a, (A_MAPPED, 5000 + flow), data)
                for flow in range(FLOWS)
            ]
        for transfer in transfers:
            self.assertEqual(transfer.result().sha256, hashlib.sha256(data).hexdigest())
        self.assertIn("2 worker(s)", self.natto.log())

    def test_short_flows_reach_either_queue(self) -> None:
        a, b = self.site.a.host, self.site.b.host
        for port in range(5000, 5032):
            self.assertEqual(udp_exchange(a, b, (B_MAPPED, port), [b"hello"]).exchanged, 1)
        summary = self.natto.stop()
        self.assertEqual(summary.translated, 2 * 32)
        self.assertEqual(summary.drops, {})
