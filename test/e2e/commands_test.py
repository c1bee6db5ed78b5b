"""The commands that talk to a running natto."""

import json
import os
import subprocess
from pathlib import Path

from lab import real_case
from lab.config import Mapping, mappings_toml
from lab.namespace import link
from lab.traffic import ping
from lab_test_case import LabTestCase

DONE, INPUT_WRONG, USAGE, SYSTEM_REFUSED = 0, 1, 2, 3
EXTRA = Mapping("extra", "middle", "10.32.1.158", "10.33.1.146")


def natto(*words: str, status: int = DONE) -> str:
    """What a command prints, on standard output if it succeeds and on standard error if not."""
    done = subprocess.run(
        [os.environ["NATTO"], *words], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode != status:
        raise AssertionError(f"natto {words}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout if status == DONE else done.stderr


class Commands(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case = real_case.build(self.lab)
        self.config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        self.table = Path(self.config.read_text().split('file = "')[1].split('"')[0])
        self.lab.start_natto(self.config, self.case.natto)

    def test_a_day_with_the_table(self) -> None:
        digest = json.loads(natto("show", "table", "--json"))["digest"]
        self.assertIn(digest, natto("check", "-c", str(self.config)))
        self.table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
        self.assertIn(
            "+ extra: middle 10.32.1.158 <-> 10.33.1.146\n", natto("reload", "--dry-run")
        )
        outcome = json.loads(natto("reload", "--json"))
        self.assertEqual((outcome["added"], outcome["digest_before"]), (1, digest))
        self.assertRegex(natto("show", "table"), r"natto reload by root \(uid 0\), pid \d+")
        self.assertIn("- extra", natto("rollback"))
        self.assertEqual(json.loads(natto("show", "table", "--json"))["digest"], digest)

        self.table.write_text(self.table.read_text() + "[[mapping]]\nname = 3\n")
        refusal = natto("reload", status=INPUT_WRONG)
        self.assertRegex(refusal, rf"^{self.table}:\d+:\d+: ")
        self.assertGreater(len(refusal.splitlines()), 1, "every mistake in one go")

    def test_what_is_shown_is_what_happened(self) -> None:
        ping(self.case.a, real_case.B_MAPPED, count=4)
        rows = {row["name"]: row for row in json.loads(natto("show", "mappings", "--json"))}
        self.assertEqual(rows["company-a"]["from_packets"], 4)
        self.assertEqual(rows["company-b"]["from_packets"], 4)
        self.assertEqual(rows["company-b"]["to_bytes"], 4 * 84)
        only_b = natto("show", "mappings", real_case.B_REAL)
        self.assertIn("company-b", only_b)
        self.assertNotIn("company-a", only_b)

        self.case.a.address("eth0", f"{EXTRA.real}/24")
        ping(self.case.a, real_case.B_MAPPED, "-I", EXTRA.real, count=2, patience_seconds=0.2)
        drops = json.loads(natto("show", "drops", "--json"))
        self.assertEqual(drops["source_not_mapped"]["packets"], 2)
        self.assertIn("add a [[mapping]]", natto("show", "drops"))

        (port,) = json.loads(natto("show", "ports", "--json"))
        self.assertEqual((port["realm"], port["link"]), ("middle", "up"))
        self.assertEqual(port["next_hop"], real_case.ROUTER_ADDRESS)
        self.assertRegex(port["next_hop_mac"], "^[0-9a-f:]{17}$")
        self.assertEqual((port["queues"], port["checksum_offload"]), (1, "off"))
        self.assertIn("the device does not offer", port["no_checksum_offload_because"])
        self.assertEqual(port["counters"], {}, "nothing is lost at the device")
        workers = json.loads(natto("show", "workers", "--json"))["workers"]
        self.assertGreaterEqual(workers["0"]["received"], 10)

    def test_explain_live_and_from_the_files(self) -> None:
        words = ("explain", real_case.A_REAL, real_case.B_MAPPED, "--proto", "tcp")
        live = natto(*words)
        self.assertIn(f"sent to middle: {real_case.A_MAPPED} -> {real_case.B_REAL}, TTL 63", live)
        self.assertEqual(natto(*words, "-c", str(self.config)), live)
        self.assertIn("source_not_mapped", natto("explain", "10.32.1.99", real_case.B_MAPPED))
        natto("explain", "nonsense", real_case.B_MAPPED, status=INPUT_WRONG)

    def test_top_without_a_terminal(self) -> None:
        self.assertEqual(natto("top", "--count", "2", "--interval", "0.2").count("per second:"), 2)
        rates = json.loads(natto("top", "--count", "1", "--interval", "0.2", "--json"))
        self.assertEqual([port["realm"] for port in rates["ports"]], ["middle"])

    def test_65536_mappings_are_listed(self) -> None:
        many = [
            Mapping(f"m{i}", "middle", f"10.96.{i // 256}.{i % 256}", f"10.160.{i // 256}.{i % 256}")
            for i in range(65_536)
        ]
        self.table.write_text(mappings_toml(many))
        natto("reload")
        rows = json.loads(natto("show", "mappings", "--json"))
        self.assertEqual([row["name"] for row in rows], [mapping.name for mapping in many])
        busiest = natto("show", "mappings", "--sort", "packets").splitlines()
        self.assertEqual(len(busiest), 1 + 65_536)

    def test_several_nattos_must_be_told_apart(self) -> None:
        other = self.lab.namespace("other")
        link(other, "eth0", self.case.router, "other")
        config = self.lab.write_config(real_case.PORTS, [EXTRA])
        second = self.lab.start_natto(config, other)
        complaint = natto("show", "table", status=INPUT_WRONG)
        socket = f"/var/run/dpdk/natto-{second.pid}/dpdk_telemetry.v2"
        self.assertIn(socket, complaint)
        table = json.loads(natto("show", "table", "--json", "--socket", socket))
        self.assertEqual(table["mappings"], 1)

    def test_wrong_words_are_usage(self) -> None:
        natto("show", status=USAGE)
        natto("show", "mappings", "--sort", "beauty", status=USAGE)
        natto("reload", "--socket", "/nowhere", status=SYSTEM_REFUSED)


class Bench(LabTestCase):
    def test_bench_counts_what_a_device_gives(self) -> None:
        config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        # It gives frames of zeros without end, and takes anything.
        text = config.read_text().replace("net_af_packet0,iface=eth0", "net_null0,copy=1")
        config.write_text(text)
        told = json.loads(natto("bench", "-c", str(config), "--seconds", "0.5", "--json"))
        self.assertGreater(told["rx_packets"], 1000)
        self.assertLess(told["tx_packets"], 10)  # ARP requests
        self.assertAlmostEqual(told["rx_pps"] * told["seconds"], told["rx_packets"], delta=1)
        self.assertGreater(told["cycles_per_packet"], 0)
        self.assertEqual(set(told["drops"]), {"destination_mac_not_ours"})
        (worker,) = told["workers"]
        self.assertEqual(worker["rx_packets"], told["rx_packets"])


class Nobody(LabTestCase):
    def test_no_natto_is_said_with_what_to_do(self) -> None:
        self.assertIn("natto run", natto("show", "table", status=SYSTEM_REFUSED))
