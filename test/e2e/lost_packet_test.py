"""A packet is missing: each of natto's ways to find it, and the record of refusals in a storm."""

import itertools
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from lab.appliance import Appliance
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import Namespace, link
from lab.patience import until
from lab.traffic import connect, tcp_transfer
from lab.two_hosts import A_MAPPED, B_MAPPED, NATTO, REAL

POLICY = """
[policy]
default = "deny"

[[allow]]
name = "web"
from = "a-app"
to = "b-orders"
protocol = "tcp"
ports = 443
"""
NOT_SENT = 4
# What doc/operations.md promises.
MOST_LINES_A_MINUTE = 500 + 500 + 1
STORM_PACKETS = 20_000

Start = Callable[..., tuple[Appliance, Namespace, Namespace]]


@pytest.fixture
def start(lab: Lab) -> Start:
    """start(log) is natto between two hosts, with these lines in [log]."""

    def begin(log: str) -> tuple[Appliance, Namespace, Namespace]:
        world, a, b = (lab.namespace(name) for name in ("natto", "a", "b"))
        for host in (a, b):
            link(host, "eth0", world, f"to-{host.name}")
            host.address("eth0", f"{REAL}/24")
            host.route("default", "via", NATTO)
        config = lab.write_config(
            [Port(realm, f"to-{realm}", f"{NATTO}/24") for realm in "ab"],
            [Mapping("a-app", "a", REAL, A_MAPPED), Mapping("b-orders", "b", REAL, B_MAPPED)],
            policy=POLICY,
        )
        config.write_text(f"{config.read_text()}\n[log]\n{log}\n")
        return lab.start_natto(config, world), a, b

    return begin


def records(text: str, before: str = "") -> list[dict]:
    """The lines of the record of refusals; the audit's are beside them."""
    lines = [
        json.loads(line.removeprefix(before))
        for line in text.splitlines()
        if line.startswith(before + "{")
    ]
    return [line for line in lines if "refused" in line]


def test_a_lost_packet_is_found_by_each(start, cli) -> None:
    natto, a, b = start("refused = true")
    tcp_transfer(a, b, (B_MAPPED, 443), b"what is allowed")
    for _ in range(2):
        with pytest.raises(OSError), connect(a, (B_MAPPED, 22)):
            pass

    assert until(lambda: cli("health").startswith("healthy: ")), "so it is none of natto's faults"

    (drop,) = json.loads(cli("show", "drops", "--samples", "--json"))["drops"]
    assert (drop["reason"], drop["packets"]) == ("not_allowed", 2)
    ports = {sample["source_port"] for sample in drop["samples"]}
    told = cli("show", "drops", "--samples")
    for port in ports:
        assert f"from a: {REAL}:{port} > {B_MAPPED}:22, tcp, 60 bytes" in told

    assert until(lambda: records(natto.log(), "natto: ") != [])
    (record,) = records(natto.log(), "natto: ")
    assert record.pop("time").endswith("Z")
    assert record.pop("source_port") in ports
    assert (record.pop("packets"), record.pop("bytes")) in ((1, 60), (2, 120))
    assert record == {
        "refused": "new",
        "reason": "not_allowed",
        "realm": "a",
        "source": REAL,
        "source_mapped": A_MAPPED,
        "source_mapping": "a-app",
        "destination": B_MAPPED,
        "destination_real": REAL,
        "destination_mapping": "b-orders",
        "destination_realm": "b",
        "protocol": "tcp",
        "destination_port": 22,
        "nearest_rule": "web",
    }

    words = ("explain", REAL, B_MAPPED, "--realm", "a", "--proto", "tcp", "--dport", "22")
    explained = cli(*words, status=NOT_SENT)
    assert "rule web, line " in explained
    assert "allows tcp 443; this is tcp 22" in explained
    assert "dropped: not_allowed" in explained
    assert natto.stop().drops == {"not_allowed": 2}
    told = records(natto.log(), "natto: ")
    assert [line["refused"] for line in told] in (["new"], ["new", "goes on"])
    assert sum(line["packets"] for line in told) == 2


def test_a_storm_writes_no_more_lines_than_it_may(start, lab: Lab) -> None:
    file = Path(lab.file("refused.log"))
    natto, a, _ = start(f'refused = true\nrefused_file = "{file}"')
    with a.entered():
        scanner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ports = itertools.cycle(range(1, 1 << 16))

    def storm() -> int:
        """What was refused so far, a little later: the kernel loses what natto's socket has no room for."""
        for port in itertools.islice(ports, 2000):
            scanner.sendto(b"?", (B_MAPPED, port))
        return sum(drop["packets"] for drop in natto.ask("drops")["drops"])

    assert until(lambda: storm() > STORM_PACKETS)
    scanner.close()
    assert until(lambda: file.stat().st_size > 0), "the first lines come while natto runs"
    drops = natto.stop().drops
    told = records(file.read_text())
    assert len(told) <= MOST_LINES_A_MINUTE
    assert sum(line["packets"] for line in told) == drops["not_allowed"]
    assert told[0]["nearest_rule"] == "web"
    assert told[-1].keys() == {"time", "refused", "reason", "packets"}
    assert told[-1]["refused"] == "others"
