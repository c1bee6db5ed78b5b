"""natto-takeover aws, with the real boto3, on an EC2 that is made up."""

import fcntl
import json
import os
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
DONE, FAILED, SYSTEM_REFUSED = 0, 1, 3
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
        return subprocess.Popen(
            [PROGRAM, "aws", *aws, *words],
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
    assert said.splitlines()[-1].startswith("all is here: 7 moves in ")
    assert ec2.calls["AssignPrivateIpAddresses"] == 4, "35 addresses are two calls"


def test_again_changes_nothing(ec2, two) -> None:
    two.take_over()
    before = ec2.calls.copy()
    assert two.take_over().startswith("all is here: 0 moves in ")
    changed = ec2.calls - before
    assert {name for name in changed if not name.startswith("Describe")} == set()


def test_a_dry_run_says_what_it_would_do(ec2, two) -> None:
    said = two.take_over("--dry-run")
    assert f"would move eni-two-b: {PREFIX}" in said
    assert f"would move rtb-2: {ROUTE} to eni-two-b" in said
    all_is_at(ec2, "one", "two")


def test_goes_on_where_it_was_interrupted(ec2, two) -> None:
    ec2.refuses = {"ReplaceRoute": "UnauthorizedOperation"}
    said = two.take_over(status=FAILED)
    assert f"rtb-1: {ROUTE} to eni-two-b: " in said and "UnauthorizedOperation" in said
    assert ec2.interfaces["eni-two-b"].prefixes == [PREFIX], "one that fails holds up no other"
    ec2.refuses = {}
    before = ec2.calls.copy()
    two.take_over()
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
    assert f"rtb-1: {ROUTE} to eni-two-b: has not arrived" in said


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
    assert waiting.stdout.readline().startswith("all was moved here a moment ago: waits for 3")
    all_is_at(ec2, "one", "two")
    waiting.kill()
    waiting.communicate()
    assert one.take_over("--hold", "3600").startswith("all is here: 0 moves"), "nothing to wait for"

    two.take_over("--hold", "1")
    all_is_at(ec2, "two", "one")


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
    said = two.take_over(*TABLES, "--dry-run")
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
    assert "tgw-rtb-1: vpc-two-b has no attachment to tgw-1" in two.take_over(*TABLES, status=FAILED)


def test_the_policy_allows_transit_gateways_where_they_are_named(ec2, two_vpcs, two) -> None:
    (statement,) = json.loads(two.take_over(*TABLES, "--policy"))["Statement"]
    two.take_over(*TABLES)
    allowed = {name.removeprefix("ec2:") for name in statement["Action"]}
    assert allowed == {*ec2.calls, "UnassignPrivateIpAddresses", "ReplaceRoute"}, "none was needed here"


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
    (statement,) = json.loads(two.take_over("--policy"))["Statement"]
    two.take_over()
    assert set(statement["Action"]) == {f"ec2:{name}" for name in ec2.calls}


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
class Machine:
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
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_is_run_while_keepalived_elects_this_natto(machine: Machine) -> None:
    with machine.keepalived() as says:
        says('INSTANCE "natto" BACKUP', 'GROUP "all" MASTER', 'INSTANCE "natto" MASTER')
        assert machine.has_been_asked("standby", "activate", "hook")
        says('INSTANCE "natto" MASTER_RX_LOWER_PRI', 'GROUP "all" BACKUP')  # it stays so
        assert machine.has_been_asked("standby", "activate", "hook")
        assert (machine.folder / "run" / "state").read_text() == "MASTER\n"
        assert machine.runs()
        says('INSTANCE "natto" BACKUP')
        assert until(lambda: not machine.runs()), "another is elected"
        says('INSTANCE "natto" MASTER')
        assert machine.has_been_asked(*["standby", "activate", "hook"] * 2)
        assert machine.runs()
    assert until(lambda: not machine.runs()), "keepalived has died"


def test_other_instances_of_keepalived_do_not_count(machine: Machine) -> None:
    with machine.keepalived() as says:
        says('INSTANCE "mgmt-vip" BACKUP', 'INSTANCE "natto" MASTER')
        assert machine.has_been_asked("activate", "hook")
        says('INSTANCE "mgmt-vip" BACKUP', 'INSTANCE "natto-b" FAULT', 'INSTANCE "natto" STOP')
        assert machine.has_been_asked("activate", "hook", "standby")
        assert (machine.folder / "run" / "state").read_text() == "STOP\n"


def test_is_run_again_when_keepalived_has_reloaded_its_file(machine: Machine) -> None:
    """keepalived, here this process, starts follow anew, and says nothing of an election that stands."""
    with machine.keepalived() as says:
        says('INSTANCE "natto" MASTER')
        assert machine.has_been_asked("activate", "hook")
    assert until(lambda: not machine.runs())
    with machine.keepalived() as says:
        assert machine.has_been_asked("activate", "hook", "hook")
        assert machine.runs()
        says('INSTANCE "natto" BACKUP')
        assert until(lambda: not machine.runs())
    with machine.keepalived() as says:
        says('INSTANCE "natto" MASTER')
        assert machine.has_been_asked("activate", "hook", "hook", "standby", "activate", "hook")
    # Another keepalived: the other natto may have been elected since.
    (machine.folder / "run" / "keepalived").write_text("1\n")
    machine.asked.write_text("")
    with machine.keepalived() as says:
        says('INSTANCE "natto" BACKUP')
        assert machine.has_been_asked("standby")


def test_what_a_killed_switch_has_asked_for_is_taken_back(machine: Machine) -> None:
    run = machine.folder / "run"
    run.mkdir()
    (run / "yield").write_text("-10\n")
    with (run / "switching").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert machine.natto_takeover("check").wait(20) == 0
        assert (run / "yield").read_text() == "-10\n", "it still runs"
    assert machine.natto_takeover("check").wait(20) == 0
    assert (run / "yield").read_text() == "0\n"


def test_switch_where_no_natto_runs_says_so(machine: Machine) -> None:
    (machine.folder / "natto").write_text("#!/bin/sh\necho 'natto.sock: no such file' >&2\nexit 3\n")
    said = ended(machine.natto_takeover("switch"), FAILED)
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
