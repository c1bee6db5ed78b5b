"""Streams that are neither TCP nor questions and answers: calls, and SCTP."""

import hashlib
import os

import pytest
from lab import rtp, sctp
from lab.appliance import Appliance
from lab.companies import Site
from lab.lab import Lab
from lab.rtp import Phone
from scapy.layers.sctp import SCTP, SCTPChunkInit, SCTPChunkParamIPv4Addr

RTP_PORT, SCTP_PORT = 5004, 9899
PACKETS, PAUSE_SECONDS = 400, 0.003


@pytest.fixture
def natto(lab: Lab, site: Site) -> Appliance:
    return site.start_natto(lab)


def test_r7_rtp_both_ways_arrives_in_order_and_unchanged(site, natto) -> None:
    a = Phone(site.a.host, site.b.mapped, rtp.packets(PACKETS))
    b = Phone(site.b.host, site.a.mapped, rtp.packets(PACKETS))
    for heard, said in zip(rtp.call(a, b, RTP_PORT, PAUSE_SECONDS), (b.stream, a.stream)):
        assert [rtp.sequence(packet) for packet in heard] == list(range(PACKETS))
        assert heard == said
    summary = natto.stop()
    assert (summary.translated, summary.drops) == (2 * PACKETS, {})


def test_r5_sctp_associations_pass_both_ways(site, natto) -> None:
    if reason := sctp.refusal():
        pytest.skip(reason)
    data = os.urandom(1_000_000)
    for client, server in site.directions:
        transfer = sctp.transfer(client.host, server.host, (server.mapped, SCTP_PORT), data)
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        assert transfer.client_address == client.mapped
    assert natto.stop().drops == {}


def test_r5_r7_an_sctp_packet_arrives_unchanged_with_the_addresses_in_it(site, natto) -> None:
    second_address = SCTPChunkParamIPv4Addr(addr="192.0.2.7")
    init = SCTPChunkInit(init_tag=1, n_in_streams=1, n_out_streams=1, params=[second_address])
    packet = bytes(SCTP(sport=SCTP_PORT + 1, dport=SCTP_PORT, tag=0) / init)
    for client, server in site.directions:
        arrived = sctp.send_packet(client.host, server.host, server.mapped, packet)
        assert arrived == (client.mapped, packet)
