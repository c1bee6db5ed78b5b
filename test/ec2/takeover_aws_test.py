"""natto-takeover aws, with the real boto3, on an EC2 that is made up."""

import fcntl
import importlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_ec2 import FakeEc2, Interface, TransitTable

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "scripts" / "ha" / "natto-takeover"
DONE, FAILED, USAGE_WRONG, SYSTEM_REFUSED = 0, 1, 2, 3
MAPPED = [f"100.64.2.{host}" for host in range(16, 51)]  # more than one call takes
PREFIX, ROUTE = "100.64.2.64/28", "10.50.0.0/20"
ROUTE_OF_A = "10.70.0.0/16"


def export(own: str) -> dict:
    """What `natto export --to aws` prints on the machine with that address."""
    return {
        "version": "0.1.0",
        "digest": "9f2c",
        "ports": [
            {"realm": "company-a", "device": "0000:00:06.0", "address": f"100.64.1.{own}/24"}
            | {"addresses": [{"address": "100.64.1.20"}], "prefixes": []}
            | {"routes": [{"destination": ROUTE_OF_A}]},
            {"realm": "company-b", "device": "0000:00:07.0", "address": f"100.64.2.{own}/24"}
            | {
                "addresses": [{"address": address} for address in MAPPED],
                "prefixes": [{"prefix": PREFIX}],
                "routes": [{"destination": ROUTE}],
            },
        ],
    }


@pytest.fixture
def ec2() -> Iterator[FakeEc2]:
    """All of it is one's."""
    with FakeEc2() as fake:
        fake.interfaces = {
            "eni-one-a": Interface("i-one", "subnet-a", "vpc-a", ["100.64.1.4", "100.64.1.20"]),
            "eni-one-b": Interface("i-one", "subnet-b", "vpc-b", ["100.64.2.4", *MAPPED], [PREFIX]),
            "eni-two-a": Interface("i-two", "subnet-a", "vpc-a", ["100.64.1.5"]),
            "eni-two-b": Interface("i-two", "subnet-b", "vpc-b", ["100.64.2.5"]),
            "eni-bystander": Interface("i-three", "subnet-b", "vpc-b", ["100.64.2.6", "100.64.2.200"]),
        }
        fake.tables = {
            "rtb-1": ("vpc-b", {ROUTE: "eni-one-b", "10.60.0.0/16": "eni-one-b"}),
            "rtb-2": ("vpc-b", {ROUTE: "eni-one-b"}),
            "rtb-a": ("vpc-a", {ROUTE: "eni-elsewhere", ROUTE_OF_A: "eni-one-a"}),
        }
        yield fake


@dataclass(frozen=True)
class Instance:
    """Where natto-takeover aws is run."""

    ec2: FakeEc2
    folder: Path
    name: str
    own: str

    def start(self, *words: str) -> subprocess.Popen:
        tools = self.folder / self.name
        tools.mkdir(exist_ok=True)
        natto = tools / "natto"
        if not natto.exists():
            natto.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(export(self.own))}\nEND\n")
            natto.chmod(0o755)
        environment = os.environ | {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "NATTO_TAKEOVER": str(tools),
        }
        aws = ("--region", "eu-west-1", "--endpoint", self.ec2.url, "--instance", f"i-{self.name}")
        peers = () if {"--peer", "-c"} & set(words) else ("--peer", "i-two" if self.name == "one" else "i-one")
        return subprocess.Popen(
            [PROGRAM, "aws", *aws, *peers, *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def take_over(self, *words: str, status: int = DONE) -> str:
        return ended(self.start(*words), status)


def ended(program: subprocess.Popen, status: int = DONE) -> str:
    out, errors = program.communicate(timeout=120)
    assert program.returncode == status, out + errors
    return out + errors


@pytest.fixture
def one(ec2: FakeEc2, tmp_path: Path) -> Instance:
    return Instance(ec2, tmp_path, "one", "4")


@pytest.fixture
def two(ec2: FakeEc2, tmp_path: Path) -> Instance:
    return Instance(ec2, tmp_path, "two", "5")


def all_is_at(ec2: FakeEc2, name: str, other: str) -> None:
    """And nothing else has moved."""
    own = {"one": "4", "two": "5"}
    for holder, mapped, prefixes in ((name, True, [PREFIX]), (other, False, [])):
        a, b = ec2.interfaces[f"eni-{holder}-a"], ec2.interfaces[f"eni-{holder}-b"]
        assert a.addresses == [f"100.64.1.{own[holder]}"] + ["100.64.1.20"] * mapped
        assert b.addresses[0] == f"100.64.2.{own[holder]}"
        assert sorted(b.addresses[1:]) == MAPPED * mapped
        assert b.prefixes == prefixes
    assert ec2.interfaces["eni-bystander"].addresses == ["100.64.2.6", "100.64.2.200"]
    assert ec2.tables["rtb-1"][1] == {ROUTE: f"eni-{name}-b", "10.60.0.0/16": "eni-one-b"}
    assert ec2.tables["rtb-2"][1] == {ROUTE: f"eni-{name}-b"}
    assert ec2.tables["rtb-a"][1] == {ROUTE: "eni-elsewhere", ROUTE_OF_A: f"eni-{name}-a"}


def test_all_moves_and_nothing_else(ec2, two) -> None:
    ec2.throttled = 2  # what AWS throttles is tried again
    said = two.take_over()
    all_is_at(ec2, "two", "one")
    assert "\nall is here: 7 moves in " in said
    assert "describe_network_interfaces: RequestLimitExceeded: again in " in said
    assert ec2.calls["AssignPrivateIpAddresses"] == 4, "35 addresses are two calls"


def test_again_changes_nothing(ec2, two) -> None:
    two.take_over()
    before = ec2.calls.copy()
    assert two.take_over().startswith("all is here: 0 moves in ")
    changed = ec2.calls - before
    assert {name for name in changed if not name.startswith("Describe")} == set()


def test_a_dry_run_says_what_it_would_do(ec2, one, two) -> None:
    said = two.take_over("--dry-run", status=FAILED)
    assert f"would move eni-two-b: {PREFIX}, from eni-one-b" in said
    assert f"would move rtb-2: {ROUTE} to eni-two-b, from eni-one-b" in said
    assert f"{MAPPED[0]} is eni-one-b's" in said
    assert said.endswith("not all is here\n")
    all_is_at(ec2, "one", "two")
    assert one.take_over("--dry-run") == "all is here\n"


def test_goes_on_where_it_was_interrupted(ec2, two) -> None:
    ec2.refuses = {"ReplaceRoute": "UnauthorizedOperation"}
    said = two.take_over(status=FAILED)
    assert f"rtb-1: {ROUTE} to eni-two-b, from eni-one-b: " in said and "UnauthorizedOperation" in said
    assert ec2.interfaces["eni-two-b"].prefixes == [PREFIX], "one that fails holds up no other"
    ec2.refuses = {}
    before = ec2.calls.copy()
    two.take_over("--hold", "0")
    all_is_at(ec2, "two", "one")
    assert "AssignPrivateIpAddresses" not in ec2.calls - before


def test_calls_run_side_by_side_and_changes_take_their_time(ec2, two) -> None:
    ec2.latency = 0.2
    ec2.settles_after = 0.7
    two.take_over()
    all_is_at(ec2, "two", "one")


def test_says_what_has_not_arrived(ec2, two) -> None:
    ec2.settles_after = 3600
    said = two.take_over("--wait", "0", status=FAILED)
    assert f"rtb-1: {ROUTE} to eni-two-b, from eni-one-b: has not arrived" in said


def test_what_was_done_though_the_answer_was_an_error(ec2, two) -> None:
    """Then boto3 asks again, and EC2 finds nothing to take away."""
    ec2.forgets_to_say = {"UnassignPrivateIpAddresses", "AssignPrivateIpAddresses", "ReplaceRoute"}
    two.take_over()
    all_is_at(ec2, "two", "one")


def test_the_last_of_two_that_both_take_over_has_everything(ec2, one, two) -> None:
    two.take_over()
    one.take_over()
    all_is_at(ec2, "one", "two")


def test_of_two_at_once_one_has_everything(ec2, one, two) -> None:
    # Each changes something, the one and the other in turns.
    ec2.latency = 0.1
    both = [instance.start() for instance in (one, two)]
    for program in both:
        ended(program)
    last = "one" if ec2.interfaces["eni-one-b"].prefixes else "two"
    all_is_at(ec2, last, "two" if last == "one" else "one")


def test_who_has_just_moved_all_does_not_take_it_back(ec2, one, two) -> None:
    two.take_over()
    one.take_over()
    waiting = two.start("--hold", "3600")
    assert waiting.stdout.readline().startswith("something was moved here a moment ago: waits for 3")
    all_is_at(ec2, "one", "two")
    waiting.kill()
    waiting.communicate()
    assert one.take_over("--hold", "3600").startswith("all is here: 0 moves"), "nothing to wait for"

    two.take_over("--hold", "1")
    all_is_at(ec2, "two", "one")


def test_who_has_moved_all_but_what_is_refused_does_not_take_it_back(ec2, one, two) -> None:
    ec2.refuses = {"ReplaceRoute": "UnauthorizedOperation"}
    two.take_over(status=FAILED)
    one.take_over()
    assert ec2.interfaces["eni-one-b"].prefixes == [PREFIX]
    waiting = two.start("--hold", "3600")
    assert waiting.stdout.readline().startswith("something was moved here a moment ago: waits for 3")
    waiting.kill()
    waiting.communicate()
    assert ec2.interfaces["eni-one-b"].prefixes == [PREFIX]


def test_what_nobody_has_is_not_waited_for(ec2, two) -> None:
    """As when a move was ended between taking a prefix away and giving it."""
    two.take_over()
    ec2.interfaces["eni-two-b"].prefixes.clear()
    for _, routes in ec2.tables.values():
        routes |= {ROUTE: "eni-gone"} if ROUTE in routes else {}
    ec2.tables["rtb-a"][1][ROUTE] = "eni-elsewhere"
    two.take_over("--hold", "3600")
    all_is_at(ec2, "two", "one")


def test_a_route_that_leads_to_somebody_else_is_left_alone_and_named(ec2, two) -> None:
    ec2.tables["rtb-2"][1][ROUTE] = "vpce-firewall"
    said = two.take_over()
    assert f"rtb-2: {ROUTE} leads to vpce-firewall: left as it is" in said
    assert ec2.tables["rtb-2"][1][ROUTE] == "vpce-firewall"
    assert ec2.tables["rtb-1"][1][ROUTE] == "eni-two-b"


def test_only_route_tables_that_are_named_are_changed_wherever_they_lead(ec2, two) -> None:
    ec2.tables["rtb-2"][1][ROUTE] = "vpce-firewall"
    said = two.take_over("--route-table", "rtb-2", "--route-table", "rtb-a")
    assert f"rtb-1: {ROUTE} leads to eni-one-b: left as it is" in said
    assert ec2.tables["rtb-2"][1][ROUTE] == "eni-two-b"
    assert ec2.tables["rtb-1"][1][ROUTE] == "eni-one-b"
    assert ec2.tables["rtb-a"][1][ROUTE_OF_A] == "eni-two-a"


def test_a_route_whose_interface_is_gone_leads_to_nobody(ec2, two) -> None:
    ec2.tables["rtb-2"][1][ROUTE] = "eni-gone"
    two.take_over()
    assert ec2.tables["rtb-2"][1][ROUTE] == "eni-two-b"


def test_without_the_peers_name_a_route_is_not_taken(ec2, two) -> None:
    said = two.take_over("-c", "/none", status=FAILED)
    assert f"{ROUTE}: no route to it leads to this instance or to the other of the pair: name the other" in said
    assert f"rtb-1: {ROUTE} leads to eni-one-b: left as it is" in said
    assert ec2.tables["rtb-1"][1][ROUTE] == "eni-one-b"
    assert ec2.interfaces["eni-two-b"].prefixes == [PREFIX], "it holds up no other"


def test_the_peer_is_that_of_natto_toml_by_its_address_in_this_vpc(ec2, two, tmp_path: Path) -> None:
    config = tmp_path / "natto.toml"
    config.write_text('[ha]\npeer = "root@100.64.2.4"\n')
    ec2.interfaces["eni-same-address"] = Interface("i-four", "subnet-c", "vpc-c", ["100.64.2.4"])
    ec2.interfaces["eni-four-b"] = Interface("i-four", "subnet-b", "vpc-b", ["100.64.2.7"])
    ec2.tables["rtb-2"][1][ROUTE] = "eni-four-b"
    said = two.take_over("-c", str(config))
    assert f"rtb-2: {ROUTE} leads to eni-four-b: left as it is" in said
    assert ec2.tables["rtb-1"][1][ROUTE] == "eni-two-b"


def test_one_address_that_is_refused_holds_up_no_other(ec2, two) -> None:
    ec2.impossible = {MAPPED[3]}
    said = two.take_over(status=FAILED)
    assert f"eni-two-b: {MAPPED[3]}: " in said and "InvalidParameterValue" in said
    assert sorted(ec2.interfaces["eni-two-b"].addresses[1:]) == [*MAPPED[:3], *MAPPED[4:]]


def test_route_tables_that_may_not_be_described_hold_up_no_addresses(ec2, two) -> None:
    ec2.refuses = {"DescribeRouteTables": "UnauthorizedOperation"}
    said = two.take_over(status=FAILED)
    assert "AWS: " in said and "DescribeRouteTables" in said
    assert ec2.interfaces["eni-two-b"].prefixes == [PREFIX]
    assert sorted(ec2.interfaces["eni-two-b"].addresses[1:]) == MAPPED


def test_an_ec2_that_never_answers_is_given_up(two) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = "http://{}:{}".format(*mute.getsockname())
        said = two.take_over("--endpoint", address, "--wait", "4", status=SYSTEM_REFUSED)
    assert ": again in " in said
    assert said.splitlines()[-1].startswith("AWS: ")


def test_mistakes_are_said_before_anything_moves(ec2, two, tmp_path: Path) -> None:
    for wrong in ("3", "0/2", "3/2", "a/b"):
        assert "not N/M" in two.take_over("--shard", wrong, status=USAGE_WRONG)
    run = tmp_path / "two"
    (run / "moved.new").mkdir(parents=True)  # root may write what is read-only
    assert "cannot note for --hold what was moved" in two.take_over(status=FAILED)
    (run / "natto").unlink()
    (run / "natto").mkdir()
    assert "natto export -c" in two.take_over(status=FAILED)
    all_is_at(ec2, "one", "two")


def test_the_instances_metadata_are_not_asked_for_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.syspath_prepend(ROOT / "scripts" / "ha")
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: asked.append(address[0]) or refuse())
    takeover_aws = importlib.import_module("takeover_aws")
    with pytest.raises(takeover_aws.Failure, match="give --region"):
        takeover_aws.metadata("placement/region", "--region")
    assert asked == ["169.254.169.254"]


def refuse() -> None:
    raise ConnectionRefusedError


def test_who_keeps_all_takes_back_what_is_taken_away(ec2, one, two) -> None:
    keeping = two.start("--keep", "0.1", "--hold", "0.1")
    assert any(line.startswith("all is here: ") for line in keeping.stdout)
    with ec2.lock:
        ec2.tables["rtb-2"][1][ROUTE] = "eni-one-b"
    again = next(line for line in keeping.stdout if line.startswith("all is here: "))
    keeping.kill()
    keeping.communicate()
    assert again.startswith("all is here: 1 moves")
    all_is_at(ec2, "two", "one")


# Transit Gateways.

TABLES = ("--transit-gateway-table", "tgw-rtb-1", "--transit-gateway-table", "tgw-rtb-2")


@pytest.fixture
def two_vpcs(ec2) -> None:
    """The other instance is in VPCs of its own, with a route table; the last one of the Transit Gateway is a firewall's."""
    for eni, vpc in (("eni-two-a", "vpc-two-a"), ("eni-two-b", "vpc-two-b")):
        ec2.interfaces[eni].vpc = vpc
    ec2.tables["rtb-two-a"] = ("vpc-two-a", {ROUTE_OF_A: "eni-two-a"})
    ec2.tables["rtb-two-b"] = ("vpc-two-b", {ROUTE: "eni-two-b"})
    ec2.attachments = {
        "att-one-a": ("tgw-1", "vpc-a"),
        "att-one-b": ("tgw-1", "vpc-b"),
        "att-two-a": ("tgw-1", "vpc-two-a"),
        "att-two-b": ("tgw-1", "vpc-two-b"),
        "att-two-b-elsewhere": ("tgw-2", "vpc-two-b"),
        "att-firewall": ("tgw-1", "vpc-firewall"),
    }
    both = {ROUTE: "att-one-b", ROUTE_OF_A: "att-one-a"}
    ec2.transit_tables = {
        "tgw-rtb-1": TransitTable("tgw-1", both | {"10.60.0.0/16": "att-one-b"}),
        "tgw-rtb-2": TransitTable("tgw-1", dict(both), {ROUTE: "att-firewall"}),
        "tgw-rtb-firewall": TransitTable("tgw-1", {ROUTE: "att-firewall"}),
    }
    # Addresses do not leave their subnet.
    for eni, kept in (("eni-one-a", 1), ("eni-one-b", 1)):
        del ec2.interfaces[eni].addresses[kept:]
        ec2.interfaces[eni].prefixes.clear()


def transit_routes(ec2) -> list[dict[str, str]]:
    return [table.routes for table in ec2.transit_tables.values()]


def test_routes_of_a_transit_gateway_move_to_the_instances_vpc(ec2, two_vpcs, two) -> None:
    before = transit_routes(ec2)[2]
    said = two.take_over(*TABLES, "--dry-run", status=FAILED)
    assert f"would move tgw-rtb-2: {ROUTE} to att-two-b" in said
    ec2.throttled, ec2.settles_after = 2, 0.5
    two.take_over(*TABLES)
    moved = {ROUTE: "att-two-b", ROUTE_OF_A: "att-two-a"}
    assert transit_routes(ec2) == [moved | {"10.60.0.0/16": "att-one-b"}, moved, before]
    changes = ec2.calls["ReplaceTransitGatewayRoute"]
    two.take_over(*TABLES)
    assert ec2.calls["ReplaceTransitGatewayRoute"] == changes


def test_a_transit_gateways_table_that_is_not_named_stays_as_it_is(ec2, two_vpcs, two) -> None:
    before = [dict(routes) for routes in transit_routes(ec2)]
    two.take_over()
    assert transit_routes(ec2) == before
    assert not any("Transit" in name for name in ec2.calls)


def test_what_is_missing_at_a_transit_gateway_is_named(ec2, two_vpcs, two) -> None:
    del ec2.transit_tables["tgw-rtb-1"].routes[ROUTE]
    said = two.take_over(*TABLES, status=FAILED)
    assert f"tgw-rtb-1: it has no static route to {ROUTE}: create it" in said
    assert transit_routes(ec2)[1][ROUTE] == "att-two-b"
    ec2.attachments["att-two-b"] = ("tgw-2", "vpc-two-b")
    ec2.tables["rtb-two-b"][1][ROUTE] = "eni-gone"
    assert "tgw-rtb-1: vpc-two-b has no attachment to tgw-1" in two.take_over(*TABLES, status=FAILED)
    assert ec2.tables["rtb-two-b"][1][ROUTE] == "eni-two-b", "one that fails holds up no other"


def test_transit_gateways_that_may_not_be_described_hold_up_no_routes(ec2, two_vpcs, two) -> None:
    ec2.refuses = {"DescribeTransitGatewayRouteTables": "UnauthorizedOperation"}
    ec2.tables["rtb-two-b"][1][ROUTE] = "eni-gone"
    assert "DescribeTransitGatewayRouteTables" in two.take_over(*TABLES, status=FAILED)
    assert ec2.tables["rtb-two-b"][1][ROUTE] == "eni-two-b"


def test_the_policy_allows_transit_gateways_where_they_are_named(ec2, two_vpcs, two) -> None:
    limits = limits_of(two.take_over(*TABLES, "--policy"))
    two.take_over(*TABLES)
    assert limits.keys() == {*ec2.calls, "UnassignPrivateIpAddresses", "ReplaceRoute"}, "none was needed here"
    arn = "arn:aws:ec2:eu-west-1:*:transit-gateway"
    named = [f"{arn}-route-table/tgw-rtb-1", f"{arn}-route-table/tgw-rtb-2", f"{arn}-attachment/*"]
    assert limits["ReplaceTransitGatewayRoute"] == named


def test_a_route_that_is_in_no_table_is_named(ec2, two) -> None:
    for _, routes in ec2.tables.values():
        routes.pop(ROUTE)
    said = two.take_over(status=FAILED)
    assert f"{ROUTE}: no route table has a route to it: create it" in said
    assert ec2.interfaces["eni-two-b"].prefixes == [PREFIX]


def test_credentials_that_have_expired(ec2, two) -> None:
    ec2.refuses = {"DescribeNetworkInterfaces": "RequestExpired"}
    assert two.take_over(status=SYSTEM_REFUSED).startswith("AWS: ")
    all_is_at(ec2, "one", "two")


def test_an_interface_that_the_instance_does_not_have(ec2, two) -> None:
    del ec2.interfaces["eni-two-a"]
    said = two.take_over(status=FAILED)
    assert said == "realm company-a: this instance has no network interface with 100.64.1.5\n"


def test_the_policy_allows_what_is_called_and_nothing_else(ec2, two) -> None:
    limits = limits_of(two.take_over("--policy"))
    two.take_over()
    assert limits.keys() == ec2.calls.keys()
    arn = "arn:aws:ec2:eu-west-1:*"
    for name, resources in limits.items():
        kind = "route-table" if "Route" in name else "network-interface"
        assert resources == (["*"] if name.startswith("Describe") else [f"{arn}:{kind}/*"])
    limits = limits_of(two.take_over("--policy", "--route-table", "rtb-1", "--route-table", "rtb-2"))
    assert limits["ReplaceRoute"] == [f"{arn}:route-table/rtb-1", f"{arn}:route-table/rtb-2"]


@pytest.mark.parametrize(
    ("kind", "items", "calls"),
    [
        ("addresses", [{"address": "100.64.1.20"}], {"AssignPrivateIpAddresses"}),
        ("prefixes", [{"prefix": PREFIX}], {"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"}),
        ("routes", [{"destination": ROUTE}], {"DescribeRouteTables", "ReplaceRoute"}),
    ],
)
def test_the_policy_allows_what_the_table_needs(two, monkeypatch, kind: str, items: list, calls: set[str]) -> None:
    port = {"realm": "a", "address": "100.64.1.4/24", "addresses": [], "prefixes": [], "routes": []}
    monkeypatch.setitem(globals(), "export", lambda _: {"ports": [port | {kind: items}]})
    assert limits_of(two.take_over("--policy")).keys() == calls | {"DescribeNetworkInterfaces"}


def limits_of(policy: str) -> dict[str, list[str]]:
    """The resources of each call that is allowed."""
    statements = json.loads(policy)["Statement"]
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {
        action.removeprefix("ec2:"): statement["Resource"] for statement in statements for action in statement["Action"]
    }


def test_the_share_of_one_that_is_lost_goes_to_the_others(tmp_path: Path, binary: Path) -> None:
    mapped = [f"100.64.2.{host}" for host in range(100, 180, 2)]  # no whole /28 among them
    table = tmp_path / "mappings.toml"
    table.write_text(
        "".join(
            f'[[mapping]]\nname = "m{i}"\nreal = "10.0.0.{i + 1}"\nmapped = "{address}"\n'
            for i, address in enumerate(mapped)
        )
    )
    with FakeEc2() as ec2:
        instances = []
        for number in (1, 2, 3):
            name, own = f"n{number}", f"100.64.2.{number + 3}"
            ec2.interfaces[f"eni-{name}"] = Interface(f"i-{name}", "subnet", "vpc", [own])
            (tmp_path / name).mkdir()
            (tmp_path / name / "natto").symlink_to(binary)
            (tmp_path / f"{name}.toml").write_text(
                '[dpdk]\nlcores = "1"\nmain_lcore = 0\n'
                f'[[port]]\nrealm = "middle"\ndevice = "net_null0"\naddress = "{own}/24"\n'
                'gateway = "100.64.2.1"\n'
                f'[table]\nfile = "{table}"\n'
            )
            instances.append(Instance(ec2, tmp_path, name, own))

        def take_over(number: int, *words: str) -> None:
            config = str(tmp_path / f"n{number}.toml")
            instances[number - 1].take_over("-c", config, "--shard", f"{number}/3", *words)

        def shares() -> list[set[str]]:
            return [set(i.addresses[1:]) for i in ec2.interfaces.values()]

        for number in (1, 2, 3):
            take_over(number)
        before = shares()
        assert all(before) and sorted(set.union(*before)) == mapped
        assert sum(map(len, before)) == len(mapped)
        for number in (1, 3):
            take_over(number, "--lost", "2", "--hold", "0")
        one, two, three = shares()
        assert two == set(), "lost"
        assert one > before[0] and three > before[2]
        assert sorted(one | three) == mapped and not one & three


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@dataclass
class Elected:
    """A natto that only notes what it is asked, an on-active that runs until it is ended, and what keepalived says."""

    folder: Path

    def __post_init__(self) -> None:
        self.asked, self.pid = self.folder / "asked", self.folder / "pid"
        self.asked.touch()
        self.pid.write_text("none")
        for file, line in (
            (self.folder / "natto", f'echo "$1" >>{self.asked}'),
            (self.folder / "on-active", f"echo $$ >{self.pid}; echo hook >>{self.asked}; exec sleep 1000"),
        ):
            file.write_text(f"#!/bin/sh\n{line}\n")
            file.chmod(0o755)
        self.fifo = self.folder / "fifo"
        os.mkfifo(self.fifo)

    def natto_takeover(self, *words: str) -> subprocess.Popen:
        environment = os.environ | {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "NATTO_TAKEOVER": str(self.folder / "run"),
            "NATTO_ON_ACTIVE": str(self.folder / "on-active"),
        }
        pipe = subprocess.PIPE
        return subprocess.Popen([PROGRAM, *words], env=environment, stdout=pipe, stderr=pipe, text=True)

    @contextmanager
    def keepalived(self) -> Iterator[Callable[..., None]]:
        """`says` of a keepalived, which ends with the `with` statement."""
        following = self.natto_takeover("follow", str(self.fifo))
        with self.fifo.open("w") as fifo:

            def says(*words: str) -> None:
                fifo.write("".join(f"{word} 250\n" for word in words))
                fifo.flush()

            yield says
        assert following.wait(20) == 0

    def runs(self) -> bool:
        """on-active does."""
        return Path(f"/proc/{self.pid.read_text().strip()}").exists()

    def has_been_asked(self, *words: str) -> bool:
        return until(lambda: self.asked.read_text().split() == list(words))


@pytest.fixture
def elected(tmp_path: Path) -> Elected:
    return Elected(tmp_path)


def test_is_run_while_keepalived_elects_this_natto(elected: Elected) -> None:
    with elected.keepalived() as says:
        says('INSTANCE "natto" BACKUP', 'GROUP "all" MASTER', 'INSTANCE "natto" MASTER')
        assert elected.has_been_asked("standby", "activate", "hook")
        says('INSTANCE "natto" MASTER_RX_LOWER_PRI', 'GROUP "all" BACKUP')  # it stays so
        assert elected.has_been_asked("standby", "activate", "hook")
        assert (elected.folder / "run" / "state").read_text() == "MASTER\n"
        assert elected.runs()
        says('INSTANCE "natto" BACKUP')
        assert until(lambda: not elected.runs()), "another is elected"
        says('INSTANCE "natto" MASTER')
        assert elected.has_been_asked(*["standby", "activate", "hook"] * 2)
        assert elected.runs()
    assert until(lambda: not elected.runs()), "keepalived has died"


def test_other_instances_of_keepalived_do_not_count(elected: Elected) -> None:
    with elected.keepalived() as says:
        says('INSTANCE "mgmt-vip" BACKUP', 'INSTANCE "natto" MASTER')
        assert elected.has_been_asked("activate", "hook")
        says('INSTANCE "mgmt-vip" BACKUP', 'INSTANCE "natto-b" FAULT', 'INSTANCE "natto" STOP')
        assert elected.has_been_asked("activate", "hook", "standby")
        assert (elected.folder / "run" / "state").read_text() == "STOP\n"


def test_is_run_again_when_keepalived_has_reloaded_its_file(elected: Elected) -> None:
    """keepalived, here this process, starts follow anew, and says nothing of an election that stands."""
    with elected.keepalived() as says:
        says('INSTANCE "natto" MASTER')
        assert elected.has_been_asked("activate", "hook")
    assert until(lambda: not elected.runs())
    with elected.keepalived() as says:
        assert elected.has_been_asked("activate", "hook", "hook")
        assert elected.runs()
        says('INSTANCE "natto" BACKUP')
        assert until(lambda: not elected.runs())
    with elected.keepalived() as says:
        says('INSTANCE "natto" MASTER')
        assert elected.has_been_asked("activate", "hook", "hook", "standby", "activate", "hook")
    # Another keepalived: the other natto may have been elected since.
    (elected.folder / "run" / "keepalived").write_text("1\n")
    elected.asked.write_text("")
    with elected.keepalived() as says:
        says('INSTANCE "natto" BACKUP')
        assert elected.has_been_asked("standby")


def test_what_a_killed_switch_has_asked_for_is_taken_back(elected: Elected) -> None:
    run = elected.folder / "run"
    run.mkdir()
    (run / "yield").write_text("-10\n")
    with (run / "switching").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert elected.natto_takeover("check").wait(20) == 0
        assert (run / "yield").read_text() == "-10\n", "it still runs"
    assert elected.natto_takeover("check").wait(20) == 0
    assert (run / "yield").read_text() == "0\n"


def test_switch_where_no_natto_runs_says_so(elected: Elected) -> None:
    (elected.folder / "natto").write_text("#!/bin/sh\necho 'natto.sock: no such file' >&2\nexit 3\n")
    said = ended(elected.natto_takeover("switch"), FAILED)
    assert "does it run here? natto.sock: no such file" in said


def test_keepalived_is_started_again(tmp_path: Path) -> None:
    """systemd takes the example as a drop-in of keepalived's unit, whole."""
    unit = tmp_path / "keepalived.service"
    unit.write_text("[Service]\nType=notify\nExecStart=/bin/true\n")
    (tmp_path / "keepalived.service.d").mkdir()
    example = ROOT / "conf" / "keepalived" / "restart.conf"
    (tmp_path / "keepalived.service.d" / "natto.conf").write_text(example.read_text())
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "Restart=always" in example.read_text().splitlines()
