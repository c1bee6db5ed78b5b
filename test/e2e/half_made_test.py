"""Checksums that a sender's kernel leaves to hardware which a veth does not have."""

import json
import socket
import subprocess
from pathlib import Path

import pytest
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import Namespace, link
from lab.patience import until
from lab.traffic import ping
from lab.two_hosts import A_MAPPED, B_MAPPED, REAL, TwoHosts, overlapping_hosts

HINT = "checksum_half_made"


@pytest.fixture
def hosts(lab: Lab) -> TwoHosts:
    return overlapping_hosts(lab, lab.namespace("natto"))


def exchange(client: Namespace, server: Namespace) -> int:
    """How many of ten UDP datagrams arrive."""
    with server.entered():
        heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind((REAL, 5000))
    with client.entered():
        said = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with heard, said:
        heard.settimeout(0.2)
        arrived = 0
        for number in range(10):
            said.sendto(bytes(100 + number), (B_MAPPED, 5000))
            try:
                arrived += len(heard.recv(2000)) > 0
            except TimeoutError:
                pass
        return arrived


def test_they_are_told_of_and_pass_unchanged(cli, hosts) -> None:
    natto, a, b = hosts
    assert ping(a, B_MAPPED).answered == 3
    assert exchange(a, b) == 10
    assert json.loads(cli("show", "drops", "--json"))["hints"] == []
    a.run("ethtool", "-K", "eth0", "tx", "on")
    assert ping(a, B_MAPPED).answered == 3
    assert exchange(a, b) == 0
    (hint,) = json.loads(cli("show", "drops", "--json"))["hints"]
    assert (hint["counter"], hint["packets"]) == (HINT, 10)
    assert f"not dropped, but:\n{HINT} " in cli("show", "drops")
    assert until(lambda: "checksums that are only half made" in natto.log()), natto.log()
    summary = natto.stop()
    assert (summary.checksum_half_made, summary.drops) == (10, {})


def test_doctor_and_run_look_at_the_other_end(lab, binary) -> None:
    world, far = lab.namespace("natto"), lab.namespace("far")
    link(world, "eth0", world, "cable")
    link(world, "eth1", far, "cable")

    def config(interface: str) -> Path:
        return lab.write_config(
            [Port("a", interface, "10.0.0.1/24")], [Mapping("a", "a", REAL, A_MAPPED)]
        )

    def look(interface: str) -> tuple[str, str]:
        words = (str(binary), "doctor", "--json", "-c", str(config(interface)))
        done = subprocess.run(world.inside(*words), capture_output=True, text=True, timeout=60)
        (found,) = (one for one in json.loads(done.stdout)["findings"] if one["check"] == "checksums")
        return found["health"], found["advice"]

    assert look("eth1")[0] == "unseen"
    assert look("eth0") == ("ok", "")
    natto = lab.start_natto(config("eth0"), world)
    assert "half made" not in natto.log()
    natto.stop()
    world.run("ethtool", "-K", "cable", "tx", "on")
    health, advice = look("eth0")
    assert (health, advice.split(":")[0]) == ("wrong", "ethtool -K cable tx off")
    natto = lab.start_natto(config("eth0"), world)
    assert "port 0: cable, the other end of its veth, leaves" in natto.log()
