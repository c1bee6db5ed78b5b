"""natto doctor on this machine, whatever it is: exit statuses, its files, its JSON."""

import json
import os
import subprocess
from dataclasses import replace

from lab import real_case
from lab_test_case import LabTestCase

FIT, WRONG, USAGE = 0, 1, 2
ABSENT_CARD = "fffe:ff:1f.7"


class Doctor(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        # Of no interface, so that none of this machine's is looked at.
        ports = [replace(port, interface="nowhere") for port in real_case.PORTS]
        self.config = self.lab.write_config(ports, real_case.MAPPINGS)

    def doctor(self, *words: str, status: int, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [os.environ["NATTO"], "doctor", *words],
            input=stdin, capture_output=True, text=True, check=False, timeout=60,
        )
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def use_a_card(self) -> None:
        text = self.config.read_text()
        self.config.write_text(text.replace("net_af_packet0,iface=nowhere", ABSENT_CARD))

    def test_a_machine_with_vdevs_only_needs_nothing_it_cannot_do_without(self) -> None:
        self.doctor(status=FIT)
        text = self.doctor("-c", str(self.config), status=FIT).stdout
        self.assertRegex(text.splitlines()[-1], r"^\d+ ok, \d+ warning, 0 wrong, \d+ unseen$")

    def test_what_is_wrong_is_told_on_standard_output(self) -> None:
        self.use_a_card()
        done = self.doctor("-c", str(self.config), "--json", status=WRONG)
        self.assertEqual(done.stderr, "")
        report = json.loads(done.stdout)
        for health in ("ok", "warning", "wrong", "unseen"):
            found = [one for one in report["findings"] if one["health"] == health]
            self.assertEqual(report[health], len(found))
        (driver,) = (one for one in report["findings"] if one["check"] == "driver")
        self.assertEqual((driver["subject"], driver["health"]), (ABSENT_CARD, "wrong"))
        self.assertIn(f"wrong    driver {ABSENT_CARD}", self.doctor(
            "-c", str(self.config), status=WRONG).stdout)

    def test_the_interfaces_may_come_through_a_pipe(self) -> None:
        owned = (real_case.NATTO_ADDRESS, real_case.A_MAPPED, real_case.B_MAPPED)
        eni = {
            "NetworkInterfaceId": "eni-1",
            "PrivateIpAddresses": [{"PrivateIpAddress": address} for address in owned],
        }
        told = self.doctor(
            "-c", str(self.config), "--network-interfaces", "/dev/stdin",
            stdin=json.dumps({"NetworkInterfaces": [eni]}), status=FIT,
        ).stdout
        self.assertRegex(told, r"ok +mapped_addresses +the ENIs own those of all 2 mappings\n")
        self.assertRegex(told, r"unseen +source_dest_check eni-1 ")

    def test_files_that_are_wrong_are_named(self) -> None:
        garbage = self.lab.file("garbage.json")
        garbage.write_bytes(b"\x00\xff{")
        for option in ("--network-interfaces", "--security-groups"):
            for file in (str(garbage), "/nowhere.json", "/"):
                done = self.doctor("-c", str(self.config), option, file, status=WRONG)
                self.assertEqual(done.stdout, "")
                self.assertTrue(done.stderr.startswith(f"{file}: "), done.stderr)
        self.doctor("-c", "/nowhere.toml", status=WRONG)

    def test_what_aws_says_is_for_an_appliance(self) -> None:
        self.doctor("--network-interfaces", "enis.json", status=USAGE)
        self.doctor("--security-groups", "groups.json", status=USAGE)
        self.doctor("--instance-metadata", status=USAGE)
