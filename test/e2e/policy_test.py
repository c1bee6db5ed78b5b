"""Who may talk to whom, between real hosts: scans, traceroute, path MTU discovery, FTP and a limit.

All through one natto.
"""

import ftplib
import io
import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab import companies, ftp
from lab.appliance import Appliance
from lab.companies import Site
from lab.iperf import iperf
from lab.lab import Lab
from lab.route import learned_mtu, traceroute
from lab.scan import CLOSED, OPEN, PROHIBITED, scan
from lab.traffic import listen, ping, tcp_transfer

LIMIT_BITS_PER_SECOND, BURST_SECONDS = 20_000_000, 0.3
POLICY = f"""
[policy]
default = "deny"

[[allow]]
name = "web"
from = "a"
to = "b"
protocol = "tcp"
ports = [443, "8000-8099"]

[[allow]]
name = "ftp"
from = "a"
to = "b"
protocol = "tcp"
ports = [21, "50000-50009"]

[[allow]]
name = "ping"
from = "a"
to = "b"
protocol = "icmp"

[[allow]]
name = "dns"
from = "b"
to = "a"
protocol = "udp"
ports = 53

[[allow]]
name = "bulk"
from = "b"
to = "a"
protocol = ["tcp", "udp"]
ports = 5201

[[limit]]
name = "b to a"
from = "b"
to = "a"
bits_per_second = {LIMIT_BITS_PER_SECOND}
burst_ms = {int(BURST_SECONDS * 1000)}
"""
WEB, FTP = {443, *range(8000, 8100)}, {21, *range(50000, 50010)}
EVERY_PORT = range(1, 1 << 16)
UDP_PORTS = {*range(1, 200), *range(5100, 5300)}
NARROW, NARROWER = 1400, 1300
DATAGRAM_BYTES, HEADER_BYTES, BULK_SECONDS = 1200, 28, 3


@pytest.fixture(scope="module")
def lab(binary: Path, world: None) -> Iterator[Lab]:
    """One for all tests of this file."""
    with Lab(binary) as made:
        yield made
        try:
            made.stop()
        finally:
            for natto in made.appliances:
                print(f"What the natto of process {natto.pid} logged:\n{natto.log()}")


@pytest.fixture(scope="module")
def site(lab: Lab) -> Site:
    made = companies.two_arm(lab)
    for company in (made.a, made.b):
        company.host.set("net/ipv4/tcp_mtu_probing", "0")
    return made


@pytest.fixture(scope="module", autouse=True)
def natto(lab: Lab, site: Site) -> Appliance:
    every_refusal_is_told = {"errors_per_second": 1_000_000, "error_burst": 1_000_000}
    config = lab.write_config(site.ports, site.mappings, icmp=every_refusal_is_told, policy=POLICY)
    return lab.start_natto(config, site.natto)


@pytest.fixture
def rule(cli: Callable[..., str]) -> Callable[[str], dict]:
    """rule(name) is what `natto show rules` tells of it."""

    def find(name: str) -> dict:
        rules = json.loads(cli("show", "rules", "--json"))["rules"]
        return next(rule for rule in rules if rule["name"] == name)

    return find


# Scans. Where nobody listens, a host itself answers that the port is closed.


def test_p2_p8_a_reaches_the_allowed_ports_of_b_and_no_other(site) -> None:
    with listen(site.b.host, 443):
        found = scan(site.a.host, site.b.mapped, EVERY_PORT)
    allowed = WEB | FTP
    assert found == {OPEN: {443}, CLOSED: allowed - {443}, PROHIBITED: {*EVERY_PORT} - allowed}
    assert scan(site.a.host, site.b.mapped, UDP_PORTS, socket.SOCK_DGRAM) == {PROHIBITED: UDP_PORTS}


def test_p2_p8_b_reaches_the_allowed_ports_of_a_and_no_other(site) -> None:
    with listen(site.a.host, 443), listen(site.a.host, 5201):
        found = scan(site.b.host, site.a.mapped, EVERY_PORT)
    assert found == {OPEN: {5201}, PROHIBITED: {*EVERY_PORT} - {5201}}
    found = scan(site.b.host, site.a.mapped, UDP_PORTS, socket.SOCK_DGRAM)
    assert found == {CLOSED: {53, 5201}, PROHIBITED: UDP_PORTS - {53, 5201}}


def test_p3_b_reaches_nothing_from_a_port_that_a_may_use(site, rule) -> None:
    scanned = [22, 443, *range(8000, 8100), *range(40000, 40100)]
    with listen(site.a.host, 443):
        found = scan(site.b.host, site.a.mapped, scanned, source_port=8001)
    assert found == {PROHIBITED: set(scanned)}
    assert rule("web")["refused_openings"] >= len(scanned)


# What is about other packets.


def test_p4_only_a_pings(site, rule) -> None:
    before = rule("ping")
    assert ping(site.a.host, site.b.mapped, count=3).answered == 3
    assert ping(site.b.host, site.a.mapped, count=1).answered == 0
    after = rule("ping")
    counted = {key: after[key] - before[key] for key in before if key.endswith(("_packets", "_bytes"))}
    assert counted == {"there_packets": 3, "there_bytes": 252, "back_packets": 3, "back_bytes": 252}


def test_p4_traceroute_shows_the_way_of_what_is_allowed(site) -> None:
    a, b = site.a, site.b
    assert traceroute(a.host, b.mapped, "-T", "-p", "443") == a.way_to(b, a.natto)
    assert traceroute(a.host, b.mapped, "-I") == a.way_to(b, a.natto)
    assert traceroute(b.host, a.mapped, "-U", "-p", "53") == b.way_to(a, b.natto)
    assert traceroute(b.host, a.mapped, "-T", "-p", "443") == [*b.hops, b.natto]


def test_p2_active_ftp_is_refused_and_passive_ftp_works(lab, site) -> None:
    server, client, content = site.b.host, site.a.host, os.urandom(100_000)
    with (
        listen(server, ftp.CONTROL_PORT) as control,
        listen(server, 50003) as passive,
        ThreadPoolExecutor(1) as executor,
    ):
        served = executor.submit(ftp.serve_one, server, control, passive, content)
        with client.entered(), ftplib.FTP(timeout=30) as session:
            session.connect(site.b.mapped)
            session.login()
            session.set_pasv(False)
            with pytest.raises(ftplib.error_temp, match="425 No route to host"):
                session.retrbinary("RETR file", io.BytesIO().write)
            session.set_pasv(True)
            received = io.BytesIO()
            session.retrbinary("RETR file", received.write)
        served.result()
    assert received.getvalue() == content


def test_p10_a_limit_is_used_up_and_kept(lab, site, cli) -> None:
    report = iperf(
        *(lab, site.b.host, site.a.host, (site.a.mapped, 5201), "--udp"),
        *("--bitrate", str(LIMIT_BITS_PER_SECOND * 3 // 2), "--length", str(DATAGRAM_BYTES)),
        *("--time", str(BULK_SECONDS)),
    )
    total = report["end"]["sum"]
    arrived = total["packets"] - total["lost_packets"]
    # A quiet time lies before it, so the limit lets a burst through at once.
    bits = arrived * (DATAGRAM_BYTES + HEADER_BYTES) * 8 - LIMIT_BITS_PER_SECOND * BURST_SECONDS
    seconds = total["bytes"] * 8 / total["bits_per_second"]  # without what it takes to end
    share = bits / seconds / LIMIT_BITS_PER_SECOND
    print(f"{share:.4f} of the limit arrived; {total}")
    assert 0.95 <= share <= 1.02
    limit = json.loads(cli("show", "limits", "--json"))["limits"][0]
    assert limit["passed_packets"] >= arrived
    assert limit["over_packets"] > 0


def test_p8_natto_shows_what_rules_and_limits_counted(cli, rule) -> None:
    ping, web = rule("ping"), rule("web")
    limit = json.loads(cli("show", "limits", "--json"))["limits"][0]
    rows = {row.split()[5]: row.split() for row in cli("show", "rules").splitlines() if "->" in row}
    assert list(rows) == ["web", "ftp", "ping", "dns", "bulk"]
    counted = [str(ping[way]) for way in ("there_packets", "there_bytes", "back_packets", "back_bytes")]
    assert rows["ping"] == [*counted, "0", "ping", *"a -> b: icmp".split()]
    assert rows["web"][4] == str(web["refused_openings"])
    assert re.search(rf" {limit['over_packets']} +\S+ +b to a ", cli("show", "limits"))


# It narrows links, so it comes last.


def test_p4_tcp_learns_the_path_mtu_of_either_side(lab, site) -> None:
    a, b = site.a, site.b
    b.narrow(NARROW)
    tcp_transfer(a.host, b.host, (b.mapped, 443), os.urandom(300_000))
    assert learned_mtu(a.host, b.mapped) == NARROW
    a.narrow(NARROWER)
    iperf(lab, a.host, b.host, (b.mapped, 443), "--bytes", "300000", "--reverse")
    assert learned_mtu(b.host, a.mapped) == NARROWER
