"""The Debian package: installed, used, installed again, removed and purged on a throwaway machine."""

import shutil
import subprocess
import unittest

from package import package
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import PcapReader, wrpcap
from throwaway import Refused, Throwaway

UNITS = "/usr/lib/systemd/system"
CONFIG = "/etc/natto/natto.toml"
TWO_ARM = "/usr/share/doc/natto/examples/two-arm/natto.toml"
GRUB_DROP_IN = "/etc/default/grub.d/90-natto.cfg"
EXPOSURE = 20  # of 100, by systemd-analyze security: what natto.service may reach at most


class Lintian(unittest.TestCase):
    def test_finds_no_error(self) -> None:
        found = subprocess.run(
            ["lintian", "--fail-on", "error", package()], capture_output=True, text=True
        )
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)


class Package(unittest.TestCase):
    def setUp(self) -> None:
        try:
            self.machine = Throwaway()
        except Refused as reason:
            self.skipTest(f"needs root and overlay mounts: {reason}")
        self.addCleanup(self.machine.close)
        self.machine.path("/var/natto.deb").write_bytes(package().read_bytes())

    def install(self) -> str:
        return self.machine.run("dpkg", "--install", "/var/natto.deb")

    def test_everything_is_where_it_belongs(self) -> None:
        self.install()
        listed = self.machine.run("dpkg", "--listfiles", "natto").splitlines()
        # Debian 12 has its units in /lib, which is /usr/lib.
        installed = {f"/usr{name}" if name.startswith("/lib/") else name for name in listed}
        self.assertLessEqual(
            {
                "/etc/natto/mappings.toml",
                "/etc/natto/natto.toml",
                "/usr/bin/natto",
                "/usr/lib/natto/ec2/common.sh",
                "/usr/lib/natto/ec2/natto-bind",
                "/usr/lib/systemd/system/natto-bind.service",
                "/usr/lib/systemd/system/natto.service",
                "/usr/lib/sysusers.d/natto.conf",
                "/usr/lib/udev/rules.d/60-natto.rules",
                "/usr/sbin/natto-bind",
                "/usr/sbin/natto-hugepages",
                "/usr/sbin/natto-isolate-cores",
                "/usr/share/doc/natto/CHANGELOG.md",
                "/usr/share/doc/natto/copyright",
                "/usr/share/doc/natto/doc/ec2.md",
                "/usr/share/doc/natto/examples/igb_uio.conf",
                "/usr/share/doc/natto/examples/kernel-interface.conf",
                "/usr/share/doc/natto/examples/natto.toml",
                TWO_ARM,
            },
            installed,
        )
        self.assertNotIn("/usr/share/doc/natto/README.md", installed)  # it is about a clone
        self.assertEqual([name for name in installed if name.startswith("/usr/local")], [])

    def test_the_programs_run(self) -> None:
        self.install()
        self.assertRegex(self.machine.run("natto", "--version"), r"^natto \d+\.\d+\.\d+$")
        self.assertIn("ok: ", self.machine.run("natto", "check", "-c", CONFIG))
        for script in ("natto-bind", "natto-hugepages", "natto-isolate-cores"):
            self.assertIn(script, self.machine.run(script, "--help"))

    def test_passes_its_autopkgtest(self) -> None:
        [source] = package().parent.glob("natto-*/")
        shutil.copytree(source, self.machine.path("/tmp/source"), symlinks=True)
        command = ["autopkgtest", "--no-built-binaries", "/var/natto.deb", "/tmp/source", "--", "null"]
        output = self.machine.run("env", "--chdir=/tmp", *command)
        self.assertRegex(output, r"(?m)^replay +PASS$")

    def test_depends_on_the_drivers_that_replay_takes(self) -> None:
        self.install()
        depends = self.machine.run("dpkg-query", "--show", "--showformat=${Depends}", "natto")
        packages = {each.split()[0] for each in depends.split(",")}
        plugins = self.machine.run("dpkg", "--search", "*/dpdk/pmds-*.so*").splitlines()
        for owner, plugin in (line.split(": ") for line in plugins):
            if owner.split(":")[0] not in packages:
                self.machine.path(plugin).unlink()

        received, sent = "/tmp/received.pcap", "/tmp/sent.pcap"
        packet = Ether(dst="02:00:00:00:00:06") / IP(src="10.32.1.157", dst="10.33.1.151") / UDP()
        wrpcap(str(self.machine.path(received)), [packet])
        files = ("--in", f"middle={received}", "--out", f"middle={sent}")
        self.machine.run("natto", "replay", "-c", CONFIG, *files)
        with PcapReader(str(self.machine.path(sent))) as packets:
            self.assertEqual([(p[IP].src, p[IP].dst) for p in packets], [("10.33.1.145", "10.34.1.125")])
        # A port without any file has another driver.
        self.machine.run("natto", "replay", "-c", TWO_ARM, "--in", f"company-a={received}")

    def test_says_what_to_do_where_no_systemd_runs(self) -> None:
        said = self.install()
        self.assertIn("systemd does not run here: start it with: natto run", said)
        self.assertIn("next, edit /etc/natto/natto.toml", said)
        self.assertIn("stop a running natto yourself", self.machine.run("dpkg", "--remove", "natto"))

    def test_makes_a_user_with_no_rights(self) -> None:
        self.install()
        entry = self.machine.run("getent", "passwd", "natto").strip().split(":")
        self.assertEqual(entry[5:], ["/", "/usr/sbin/nologin"])
        self.assertEqual(self.machine.run("id", "-Gn", "natto").strip(), "natto")

    def test_a_changed_config_survives_a_new_installation_and_a_removal(self) -> None:
        self.install()
        changed = self.machine.path(CONFIG).read_text() + "# mine\n"
        self.machine.path(CONFIG).write_text(changed)
        self.install()
        self.assertEqual(self.machine.path(CONFIG).read_text(), changed)
        self.machine.run("dpkg", "--remove", "natto")
        self.assertFalse(self.machine.path("/usr/bin/natto").exists())
        self.assertEqual(self.machine.path(CONFIG).read_text(), changed)

    def test_a_purge_leaves_nothing(self) -> None:
        folders = ("/etc", "/usr", "/lib", "/var/lib/systemd", "/run", "/root", "/opt", "/srv", "/home")
        grub = self.machine.path("/usr/sbin/update-grub")
        grub.write_text("#!/bin/sh\n[ ! -e " + GRUB_DROP_IN + " ] && touch /tmp/grub-updated\n")
        grub.chmod(0o755)
        self.machine.run("mkdir", "-p", "/etc/default/grub.d", "/etc/sysctl.d")
        before = self.machine.files(*folders)
        users = self.machine.path("/etc/passwd").read_text()
        self.install()
        # What the scripts have written for the next boot.
        written = ("/etc/natto/interfaces", "/etc/sysctl.d/60-natto-hugepages.conf", GRUB_DROP_IN)
        for file in (*written, "/etc/natto/kernel-arguments"):
            self.machine.path(file).write_text("")
        self.machine.run("dpkg", "--purge", "natto")
        # The files that systemd-sysusers and userdel keep of what they replace.
        backups = {f"/etc/{name}-" for name in ("passwd", "group", "shadow", "gshadow")}
        backups |= {"/etc/.pwd.lock", "/etc/subuid-", "/etc/subgid-"}
        self.assertEqual(self.machine.files(*folders) - backups, before - backups)
        self.assertEqual(self.machine.path("/etc/passwd").read_text(), users)
        self.assertTrue(self.machine.path("/tmp/grub-updated").exists())

    def test_systemd_finds_no_mistake_in_the_units(self) -> None:
        self.install()
        for unit in ("natto.service", "natto-bind.service"):
            self.assertEqual(self.machine.run("systemd-analyze", "verify", f"{UNITS}/{unit}"), "")

    def test_the_service_reaches_little(self) -> None:
        self.install()
        # The exit status says whether the exposure is below the threshold.
        check = ("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}")
        self.machine.run(*check, f"{UNITS}/natto.service")
