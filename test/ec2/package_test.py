"""The Debian package: installed, used, installed again, removed and purged on a throwaway machine."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import PcapReader, wrpcap
from throwaway import Refused, Throwaway

UNITS = "/usr/lib/systemd/system"
CONFIG = "/etc/natto/natto.toml"
TWO_ARM = "/usr/share/doc/natto/examples/two-arm/natto.toml"
GRUB_DROP_IN = "/etc/default/grub.d/90-natto.cfg"
MANUAL = ("man1/natto.1.gz", "man5/mappings.toml.5.gz", "man5/natto.toml.5.gz")
# Of 100, by systemd-analyze security: what each service may reach at most. natto-bind loads modules as root.
EXPOSURE = {"natto.service": 20, "natto-exporter.service": 17, "natto-bind.service": 29, "natto-takeover.service": 36}


def test_lintian_finds_no_error(package) -> None:
    found = subprocess.run(["lintian", "--fail-on", "error", package], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    manual = re.findall(r".*(?:manual-page|groff|man-page).*natto(?:\.toml)?\b.*", found.stdout)
    assert [line for line in manual if "natto-" not in line] == [], "the scripts for EC2 have none"


@pytest.fixture
def machine(package: Path) -> Iterator[Throwaway]:
    """It has the package, not installed."""
    try:
        made = Throwaway()
    except Refused as reason:
        pytest.skip(f"needs root and overlay mounts: {reason}")
    with contextlib.closing(made):
        made.path("/var/natto.deb").write_bytes(package.read_bytes())
        yield made


def install(machine: Throwaway) -> str:
    return machine.run("dpkg", "--install", "/var/natto.deb")


def test_everything_is_where_it_belongs(machine) -> None:
    install(machine)
    listed = machine.run("dpkg", "--listfiles", "natto").splitlines()
    # Debian 12 has its units in /lib, which is /usr/lib.
    installed = {f"/usr{name}" if name.startswith("/lib/") else name for name in listed}
    assert {
        "/etc/natto/mappings.toml",
        "/etc/natto/natto.toml",
        "/usr/bin/natto",
        "/usr/bin/natto-exporter",
        "/usr/lib/natto/ec2/common.sh",
        "/usr/lib/natto/ec2/natto-bind",
        "/usr/lib/natto/ha/natto-takeover",
        "/usr/lib/natto/ha/takeover_aws.py",
        "/usr/lib/natto/ha/takeover_ec2.py",
        "/usr/lib/natto/ha/takeover_hold.py",
        "/usr/lib/natto/ha/takeover_plan.py",
        "/usr/lib/systemd/system/natto-bind.service",
        "/usr/lib/systemd/system/natto-exporter.service",
        "/usr/lib/systemd/system/natto-takeover.service",
        "/usr/sbin/natto-takeover",
        "/usr/lib/systemd/system/natto.service",
        "/usr/lib/sysusers.d/natto.conf",
        "/usr/lib/udev/rules.d/60-natto.rules",
        "/usr/sbin/natto-bind",
        "/usr/sbin/natto-hugepages",
        "/usr/sbin/natto-isolate-cores",
        "/usr/share/bash-completion/completions/natto",
        "/usr/share/doc/natto/CHANGELOG.md",
        "/usr/share/doc/natto/copyright",
        "/usr/share/doc/natto/doc/ec2.md",
        "/usr/share/doc/natto/examples/igb_uio.conf",
        "/usr/share/doc/natto/examples/kernel-interface.conf",
        "/usr/share/doc/natto/examples/natto.toml",
        "/usr/share/doc/natto/examples/grafana/natto.json",
        "/usr/share/doc/natto/examples/prometheus/natto.rules.yml",
        "/usr/share/sbom/natto.cdx.json",
        TWO_ARM,
        *(f"/usr/share/man/{page}" for page in MANUAL),
    } <= installed
    assert "/usr/share/doc/natto/README.md" not in installed  # it is about a clone
    assert [name for name in installed if name.startswith("/usr/local")] == []


def test_the_manual_is_shown_without_a_warning(machine) -> None:
    install(machine)
    told = ""
    for page in MANUAL:
        words = ("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", f"/usr/share/man/{page}")
        told += machine.run("sh", "-c", f"MANWIDTH=80 {' '.join(words)} 2>/tmp/warnings | col -b")
        assert machine.path("/tmp/warnings").read_text() == ""
    for text in ("natto show drops", "--samples", "EXIT STATUS", "refused_file (a string; default: ",
                 "packets_per_second (an integer; ", 'name = "company-a"'):  # fmt: skip
        assert text in told


def test_the_programs_run(machine) -> None:
    install(machine)
    assert re.search(r"^natto \d+\.\d+\.\d+$", machine.run("natto", "--version"))
    assert "ok: " in machine.run("natto", "check", "-c", CONFIG)
    for script in ("natto-bind", "natto-hugepages", "natto-isolate-cores"):
        assert script in machine.run(script, "--help")


def test_passes_its_autopkgtest(machine, package) -> None:
    [source] = package.parent.glob("natto-*/")
    shutil.copytree(source, machine.path("/tmp/source"), symlinks=True)
    command = ["autopkgtest", "--no-built-binaries", "/var/natto.deb", "/tmp/source", "--", "null"]
    output = machine.run("env", "--chdir=/tmp", *command)
    assert re.search(r"(?m)^replay +PASS$", output)


def test_its_bill_of_materials_names_every_library(machine) -> None:
    install(machine)
    bill = json.loads(machine.path("/usr/share/sbom/natto.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    application = bill["metadata"]["component"]
    assert f"natto {application['version']}" == machine.run("natto", "--version").strip()
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(references) == len(set(references))
    assert bill["dependencies"] == [{"ref": application["bom-ref"], "dependsOn": references}]
    versions = {component["name"]: component["version"] for component in bill["components"]}
    for component in bill["components"]:
        assert component["type"] == "library"
        assert re.fullmatch(r"pkg:deb/\w+/[\w.+%-]+@[\w.~%-]+\?arch=\w+&distro=\w+", component["purl"])
        assert component["purl"] == component["bom-ref"]

    headers = machine.run("objdump", "--private-headers", "/usr/bin/natto", "/usr/bin/natto-exporter")
    needed = set(re.findall(r"NEEDED +(\S+)", headers))
    found = machine.run("dpkg", "--search", *(f"*/{library}" for library in needed)).splitlines()
    for library in needed:
        # A cross compiler has some of the same names.
        owners = {line.split(":")[0] for line in found if line.endswith(f"/{library}")}
        assert len(owners & set(versions)) == 1, library
    query = ("dpkg-query", "--show", "--showformat=${Package} ${Version}\n")
    assert {f"{name} {version}" for name, version in versions.items()} <= set(machine.run(*query).splitlines())
    # Headers alone, and drivers that are loaded.
    assert {"libcli11-dev", "libtoml11-dev", "nlohmann-json3-dev"} <= set(versions)
    assert [name for name in versions if name.startswith("librte-net-ena")]


def test_packing_again_elsewhere_gives_the_same_bytes(pack, package, tmp_path) -> None:
    again = pack(tmp_path, env=os.environ | {"TZ": "Asia/Tokyo", "LC_ALL": "C"}, umask=0o077)
    one, other = (hashlib.sha256(file.read_bytes()).hexdigest() for file in (package, again))
    assert one == other, "diffoscope tells what differs"


def test_depends_on_the_drivers_that_replay_takes(machine) -> None:
    install(machine)
    depends = machine.run("dpkg-query", "--show", "--showformat=${Depends}", "natto")
    packages = {each.split()[0] for each in depends.split(",")}
    plugins = machine.run("dpkg", "--search", "*/dpdk/pmds-*.so*").splitlines()
    for owner, plugin in (line.split(": ") for line in plugins):
        if owner.split(":")[0] not in packages:
            machine.path(plugin).unlink()

    received, sent = "/tmp/received.pcap", "/tmp/sent.pcap"
    packet = Ether(dst="02:00:00:00:00:06") / IP(src="10.32.1.157", dst="10.33.1.151") / UDP()
    wrpcap(str(machine.path(received)), [packet])
    files = ("--in", f"middle={received}", "--out", f"middle={sent}")
    machine.run("natto", "replay", "-c", CONFIG, *files)
    with PcapReader(str(machine.path(sent))) as packets:
        assert [(p[IP].src, p[IP].dst) for p in packets] == [("10.33.1.145", "10.34.1.125")]
    # A port without any file has another driver.
    machine.run("natto", "replay", "-c", TWO_ARM, "--in", f"company-a={received}")


def test_says_what_to_do_where_no_systemd_runs(machine) -> None:
    said = install(machine)
    assert "systemd does not run here: start it with: natto run" in said
    assert "next, edit /etc/natto/natto.toml" in said
    assert "stop a running natto yourself" in machine.run("dpkg", "--remove", "natto")


def test_makes_a_user_with_no_rights(machine) -> None:
    install(machine)
    entry = machine.run("getent", "passwd", "natto").strip().split(":")
    assert entry[5:] == ["/", "/usr/sbin/nologin"]
    assert machine.run("id", "-Gn", "natto").strip() == "natto"


def test_a_changed_config_survives_a_new_installation_and_a_removal(machine) -> None:
    install(machine)
    changed = machine.path(CONFIG).read_text() + "# mine\n"
    machine.path(CONFIG).write_text(changed)
    install(machine)
    assert machine.path(CONFIG).read_text() == changed
    machine.run("dpkg", "--remove", "natto")
    assert not machine.path("/usr/bin/natto").exists()
    assert machine.path(CONFIG).read_text() == changed


def test_a_purge_leaves_nothing(machine) -> None:
    folders = ("/etc", "/usr", "/lib", "/var/lib/systemd", "/run", "/root", "/opt", "/srv", "/home")
    grub = machine.path("/usr/sbin/update-grub")
    grub.write_text("#!/bin/sh\n[ ! -e " + GRUB_DROP_IN + " ] && touch /tmp/grub-updated\n")
    grub.chmod(0o755)
    machine.run("mkdir", "-p", "/etc/default/grub.d", "/etc/sysctl.d")
    before = machine.files(*folders)
    users, groups = (machine.path(f"/etc/{name}").read_text() for name in ("passwd", "group"))
    install(machine)
    # What the scripts have written for the next boot.
    written = ("/etc/natto/interfaces", "/etc/sysctl.d/60-natto-hugepages.conf", GRUB_DROP_IN)
    for file in (*written, "/etc/natto/kernel-arguments"):
        machine.path(file).write_text("")
    machine.run("dpkg", "--purge", "natto")
    # The files that systemd-sysusers and userdel keep of what they replace.
    backups = {f"/etc/{name}-" for name in ("passwd", "group", "shadow", "gshadow")}
    backups |= {"/etc/.pwd.lock", "/etc/subuid-", "/etc/subgid-"}
    assert machine.files(*folders) - backups == before - backups
    assert machine.path("/etc/passwd").read_text() == users
    assert machine.path("/etc/group").read_text() == groups
    assert machine.path("/tmp/grub-updated").exists()


def test_systemd_finds_no_error_in_the_units(machine) -> None:
    install(machine)
    # Before 254 systemd has no growing delay between starts, and says so.
    newer = re.compile(r"Unknown key '(RestartSteps|RestartMaxDelaySec)' in section \[Service\], ignoring\.$")
    for unit in EXPOSURE:
        said = machine.run("systemd-analyze", "verify", f"{UNITS}/{unit}").splitlines()
        assert [line for line in said if not newer.search(line)] == []


def test_the_services_reach_little(machine) -> None:
    install(machine)
    for unit, bound in EXPOSURE.items():
        # The exit status says whether the exposure is below the threshold.
        check = ("systemd-analyze", "security", "--offline=true", f"--threshold={bound}")
        machine.run(*check, f"{UNITS}/{unit}")
