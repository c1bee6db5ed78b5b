"""natto.service under a systemd of its own: as the user natto, with the unit's rights and no others."""

import os
import re
import signal
import time

import pytest
from booted import CONFIG, DROP_INS, TABLE, machine, process, shown, wait_until, write  # noqa: F401

CAP_NET_ADMIN, CAP_SYS_RAWIO, CAP_SYS_ADMIN = 12, 17, 21
EXAMPLES = "/usr/share/doc/natto/examples"


def test_runs_as_its_user_and_answers_root(machine) -> None:
    machine.run("systemctl", "start", "natto")
    assert shown(machine, "StatusText") == "2 mappings, version 1"
    status = process(machine)
    uid = machine.run("id", "--user", "natto").strip()
    assert status["Uid"].split() == [uid] * 4
    rights = 1 << CAP_SYS_RAWIO | 1 << CAP_SYS_ADMIN
    # More than it uses after its start, on a device without a card.
    assert int(status["CapBnd"], 16) == rights
    assert (int(status["CapEff"], 16), int(status["CapPrm"], 16)) == (0, 0)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "version      1" in machine.run("natto", "show", "table")
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    refusal = machine.run(*nobody, "natto", "show", "table", status=3)
    assert "nobody (uid 65534) may not ask this natto" in refusal
    machine.run("systemctl", "stop", "natto")
    assert shown(machine, "Result") == "success"


def test_the_exporter_may_read_and_nothing_else(machine) -> None:
    fetch = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9560/metrics').read().decode())"
    options = b'[Service]\nEnvironment="EXPORTER_OPTIONS=--listen 127.0.0.1:9560"\n'
    write(machine, "/etc/systemd/system/natto-exporter.service.d/listen.conf", options)
    write(machine, CONFIG, (machine.path(CONFIG).read_text() + '\n[api]\ngroup = "natto-readers"\n').encode())
    machine.run("ip", "link", "set", "dev", "lo", "up")

    def metrics() -> str:
        return machine.run("python3", "-c", fetch)

    machine.run("systemctl", "start", "natto", "natto-exporter")
    wait_until(lambda: ":9560" in machine.run("ss", "-Hltn"), "listen")
    assert "natto_up 1\n" in metrics()
    status = process(machine, "natto-exporter")
    uids = {"0", machine.run("id", "--user", "natto").strip()}
    assert uids.isdisjoint(status["Uid"].split())
    assert {int(status[kind], 16) for kind in ("CapEff", "CapPrm", "CapBnd")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    machine.run("systemctl", "stop", "natto")
    assert "natto_up 0\n" in metrics()
    machine.run("dpkg", "--remove", "natto")
    assert shown(machine, "ActiveState", "natto-exporter") == "inactive"


def test_a_drop_in_lets_it_make_an_interface_for_the_kernel(machine) -> None:
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("this kernel has no TAP devices")
    config = machine.path(CONFIG).read_text()
    # Unlike net_ring0, a device with a MAC address.
    config = config.replace("net_ring0", "net_null0,no-rx=1")
    config = config.replace("mtu = 1500", 'mtu = 1500\nkernel_interface = "natto0"')
    write(machine, CONFIG, config.encode())
    machine.run("systemctl", "start", "natto", status=1)

    write(
        machine,
        f"{DROP_INS}/kernel-interface.conf",
        machine.path(f"{EXAMPLES}/kernel-interface.conf").read_bytes()
        + b"ExecStartPost=+ip route add default via 10.33.1.1 dev natto0\n",
    )
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "natto")
    assert "10.33.1.124/24" in machine.run("ip", "address", "show", "dev", "natto0")
    assert "dev natto0" in machine.run("ip", "route", "get", "10.32.1.157")
    rights = 1 << CAP_NET_ADMIN | 1 << CAP_SYS_RAWIO | 1 << CAP_SYS_ADMIN
    assert int(process(machine)["CapBnd"], 16) == rights
    machine.run("systemctl", "stop", "natto")
    assert "natto0" not in machine.run("ip", "link")


def test_a_drop_in_lets_it_have_igb_uios_devices(machine) -> None:
    machine.run("install", "-Dm644", "-t", DROP_INS, f"{EXAMPLES}/igb_uio.conf")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "natto")
    assert process(machine)["Uid"].split() == ["0"] * 4
    assert "char-uio rw" in shown(machine, "DeviceAllow")
    assert "version      1" in machine.run("natto", "show", "table")


def test_an_edited_table_outlives_a_new_installation_and_a_restart(machine) -> None:
    machine.run("systemctl", "start", "natto")
    another = """
[[mapping]]
name = "another"
realm = "middle"
real = "10.34.1.126"
mapped = "10.33.1.152"
"""
    write(machine, TABLE, (machine.path(TABLE).read_text() + another).encode())
    digest = re.search("[0-9a-f]{64}", machine.run("natto", "check", "-c", CONFIG))[0]
    running = shown(machine, "MainPID")
    said = machine.run("dpkg", "--install", "/var/natto.deb")
    assert "the running appliance is the old one until: systemctl restart natto" in said
    assert shown(machine, "MainPID") == running
    machine.run("systemctl", "restart", "natto")
    assert shown(machine, "StatusText") == "3 mappings, version 1"
    assert digest in machine.run("natto", "show", "table")


def test_a_first_installation_starts_nothing(machine) -> None:
    machine.run("dpkg", "--purge", "natto")
    write(machine, "/etc/natto/interfaces", b"")
    machine.run("dpkg", "--install", "/var/natto.deb")
    states = machine.run("systemctl", "is-active", "natto", "natto-bind", "natto-exporter", status=3)
    assert states.split() == ["inactive", "inactive", "inactive"]
    assert machine.run("systemctl", "is-enabled", "natto", status=1).strip() == "disabled"


def test_a_removal_stops_it_and_a_purge_forgets_that_it_was_enabled(machine) -> None:
    machine.run("systemctl", "enable", "--now", "natto")
    running = machine.path(f"/proc/{shown(machine, 'MainPID')}")
    machine.run("dpkg", "--remove", "natto")
    assert not running.exists()
    links = machine.path("/etc/systemd/system/multi-user.target.wants")
    assert "natto.service" in os.listdir(links)
    machine.run("dpkg", "--purge", "natto")
    assert not os.path.lexists(links / "natto.service")


def test_reloads_and_says_if_it_could_not(machine) -> None:
    machine.run("systemctl", "start", "natto")
    right = machine.path(TABLE).read_text()
    write(machine, TABLE, right.replace("10.33.1.145", "10.33.1.146").encode())
    machine.run("systemctl", "reload", "natto")
    wait_until(lambda: shown(machine, "StatusText") == "2 mappings, version 2", "tell its status")
    write(machine, TABLE, right.encode() + b"[[mapping]]\n")
    machine.run("systemctl", "reload", "natto", status=1)
    assert shown(machine, "ActiveState") == "active"


def test_a_crash_with_a_wrong_table_on_disk_is_no_outage(machine) -> None:
    machine.run("systemctl", "start", "natto")
    assert shown(machine, "RestartUSec") == "100ms"
    digest = re.search("[0-9a-f]{64}", machine.run("natto", "show", "table"))[0]
    write(machine, TABLE, b"[[mapping]]\n")
    wait_until(lambda: "file refused" in shown(machine, "StatusText"), "refuse it")
    crashed = shown(machine, "MainPID")
    machine.run("kill", f"-{signal.SIGKILL.value}", crashed)
    wait_until(lambda: shown(machine, "MainPID") not in (crashed, "0"), "start natto again")
    wait_until(lambda: shown(machine, "ActiveState") == "active", "be active again")
    refused = f"2 mappings, version 1; file refused: {TABLE}:1:1: "
    assert shown(machine, "StatusText").startswith(refused)
    table = machine.run("natto", "show", "table")
    assert digest in table
    assert f"file: refused since 20" in table
    assert "read from    /var/lib/natto/etc-natto-natto.toml/table.toml" in table
    machine.run("dpkg", "--purge", "natto")
    assert not machine.path("/var/lib/natto").exists()


def test_is_started_again_if_it_hangs(machine) -> None:
    machine.run("systemctl", "start", "natto")
    hanging = shown(machine, "MainPID")
    time.sleep(3)  # it is watched for two, and lives
    assert shown(machine, "MainPID") == hanging
    machine.run("kill", f"-{signal.SIGSTOP.value}", hanging)
    wait_until(lambda: shown(machine, "NRestarts") == "1", "start natto again")
    wait_until(lambda: shown(machine, "ActiveState") == "active", "be active again")
    assert shown(machine, "MainPID") != hanging


def test_a_start_that_fails_is_no_start(machine) -> None:
    write(machine, TABLE, b"[[mapping]]\n")
    machine.run("systemctl", "start", "natto", status=1)
    assert shown(machine, "ActiveState") != "active"
    # The pause before the next one, of a shell, which natto itself cannot execute.
    wait_until(lambda: "code=exited ; status=0" in shown(machine, "ExecStopPost"), "wait")
