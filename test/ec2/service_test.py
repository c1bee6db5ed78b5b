"""natto.service under a systemd of its own: as the user natto, with the unit's rights and no others."""

import os
import re
import signal
import time
import unittest
from collections.abc import Callable

from package import package
from throwaway import Refused, Throwaway

PATIENCE_SECONDS = 30
SYSTEMD = "/lib/systemd/systemd"
# A manager with nothing to do but natto: no target of the machine's own is reached.
ALONE = "[Unit]\nDefaultDependencies=no\n"
CAP_NET_ADMIN, CAP_SYS_RAWIO, CAP_SYS_ADMIN = 12, 17, 21
CONFIG, TABLE = "/etc/natto/natto.toml", "/etc/natto/mappings.toml"
DROP_INS = "/etc/systemd/system/natto.service.d"
EXAMPLES = "/usr/share/doc/natto/examples"


class Service(unittest.TestCase):
    def setUp(self) -> None:
        try:
            self.machine = Throwaway("sh", "-c", f"until [ -e /boot-now ]; do sleep 0.1; done; "
                                     f"exec {SYSTEMD} --unit=alone.target")  # fmt: skip
        except Refused as reason:
            self.skipTest(f"needs root and namespaces: {reason}")
        self.addCleanup(self.machine.close)
        self.write("/var/natto.deb", package().read_bytes())
        # With this, containers keep packages from starting and stopping services.
        self.machine.path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
        self.machine.run("dpkg", "--install", "/var/natto.deb")
        # A device that is there without hardware; a core that this process may use.
        cpu = min(os.sched_getaffinity(0))
        config = self.machine.path(CONFIG).read_text()
        config = config.replace("0000:00:06.0", "net_ring0").replace("mtu = 9001", "mtu = 1500")
        config = config.replace("[dpdk]", f'[dpdk]\neal = ["--lcores", "0@{cpu},1@{cpu}"]')
        self.write(CONFIG, config.encode())
        self.write("/etc/systemd/system/alone.target", ALONE.encode())
        for unit in ("natto.service", "natto-bind.service"):
            self.write(f"/etc/systemd/system/{unit}.d/alone.conf", ALONE.encode())
        self.write(f"{DROP_INS}/watchdog.conf", b"[Service]\nWatchdogSec=2\n")
        self.write("/boot-now", b"")
        self.wait_until(lambda: self.machine.path("/run/systemd/private").exists(), "boot")

    def write(self, path: str, content: bytes) -> None:
        file = self.machine.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"did not {what} in time")
            time.sleep(0.1)

    def property(self, name: str) -> str:
        return self.machine.run("systemctl", "show", "--property", name, "--value", "natto").strip()

    def process(self) -> dict[str, str]:
        """/proc/PID/status of the running natto."""
        text = self.machine.path(f"/proc/{self.property('MainPID')}/status").read_text()
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def test_runs_as_its_user_and_answers_root(self) -> None:
        self.machine.run("systemctl", "start", "natto")
        self.assertEqual(self.property("StatusText"), "2 mappings, generation 1")
        status = self.process()
        uid = self.machine.run("id", "--user", "natto").strip()
        self.assertEqual(status["Uid"].split(), [uid] * 4)
        rights = 1 << CAP_SYS_RAWIO | 1 << CAP_SYS_ADMIN
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            self.assertEqual(int(status[kind], 16), rights, kind)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertIn("generation   1", self.machine.run("natto", "show", "table"))
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        refusal = self.machine.run(*nobody, "natto", "show", "table", status=3)
        self.assertIn("cannot ask the natto in /run/natto/dpdk: Permission denied", refusal)
        self.machine.run("systemctl", "stop", "natto")
        self.assertEqual(self.property("Result"), "success")

    def test_a_drop_in_lets_it_make_an_interface_for_the_kernel(self) -> None:
        if not os.path.exists("/dev/net/tun"):
            self.skipTest("this kernel has no TAP devices")
        config = self.machine.path(CONFIG).read_text()
        # Unlike net_ring0, a device with a MAC address.
        config = config.replace("net_ring0", "net_null0,no-rx=1")
        config = config.replace("mtu = 1500", 'mtu = 1500\nkernel_interface = "natto0"')
        self.write(CONFIG, config.encode())
        self.machine.run("systemctl", "start", "natto", status=1)

        self.write(
            f"{DROP_INS}/kernel-interface.conf",
            self.machine.path(f"{EXAMPLES}/kernel-interface.conf").read_bytes()
            + b"ExecStartPost=+ip route add default via 10.33.1.1 dev natto0\n",
        )
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "restart", "natto")
        self.assertIn("10.33.1.124/24", self.machine.run("ip", "address", "show", "dev", "natto0"))
        self.assertIn("dev natto0", self.machine.run("ip", "route", "get", "10.32.1.157"))
        rights = 1 << CAP_NET_ADMIN | 1 << CAP_SYS_RAWIO | 1 << CAP_SYS_ADMIN
        self.assertEqual(int(self.process()["CapBnd"], 16), rights)
        self.machine.run("systemctl", "stop", "natto")
        self.assertNotIn("natto0", self.machine.run("ip", "link"))

    def test_a_drop_in_lets_it_have_igb_uios_devices(self) -> None:
        self.machine.run("install", "-Dm644", "-t", DROP_INS, f"{EXAMPLES}/igb_uio.conf")
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "start", "natto")
        self.assertEqual(self.process()["Uid"].split(), ["0"] * 4)
        self.assertIn("char-uio rw", self.property("DeviceAllow"))
        self.assertIn("generation   1", self.machine.run("natto", "show", "table"))

    def test_an_edited_table_outlives_a_new_installation_and_a_restart(self) -> None:
        self.machine.run("systemctl", "start", "natto")
        edited = self.machine.path(TABLE).read_text() + """
[[mapping]]
name = "another"
realm = "middle"
real = "10.34.1.126"
mapped = "10.33.1.152"
"""
        self.write(TABLE, edited.encode())
        digest = re.search("[0-9a-f]{64}", self.machine.run("natto", "check", "-c", CONFIG))[0]
        running = self.property("MainPID")
        said = self.machine.run("dpkg", "--install", "/var/natto.deb")
        self.assertIn("the running appliance is the old one until: systemctl restart natto", said)
        self.assertEqual(self.property("MainPID"), running)
        self.machine.run("systemctl", "restart", "natto")
        self.assertEqual(self.property("StatusText"), "3 mappings, generation 1")
        self.assertIn(digest, self.machine.run("natto", "show", "table"))

    def test_a_first_installation_starts_nothing(self) -> None:
        self.machine.run("dpkg", "--purge", "natto")
        self.write("/etc/natto/interfaces", b"")
        self.machine.run("dpkg", "--install", "/var/natto.deb")
        states = self.machine.run("systemctl", "is-active", "natto", "natto-bind", status=3)
        self.assertEqual(states.split(), ["inactive", "inactive"])
        self.assertEqual(self.machine.run("systemctl", "is-enabled", "natto", status=1).strip(), "disabled")

    def test_a_removal_stops_it_and_a_purge_forgets_that_it_was_enabled(self) -> None:
        self.machine.run("systemctl", "enable", "--now", "natto")
        running = self.machine.path(f"/proc/{self.property('MainPID')}")
        self.machine.run("dpkg", "--remove", "natto")
        self.assertFalse(running.exists())
        links = self.machine.path("/etc/systemd/system/multi-user.target.wants")
        self.assertIn("natto.service", os.listdir(links))
        self.machine.run("dpkg", "--purge", "natto")
        self.assertFalse(os.path.lexists(links / "natto.service"))

    def test_reloads_and_says_if_it_could_not(self) -> None:
        self.machine.run("systemctl", "start", "natto")
        self.machine.run("systemctl", "reload", "natto")
        self.wait_until(
            lambda: self.property("StatusText") == "2 mappings, generation 2", "tell its status"
        )
        self.write(TABLE, self.machine.path(TABLE).read_bytes() + b"[[mapping]]\n")
        self.machine.run("systemctl", "reload", "natto", status=1)
        self.assertEqual(self.property("ActiveState"), "active")

    def test_is_started_again_if_it_hangs(self) -> None:
        self.machine.run("systemctl", "start", "natto")
        hanging = self.property("MainPID")
        time.sleep(3)  # it is watched for two, and lives
        self.assertEqual(self.property("MainPID"), hanging)
        self.machine.run("kill", f"-{signal.SIGSTOP.value}", hanging)
        self.wait_until(lambda: self.property("NRestarts") == "1", "start natto again")
        self.wait_until(lambda: self.property("ActiveState") == "active", "be active again")
        self.assertNotEqual(self.property("MainPID"), hanging)

    def test_a_start_that_fails_is_no_start(self) -> None:
        self.write(TABLE, b"[[mapping]]\n")
        self.machine.run("systemctl", "start", "natto", status=1)
        self.assertNotEqual(self.property("ActiveState"), "active")
