"""The commands that talk to a running natto."""

import gzip
import json
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pcap
import pytest
from lab import api, real_case
from lab.config import Mapping, mappings_toml
from lab.namespace import link
from lab.traffic import ping

GOLDENS = Path(__file__).resolve().parent.parent / "golden"
INPUT_WRONG, USAGE, SYSTEM_REFUSED, NOT_SENT = 1, 2, 3, 4
EXTRA = Mapping("extra", "middle", "10.32.1.158", "10.33.1.146")


def test_a_day_with_the_table(cli, config, table, natto) -> None:
    digest = json.loads(cli("show", "table", "--json"))["digest"]
    assert digest in cli("check", "-c", str(config))
    table.write_text(mappings_toml([*real_case.MAPPINGS, EXTRA]))
    assert "+ extra: middle 10.32.1.158 <-> 10.33.1.146\n" in cli("reload", "--dry-run")
    outcome = json.loads(cli("reload", "--json"))
    assert (outcome["added"], outcome["digest_before"]) == (1, digest)
    assert re.search(r"natto reload by root \(uid 0\), pid \d+", cli("show", "table"))
    assert "- extra" in cli("rollback")
    assert json.loads(cli("show", "table", "--json"))["digest"] == digest

    table.write_text(table.read_text() + "[[mapping]]\nname = 3\n")
    refusal = cli("reload", status=INPUT_WRONG)
    assert re.search(rf"^{table}:\d+:\d+: ", refusal)
    assert len(refusal.splitlines()) > 1, "every mistake in one go"


def test_check_warns_of_what_nobody_reaches(cli, binary, config, table) -> None:
    cli("check", "-c", str(config), "--strict")
    beside = Mapping("beside", "middle", "10.32.1.158", "10.32.1.200")
    table.write_text(mappings_toml([*real_case.MAPPINGS, beside]))
    warning = rf"^{table}:\d+:\d+: warning: mapped: 10.32.1.200 "
    check = subprocess.run([binary, "check", "-c", config], capture_output=True, text=True, check=True)
    assert re.search(warning, check.stderr, re.MULTILINE)
    assert check.stdout.startswith("ok: ")
    refusal = cli("check", "-c", str(config), "--strict", status=INPUT_WRONG)
    assert re.search(warning, refusal, re.MULTILINE)
    assert "ok: " not in refusal


def test_what_is_shown_is_what_happened(cli, case, natto) -> None:
    ping(case.a, real_case.B_MAPPED, count=4)
    rows = {row["name"]: row for row in json.loads(cli("show", "mappings", "--json"))["mappings"]}
    assert rows["company-a"]["from_packets"] == 4
    assert rows["company-b"]["from_packets"] == 4
    assert rows["company-b"]["to_bytes"] == 4 * 84
    only_b = cli("show", "mappings", real_case.B_REAL)
    assert "company-b" in only_b
    assert "company-a" not in only_b

    case.a.address("eth0", f"{EXTRA.real}/24")
    ping(case.a, real_case.B_MAPPED, "-I", EXTRA.real, count=2, patience_seconds=0.2)
    (drop,) = json.loads(cli("show", "drops", "--json"))["drops"]
    assert (drop["reason"], drop["packets"]) == ("source_not_mapped", 2)
    assert drop["samples"] == []
    assert "add a [[mapping]]" in cli("show", "drops")
    (drop,) = json.loads(cli("show", "drops", "--samples", "--json"))["drops"]
    now = time.time() * 1000
    assert [now - 60_000 < sample.pop("at_ms") <= now for sample in drop["samples"]] == [True, True]
    assert drop["samples"] == 2 * [
        {
            "realm": "middle",
            "way": "in",
            "source": EXTRA.real,
            "destination": real_case.B_MAPPED,
            "protocol": "icmp",
            "source_port": 0,
            "destination_port": 0,
            "ethertype": 0x800,
            "length": 84,
        }
    ]
    face = f"from middle: {EXTRA.real} > {real_case.B_MAPPED}, icmp, 84 bytes"
    assert cli("show", "drops", "--samples").count(face) == 2
    assert face not in cli("show", "drops")

    (port,) = json.loads(cli("show", "ports", "--json"))["ports"]
    assert (port["realm"], port["link"]) == ("middle", "up")
    assert port["next_hop"] == real_case.ROUTER_ADDRESS
    assert re.search("^[0-9a-f:]{17}$", port["next_hop_mac"])
    assert (port["queues"], port["checksum_offload"]) == (1, "off")
    assert "the device does not offer" in port["no_checksum_offload_because"]
    assert port["counters"] == [], "nothing is lost at the device"
    (worker,) = json.loads(cli("show", "workers", "--json"))["workers"]
    assert worker["received"] >= 10


def test_explain_live_and_from_the_files(cli, config, natto) -> None:
    words = ("explain", real_case.A_REAL, real_case.B_MAPPED, "--proto", "tcp")
    live = cli(*words)
    assert f"sent to middle: {real_case.A_MAPPED} -> {real_case.B_REAL}, TTL 63" in live
    assert cli(*words, "-c", str(config)) == live
    dropped = ("explain", "10.32.1.99", real_case.B_MAPPED)
    assert "source_not_mapped" in cli(*dropped, status=NOT_SENT)
    assert "source_not_mapped" in cli(*dropped, "-c", str(config), status=NOT_SENT)
    own = str(real_case.PORTS[0].address.split("/")[0])
    answered = json.loads(cli("explain", real_case.A_REAL, own, "--proto", "icmp", "--json", status=NOT_SENT))
    assert (answered["sent"], answered["reason"]) == (False, ""), "natto answers it itself"
    cli("explain", "nonsense", real_case.B_MAPPED, status=INPUT_WRONG)


def test_explain_takes_a_frame_of_a_capture(cli) -> None:
    golden = GOLDENS / "101_R13_H4_damaged_headers"
    of = ("explain", "-c", str(golden / "natto.toml"), "--realm", "company-a", "--pcap")
    capture = str(golden / "in-company-a.pcap")
    reasons = json.loads((golden / "expected.json").read_text())["drops"]
    frame = cli(*of, capture, "--frame", "2", "--json", status=NOT_SENT)
    assert json.loads(frame)["reason"] in reasons
    assert "frames 1 to " in cli(*of, capture, "--frame", "999", status=INPUT_WRONG)
    assert "cannot read capture" in cli(*of, str(golden / "natto.toml"), status=INPUT_WRONG)
    assert "SRC and DST, or --pcap FILE" in cli("explain", status=USAGE)


def test_explain_knows_flags_and_lengths(cli, config, natto) -> None:
    words = ("explain", real_case.A_REAL, real_case.B_MAPPED, "--proto")
    assert "tcp, ports 0 > 443, flags S., 100 bytes" in cli(*words, "tcp", "--dport", "443", "--flags", "SA")
    assert "an ICMP error about" in cli(*words, "icmp", "--icmp-type", "3")
    assert "at least 56 bytes" in cli(*words, "icmp", "--icmp-type", "3", "--length", "50", status=INPUT_WRONG)
    assert "no TCP flags" in cli(*words, "tcp", "--flags", "XY", status=INPUT_WRONG)


def test_top_without_a_terminal(cli, natto) -> None:
    assert cli("top", "--count", "2", "--interval", "0.2").count("per second:") == 2
    rates = json.loads(cli("top", "--count", "1", "--interval", "0.2", "--json"))
    assert [port["realm"] for port in rates["ports"]] == ["middle"]


def test_65536_mappings_are_listed(cli, table, natto) -> None:
    many = [
        Mapping(f"m{i}", "middle", f"10.96.{i // 256}.{i % 256}", f"10.160.{i // 256}.{i % 256}")
        for i in range(65_536)
    ]
    table.write_text(mappings_toml(many))
    cli("reload")
    rows = json.loads(cli("show", "mappings", "--json"))["mappings"]
    assert [row["name"] for row in rows] == [mapping.name for mapping in many]
    busiest = cli("show", "mappings", "--sort", "packets").splitlines()
    assert len(busiest) == 1 + 65_536
    first = json.loads(cli("show", "mappings", "--sort", "name", "--limit", "2", "--json"))["mappings"]
    assert [row["name"] for row in first] == ["m0", "m1"]


def test_top_shows_the_busiest_mappings(cli, case, natto) -> None:
    pings = threading.Thread(target=ping, args=(case.a, real_case.B_MAPPED), kwargs={"count": 10})
    pings.start()
    rates = json.loads(cli("top", "--count", "1", "--interval", "1", "--json"))
    pings.join()
    assert {row["name"] for row in rates["mappings"]} == {"company-a", "company-b"}
    assert all(row["from_packets"] > 0 for row in rates["mappings"])


def test_a_stopped_natto_keeps_nobody_waiting(cli, natto) -> None:
    natto.send(signal.SIGSTOP)
    try:
        for words in (("show", "table"), ("top",), ("reload",), ("rollback",), ("show", "ports")):
            told = cli(*words, "--timeout", "1", status=SYSTEM_REFUSED)
            assert f"natto (pid {natto.pid}) does not answer: its process is stopped" in told
        # As many as wait for natto at its socket: the next one cannot even connect.
        waiting = []
        with pytest.raises(BlockingIOError):
            while True:
                waiting.append(socket.socket(socket.AF_UNIX))
                waiting[-1].setblocking(False)
                waiting[-1].connect(str(api.DEFAULT_SOCKET))
        told = cli("show", "table", "--timeout", "1", status=SYSTEM_REFUSED)
        assert f"natto at {api.DEFAULT_SOCKET} does not answer" in told
        for client in waiting:
            client.close()
    finally:
        natto.send(signal.SIGCONT)
    cli("show", "table", "--timeout", "30")


def test_several_nattos_must_be_told_apart(cli, case, lab, natto) -> None:
    other = lab.namespace("other")
    link(other, "eth0", case.router, "other")
    config = lab.write_config(real_case.PORTS, [EXTRA])
    socket = "/run/natto/other.sock"
    config.write_text(config.read_text() + f'[api]\nsocket = "{socket}"\n')
    lab.start_natto(config, other)
    assert socket in cli("show", "table", status=INPUT_WRONG)
    table = json.loads(cli("show", "table", "--json", "--socket", socket))
    assert table["mappings"] == 1


def test_wrong_words_are_usage(cli, natto) -> None:
    cli("show", status=USAGE)
    cli("show", "mappings", "--sort", "beauty", status=USAGE)
    cli("reload", "--socket", "/nowhere", status=SYSTEM_REFUSED)


def bench_config(lab, natto_mac: str) -> str:
    """A golden whose capture comes again and again, sent to `natto_mac`."""
    golden = GOLDENS / "001_R1_R2_tcp"
    capture, config = lab.file("bench.pcap"), lab.file("bench.toml")
    frames = (golden / "in-company-a.pcap").read_bytes()
    capture.write_bytes(frames.replace(bytes.fromhex("021122334455"), bytes.fromhex(natto_mac)))
    text = (golden / "natto.toml").read_text()
    text = text.replace('"unused0"', f'"net_pcap0,rx_pcap={capture},infinite_rx=1"')
    text = text.replace('"unused1"', '"net_null0,no-rx=1"')
    config.write_text(text.replace('"mappings.toml"', f'"{golden / "mappings.toml"}"'))
    return str(config)


def test_bench_counts_what_is_translated(cli, lab) -> None:
    config = bench_config(lab, "027063617000")
    told = json.loads(cli("bench", "-c", config, "--seconds", "0.5", "--json"))
    assert told["translated_packets"] > 1000
    assert told["translated_pps"] * told["seconds"] == pytest.approx(told["translated_packets"], abs=1)
    assert told["rx_packets"] == pytest.approx(told["translated_packets"], abs=64)
    assert told["cycles_per_packet"] > 0
    assert told["busy_cycles"] < told["tsc_hz"] * told["seconds"] * 2
    assert told["empty_polls"] < told["polls"]
    assert told["drops"] == {}
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])
    a, b = told["ports"]
    assert (a["driver"], b["driver"]) == ("net_pcap", "net_null")
    assert a["rx_mean_bytes"] == 14 + 40 + len("hello")
    (worker,) = told["workers"]
    assert worker["rx_packets"] == told["rx_packets"]


def test_bench_plays_what_replay_reads(cli, lab) -> None:
    """Raw IP, compressed: the Ethernet header is made up, and addressed to the device."""
    config = Path(bench_config(lab, "027063617000"))
    (capture,) = re.findall("rx_pcap=([^,]+)", config.read_text())
    raw = lab.file("raw.pcap")
    (frame,) = pcap.read(Path(capture))
    pcap.write(raw, [frame[14:]])
    data = bytearray(raw.read_bytes())
    data[20:24] = (101).to_bytes(4, "little")  # LINKTYPE_RAW
    raw.write_bytes(gzip.compress(data))
    config.write_text(config.read_text().replace(capture, str(raw)))
    told = json.loads(cli("bench", "-c", str(config), "--seconds", "0.2", "--json"))
    assert told["translated_packets"] > 1000
    assert told["drops"] == {}


def test_bench_fails_where_no_packet_is_translated(binary, lab, world) -> None:
    words = [binary, "bench", "-c", bench_config(lab, "020000000099"), "--seconds", "0.2"]
    bench = subprocess.run(words, capture_output=True, text=True, check=False)
    assert bench.returncode == INPUT_WRONG
    assert "no packet was translated, of " in bench.stderr
    assert "destination_mac_not_ours (100.0 %)" in bench.stdout


def test_no_natto_is_said_with_what_to_do(cli) -> None:
    assert "natto run" in cli("show", "table", status=SYSTEM_REFUSED)
