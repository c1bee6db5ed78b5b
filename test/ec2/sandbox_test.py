"""What the services' restrictions keep a program from that was taken over, by trying, and that natto works within."""

import json
from pathlib import Path

import pytest
from booted import CONFIG, SYSTEM, TABLE, machine, shown, wait_until, write  # noqa: F401
from lab.api import ask
from lab.rights import capabilities, keeps_memory_to_itself, threads
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap
from throwaway import Throwaway

SOURCES = STRANGER, _ = "10.99.9.9", "10.32.1.157"
UNITS = "/usr/lib/systemd/system"
PROBE = Path(__file__).with_name("probe.py")
# A unit with a probe in place of its program.
PROBED = """
[Unit]
DefaultDependencies=no
ConditionPathExists=
[Service]
Type=oneshot
RemainAfterExit=no
Restart=no
ExecStart=
ExecStart={python} /var/probe.py {natto}
ExecReload=
ExecStopPost=
ExecPaths={python}
StandardOutput=truncate:/var/probe.json
"""
# What each may do of what the probe tries.
MAY = {
    "natto.service": {
        "write /run/natto", "write /var/lib/natto", "write /var/log/natto",
        "execute natto", "socket AF_UNIX", "socket AF_NETLINK",
    },
    "natto-exporter.service": {"socket AF_UNIX", "socket AF_INET"},
    "natto-bind.service": {
        "write /run/natto-bind", "write /etc/natto", "write /etc/natto/natto.toml",
        "execute /usr/bin/id", "execute it by its loader", "execute natto",
        "socket AF_UNIX", "socket AF_NETLINK",
    },
}  # fmt: skip


def feed(machine: Throwaway) -> None:
    """Its port gets one company's packet and a stranger's again and again; what it sends is gone."""
    packets = [Ether(dst="02:70:63:61:70:00") / IP(src=source, dst="10.33.1.151") / UDP() for source in SOURCES]
    wrpcap(str(machine.path("/etc/natto/in.pcap")), packets)
    config = machine.path(CONFIG).read_text()
    config = config.replace("net_ring0", "net_pcap0,rx_pcap=/etc/natto/in.pcap,infinite_rx=1")
    config = config.replace("[[port]]", '[[port]]\ngateway_mac = "02:00:00:00:00:01"')
    config += '[log]\nrefused = true\nrefused_file = "/var/log/natto/refused.jsonl"\n'
    write(machine, CONFIG, config.encode())


def translated(machine: Throwaway) -> int:
    return ask("counters", machine.path("/run/natto/natto.sock"))["translated"]


def probe(machine: Throwaway, unit: str) -> dict[str, str]:
    """What becomes of the probe's attempts in place of the unit's program."""
    python = machine.run("readlink", "-f", "/usr/bin/python3").strip()
    text = PROBED.format(python=python, natto=shown(machine, "MainPID"))
    write(machine, f"{SYSTEM}/probe.service", machine.path(f"{UNITS}/{unit}").read_bytes())
    write(machine, f"{SYSTEM}/probe.service.d/probe.conf", text.encode())
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "probe")
    return json.loads(machine.path("/var/probe.json").read_text())


def done(outcomes: dict[str, str]) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome == "done"}


@pytest.fixture
def forwarding(machine: Throwaway) -> Throwaway:  # noqa: F811
    """A machine whose natto forwards."""
    feed(machine)
    write(machine, "/var/probe.py", PROBE.read_bytes())
    machine.run("systemctl", "start", "natto")
    wait_until(lambda: translated(machine) > 0, "forward")
    return machine


def test_who_takes_a_service_over_can_do_little(forwarding) -> None:
    forwarding.run("mkdir", "/run/natto-bind")
    unconfined = json.loads(forwarding.run("python3", "/var/probe.py", shown(forwarding, "MainPID")))
    assert done(unconfined) == set(unconfined), "root may do all of it"
    for unit, may in MAY.items():
        before = translated(forwarding)
        assert done(probe(forwarding, unit)) == may, unit
        wait_until(lambda: translated(forwarding) > before, "go on forwarding")


def test_natto_works_within(forwarding) -> None:
    process = forwarding.path(f"/proc/{shown(forwarding, 'MainPID')}")
    for status in threads(process):
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert capabilities(status, kind) == set(), status["Name"]
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), status["Name"]
    assert keeps_memory_to_itself(process)

    # DPDK compiles the filter, and natto runs it without.
    captured = forwarding.run("natto", "capture", "--count", "2", "udp and src host 10.32.1.157")
    assert "10.32.1.157" in captured
    refused = forwarding.path("/var/log/natto/refused.jsonl")
    wait_until(lambda: STRANGER in refused.read_text(), "record what it refuses")
    right = forwarding.path(TABLE).read_text()
    write(forwarding, TABLE, right.replace("10.33.1.145", "10.33.1.146").encode())
    wait_until(lambda: shown(forwarding, "StatusText") == "2 mappings, version 2", "follow the file")
    forwarding.run("natto", "rollback")
    assert forwarding.path("/var/lib/natto/etc-natto-natto.toml/table.toml").exists()
    before = translated(forwarding)
    wait_until(lambda: translated(forwarding) > before, "go on forwarding")
