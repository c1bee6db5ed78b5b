"""Random tables and random traffic: `natto replay` must send exactly what the oracle says, in order."""

import json
import random
import subprocess
import tempfile
from ipaddress import IPv4Address
from pathlib import Path

import pcap
import pytest
from comparison import difference_in_all
from oracle import Oracle
from packets import Ends, random_frame
from random_policy import random_policy

PACKETS = 21_000
SHAPES = {"one-arm": 1, "two-arm": 2, "three-arm": 3}
MSS_CLAMPS = ['"off"', '"auto"', 700]
WAYS = [(shape, realm) for shape, realms in SHAPES.items() for realm in range(realms)]


def make_tables(rng: random.Random, realms: int, folder: Path) -> Path:
    """Writes natto.toml and mappings.toml with overlapping real addresses, hosts and prefixes."""
    text = ""
    for realm in range(realms):
        # Real hosts of every realm come from 10.0.0.0/16; ports have addresses beside them.
        text += f'[[port]]\nrealm = "realm-{realm}"\ndevice = "unused{realm}"\naddress = "10.9.{realm}.1/24"\n'
        text += f"mtu = {rng.choice([576, 1000, 1500])}\n"
        text += f'source_not_mapped = "{rng.choice(["drop", "pass"])}"\n'
        text += f"tcp_mss_clamp = {rng.choice(MSS_CLAMPS)}\n"
        text += f'record_route = "{rng.choice(["drop", "pass"])}"\n'
        if realms > 1:
            text += f'hairpin = "{rng.choice(["allow", "drop"])}"\n'
        if rng.random() < 0.5:
            text += f'gateway_mac = "02:00:00:00:0{realm}:fe"\n'
    text += f'[icmp]\nouter_source = "{rng.choice(["own", "mapped-destination", "drop"])}"\n'
    text += f'inner_checksum_bad = "{rng.choice(["pass", "drop"])}"\n'
    text += '[table]\nfile = "mappings.toml"\n'
    (folder / "natto.toml").write_text(text)

    mappings = ""
    for realm in range(realms):
        hosts = rng.sample(range(256), 12)
        for i, host in enumerate(hosts):
            mappings += f'[[mapping]]\nname = "h{realm}-{i}"\nrealm = "realm-{realm}"\n'
            mappings += f'real = "10.0.0.{host}"\nmapped = "172.20.{realm}.{i + 1}"\n'
        for i, length in enumerate(rng.sample([20, 22, 24, 25, 28, 30, 31], 4)):
            mappings += f'[[mapping]]\nname = "p{realm}-{i}"\nrealm = "realm-{realm}"\n'
            mappings += f'real = "10.{16 + i}.0.0/{length}"\nmapped = "100.{64 + realm}.{16 * i}.0/{length}"\n'
    (folder / "mappings.toml").write_text(mappings)
    return folder / "natto.toml"


def add_policy(rng: random.Random, mappings: Path) -> None:
    table = mappings.read_text()
    mappings.write_text(table + random_policy(rng, table))


def ends_of(rng: random.Random, oracle: Oracle, realm: int) -> Ends:
    pick = lambda network: network[rng.randrange(network.num_addresses)]  # noqa: E731
    own = oracle.ports[realm].interface
    real = [pick(m.real) for m in oracle.mappings if m.realm == realm]
    mapped = [pick(m.mapped) for m in oracle.mappings]
    odd = [own.ip, own.network.broadcast_address, IPv4Address("127.0.0.1"), IPv4Address("203.0.113.5")]
    odd += [IPv4Address(a) for a in ("224.0.0.5", "255.255.255.255", "169.254.1.1", "240.1.1.1", "0.1.2.3")]
    conversations = [(rng.choice(real), rng.choice(mapped)) for _ in range(20)]
    conversations.append((IPv4Address("10.0.1.1"), mapped[0]))
    return Ends(real * 6 + mapped[:2] + odd, mapped * 6 + real[:2] + odd, conversations)


def run_natto(natto: Path, config: Path, inputs: dict[int, list[bytes]], oracle: Oracle):
    """What left towards each realm, and the summary."""
    command = [natto, "replay", "-c", config, "--json"]
    for realm, frames in inputs.items():
        file = config.parent / f"in-{realm}.pcap"
        pcap.write(file, frames)
        command += ["--in", f"{oracle.realms[realm]}={file}"]
    outputs = {realm: config.parent / f"out-{realm}.pcap" for realm in range(len(oracle.ports))}
    for realm, file in outputs.items():
        command += ["--out", f"{oracle.realms[realm]}={file}"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise AssertionError(f"natto replay failed ({run.returncode}): {run.stderr}")
    return {realm: pcap.read(file) for realm, file in outputs.items()}, json.loads(run.stdout)


def compare(natto: Path, config: Path, oracle: Oracle, realm: int, frames: list[bytes]) -> str | None:
    sent, summary = run_natto(natto, config, {realm: frames}, oracle)
    return difference_in_all(oracle, {realm: frames}, sent, summary, in_order=True)


@pytest.mark.parametrize("policy", [False, True], ids=["open", "policy"])
@pytest.mark.parametrize(("shape", "realm"), WAYS)
def test_random_replay(shape, realm, policy, binary, seed, pytestconfig) -> None:
    realms = SHAPES[shape]
    packets = (pytestconfig.option.packets or PACKETS) // len(SHAPES) // realms
    with tempfile.TemporaryDirectory() as folder:
        # Each shape has mappings of its own, and each of its realms other rules and traffic.
        config = make_tables(random.Random(f"{seed} {shape}"), realms, Path(folder))
        if policy:
            add_policy(random.Random(f"{seed} {shape} {realm}"), config.parent / "mappings.toml")
        oracle = Oracle(config)
        rng = random.Random(f"{seed} {shape} {realm}")
        ends = ends_of(rng, oracle, realm)
        frames = [random_frame(rng, ends) for _ in range(packets)]
        if problem := compare(binary, config, oracle, realm, frames):
            pytest.fail(f"seed {seed}: {problem}", pytrace=False)
