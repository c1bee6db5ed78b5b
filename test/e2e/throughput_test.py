"""iperf3 in either direction: everything arrives, however fast."""

from concurrent.futures import ThreadPoolExecutor

from lab.iperf import iperf

PORT = 5201
TCP_BYTES = 2_000_000
UDP_BYTES, UDP_BITS_PER_SECOND, DATAGRAM_BYTES = 400_000, 3_000_000, 1200


def test_tcp_up_and_down_from_either_side(lab, site) -> None:
    natto = site.start_natto(lab)
    for client, server in site.directions:
        for reverse in ((), ("--reverse",)):
            address = (server.mapped, PORT)
            amount = ("--bytes", str(TCP_BYTES))
            report = iperf(lab, client.host, server.host, address, *amount, *reverse)
            assert report["end"]["sum_received"]["bytes"] > 0
    assert natto.stop().drops == {}


def test_udp_both_ways_at_once_without_loss(lab, site) -> None:
    natto = site.start_natto(lab)
    options = (
        *("--udp", "--bitrate", str(UDP_BITS_PER_SECOND)),
        *("--bytes", str(UDP_BYTES), "--length", str(DATAGRAM_BYTES)),
    )
    with ThreadPoolExecutor() as executor:
        reports = [
            executor.submit(iperf, lab, client.host, server.host, (server.mapped, PORT), *options)
            for client, server in site.directions
        ]
    for report in reports:
        total = report.result()["end"]["sum_received"]
        assert total["bytes"] > 0
        assert total["lost_packets"] == 0
    assert natto.stop().drops == {}
