"""Streams that are neither TCP nor questions and answers: calls, and SCTP."""

import hashlib
import os
import unittest

from companies_test_case import CompaniesTestCase
from lab import rtp, sctp
from lab.rtp import Phone
from scapy.layers.sctp import SCTP, SCTPChunkInit, SCTPChunkParamIPv4Addr

RTP_PORT, SCTP_PORT = 5004, 9899
PACKETS, PAUSE_SECONDS = 400, 0.003


class Call(CompaniesTestCase):
    def test_r7_rtp_both_ways_arrives_in_order_and_unchanged(self) -> None:
        self.start_natto()
        a = Phone(self.a.host, self.b.mapped, rtp.packets(PACKETS))
        b = Phone(self.b.host, self.a.mapped, rtp.packets(PACKETS))
        for heard, said in zip(rtp.call(a, b, RTP_PORT, PAUSE_SECONDS), (b.stream, a.stream)):
            self.assertEqual([rtp.sequence(packet) for packet in heard], list(range(PACKETS)))
            self.assertEqual(heard, said)
        summary = self.natto.stop()
        self.assertEqual((summary.translated, summary.drops), (2 * PACKETS, {}))


class Sctp(CompaniesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.start_natto()

    @unittest.skipIf(sctp.refusal(), sctp.refusal())
    def test_r5_sctp_associations_pass_both_ways(self) -> None:
        data = os.urandom(1_000_000)
        for client, server in self.directions:
            transfer = sctp.transfer(client.host, server.host, (server.mapped, SCTP_PORT), data)
            self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
            self.assertEqual(transfer.client_address, client.mapped)
        self.assertEqual(self.natto.stop().drops, {})

    def test_r5_r7_an_sctp_packet_arrives_unchanged_with_the_addresses_in_it(self) -> None:
        second_address = SCTPChunkParamIPv4Addr(addr="192.0.2.7")
        init = SCTPChunkInit(init_tag=1, n_in_streams=1, n_out_streams=1, params=[second_address])
        packet = bytes(SCTP(sport=SCTP_PORT + 1, dport=SCTP_PORT, tag=0) / init)
        for client, server in self.directions:
            arrived = sctp.send_packet(client.host, server.host, server.mapped, packet)
            self.assertEqual(arrived, (client.mapped, packet))
