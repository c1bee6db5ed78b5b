"""natto doctor on this machine, whatever it is: exit statuses, its files, its JSON."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lab import real_case
from lab.lab import Lab

FIT, WRONG, USAGE = 0, 1, 2
ABSENT_CARD = "fffe:ff:1f.7"


@pytest.fixture
def config(lab: Lab) -> Path:
    # Of no interface, so that none of this machine's is looked at.
    ports = [replace(port, interface="nowhere") for port in real_case.PORTS]
    return lab.write_config(ports, real_case.MAPPINGS)


@pytest.fixture
def doctor(binary: Path, world: None) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*words: str, status: int, stdin: str = "") -> subprocess.CompletedProcess[str]:
        words = (binary, "doctor", *words)
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


def use_a_card(config: Path) -> None:
    text = config.read_text()
    config.write_text(text.replace("net_af_packet0,iface=nowhere", ABSENT_CARD))


def test_a_machine_with_vdevs_only_needs_nothing_it_cannot_do_without(doctor, config) -> None:
    doctor(status=FIT)
    text = doctor("-c", str(config), status=FIT).stdout
    assert re.search(r"^\d+ ok, \d+ warning, 0 wrong, \d+ unseen$", text.splitlines()[-1])


def test_what_is_wrong_is_told_on_standard_output(doctor, config) -> None:
    use_a_card(config)
    done = doctor("-c", str(config), "--json", status=WRONG)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    for health in ("ok", "warning", "wrong", "unseen"):
        found = [one for one in report["findings"] if one["health"] == health]
        assert report[health] == len(found)
    (driver,) = (one for one in report["findings"] if one["check"] == "driver")
    assert (driver["subject"], driver["health"]) == (ABSENT_CARD, "wrong")
    text = doctor("-c", str(config), status=WRONG).stdout
    assert f"wrong    driver {ABSENT_CARD}" in text


def test_the_interfaces_may_come_through_a_pipe(doctor, config) -> None:
    owned = (real_case.NATTO_ADDRESS, real_case.A_MAPPED, real_case.B_MAPPED)
    eni = {
        "NetworkInterfaceId": "eni-1",
        "PrivateIpAddresses": [{"PrivateIpAddress": address} for address in owned],
    }
    told = doctor(
        "-c",
        str(config),
        "--network-interfaces",
        "/dev/stdin",
        stdin=json.dumps({"NetworkInterfaces": [eni]}),
        status=FIT,
    ).stdout
    assert re.search(r"ok +mapped_addresses +the ENIs own those of all 2 mappings\n", told)
    assert re.search(r"unseen +source_dest_check eni-1 ", told)


def test_files_that_are_wrong_are_named(doctor, config, lab) -> None:
    garbage = lab.file("garbage.json")
    garbage.write_bytes(b"\x00\xff{")
    for option in ("--network-interfaces", "--security-groups"):
        for file in (str(garbage), "/nowhere.json", "/"):
            done = doctor("-c", str(config), option, file, status=WRONG)
            assert done.stdout == ""
            assert done.stderr.startswith(f"{file}: "), done.stderr
    doctor("-c", "/nowhere.toml", status=WRONG)


def test_what_aws_says_is_for_an_appliance(doctor) -> None:
    doctor("--network-interfaces", "enis.json", status=USAGE)
    doctor("--security-groups", "groups.json", status=USAGE)
    doctor("--instance-metadata", status=USAGE)
