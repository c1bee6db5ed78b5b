"""Move what the table needs on EC2 to the network interfaces of this instance: natto-takeover aws.

What that is, `natto export --to aws` says: mapped addresses and prefixes in the ports' subnets, and routes to others.
What is here already is left alone, so that it can be run again at any time, and goes on where it was interrupted. All
calls run side by side, those that AWS throttles again and again. In the end it looks whether all has arrived. If two
instances do this at once, the last one has everything, and the other does not take it back.
"""

import argparse
import itertools
import json
import random
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

try:
    from takeover_ec2 import (
        AT_ONCE,
        ERRORS,
        Ec2,
        default_region,
        may_be_of_one,
        needed,
        partition_of,
        policy,
    )
except ImportError:
    sys.exit("natto-takeover aws: boto3 is missing: apt install python3-boto3")
from takeover_hold import Hold
from takeover_plan import Failure, Plan, Step, from_whom, halves, planners, ports_of

FAILED, SYSTEM_REFUSED = 1, 3
AGAIN = (3.0, 6.0)  # seconds after which what has not arrived is moved once more: another may have taken it


def metadata(what: str, option: str) -> str:
    """Of the instance that this runs on."""
    base = "http://169.254.169.254/latest/"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is the proxy's instance otherwise
    ask = urllib.request.Request(
        base + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    )
    try:
        token = direct.open(ask, timeout=2).read().decode()
        ask = urllib.request.Request(
            f"{base}meta-data/{what}", headers={"X-aws-ec2-metadata-token": token}
        )
        return direct.open(ask, timeout=2).read().decode()
    except OSError as error:
        raise Failure(f"no instance metadata ({error}): give {option}") from error


def exported(config: str, *options: str) -> dict:
    words = ["natto", "export", "-c", config, "--to", "aws", *options]
    try:
        done = subprocess.run(words, capture_output=True, text=True)
    except OSError as error:
        raise Failure(f"{' '.join(words)}: {error}") from error
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def share(config: str, shard: str, lost: list[int]) -> dict:
    """This instance's, N/M, and what comes to it of the shares of those that are lost."""
    number, count = shard.split("/")
    wanted = exported(config, "--shard", shard)
    for other in lost:
        theirs = exported(config, "--shard", f"{other}/{count}")
        for port, port_of_other in zip(wanted["ports"], theirs["ports"], strict=True):
            for kind in ("addresses", "prefixes", "routes"):
                port[kind] += [
                    item
                    for item in port_of_other[kind]
                    if next((i for i in item["then"] if i not in lost), None) == int(number)
                ]
    return wanted


def peers_of(options: argparse.Namespace) -> list[str]:
    """Ids of the other instances, or addresses of theirs, or names."""
    if options.peer:
        return options.peer
    try:
        with open(options.config, "rb") as file:
            peer = tomllib.load(file).get("ha", {}).get("peer")
    except (OSError, tomllib.TOMLDecodeError):  # natto export has found what is wrong
        return []
    return [peer.rpartition("@")[2]] if peer else []


@dataclass
class Round:
    """What one look at EC2 has found to do, and what came of it if it was done."""

    steps: list[Step] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # of calls that were refused, to change something or to describe it
    moved: int = 0

    @property
    def in_words(self) -> str:
        return "\n".join(self.errors + self.missing + self.left)


@dataclass(frozen=True)
class Where:
    """What of EC2 is meant."""

    instance: str
    peers: list[str]  # ids of the others, or addresses of theirs, or names
    tables: list[str]  # the VPC route tables to change: if there are none, see takeover_plan
    transit: list[str]  # the Transit Gateway route tables to change


class Mover:
    def __init__(self, ec2: Ec2, wanted: dict, where: Where) -> None:
        """`wanted` is what `natto export` says."""
        self.ec2 = ec2
        self._wanted = wanted
        self._where = where
        self._peers: set[str] = set()
        self._destinations = {r["destination"] for port in wanted["ports"] for r in port["routes"]}

    def look(self, may: Callable[[Step], bool]) -> Round:
        """What has to move; the steps that `may` be are taken. A call that fails holds up no others than it must."""
        found = Round()
        with ThreadPoolExecutor(AT_ONCE) as callers, ThreadPoolExecutor() as askers:
            own = askers.submit(self._own)
            tables = askers.submit(self.ec2.route_tables, self._destinations)
            peers = askers.submit(self._interfaces_of_peers, own)
            ports = ports_of(self._wanted, own.result())
            plans = planners(
                self.ec2, ports, tables.result, peers.result, self._where.tables, self._where.transit
            )
            planning: set[Future[Plan]] = {askers.submit(plan) for plan in plans}
            moving: list[Future[tuple[int, list[str]]]] = []
            while planning:
                done, planning = wait(planning, return_when=FIRST_COMPLETED)
                for future in done:
                    if error := future.exception():
                        if not isinstance(error, ERRORS):
                            raise error
                        found.errors.append(f"AWS: {error}")
                        continue
                    plan = future.result()
                    found.steps += plan.steps
                    found.missing += plan.missing
                    found.left += plan.left
                    moving += [callers.submit(self._carry_out, step) for step in plan.steps if may(step)]
            for moved, errors in (future.result() for future in moving):
                found.moved += moved
                found.errors += errors
        return found

    def from_whom(self) -> list[str]:
        """Whose are the addresses that would move?"""
        return from_whom(self.ec2, ports_of(self._wanted, self._own()))

    def _own(self) -> list[dict]:
        return self.ec2.interfaces("attachment.instance-id", [self._where.instance])

    def _interfaces_of_peers(self, own: Future[list[dict]]) -> set[str]:
        """Of all networks that they are in; they are looked for in this instance's. Asked for once."""
        if self._peers or self._where.tables or not self._destinations:
            return self._peers
        ids = {peer for peer in self._where.peers if re.fullmatch("i-[0-9a-z-]+", peer)}
        addresses = {address for peer in self._where.peers if peer not in ids for address in addresses_of(peer)}
        if addresses:
            found = self.ec2.interfaces("addresses.private-ip-address", addresses)
            vpcs = {interface["VpcId"] for interface in own.result()}  # elsewhere somebody else may have it
            ids |= {i["Attachment"].get("InstanceId") for i in found if i["VpcId"] in vpcs and "Attachment" in i}
        found = self.ec2.interfaces("attachment.instance-id", ids - {None, self._where.instance})
        self._peers = {interface["NetworkInterfaceId"] for interface in found}
        return self._peers

    def _carry_out(self, step: Step) -> tuple[int, list[str]]:
        """How many steps it has become, and errors."""
        try:
            for name, parameters in step.calls:
                self.ec2.call(name, **parameters)
        except ERRORS as error:
            parts = halves(step) if may_be_of_one(error) else []
            if not parts:
                return 0, [f"{step.text}: {error}"]
            moved, errors = zip(*map(self._carry_out, parts), strict=True)
            return sum(moved), [text for texts in errors for text in texts]
        print(f"moved {step.text}\n", end="", flush=True)  # in one piece: others print as well
        return 1, []


def addresses_of(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None, socket.AF_INET)}
    except OSError as error:
        print(f"peer {host}: {error}", file=sys.stderr)
        return set()


def move_all(mover: Mover, hold: Hold, patience: float) -> int:
    """How many moves it took until all is here, as EC2 describes it. `patience` is in seconds."""
    mover.ec2.grant()
    deadline = time.monotonic() + patience
    held_until = time.monotonic() + hold.left()  # what was moved before this call counts
    moves, again_at, failed = 0, 0.0, False
    for pause in itertools.chain((0.2, 0.5), itertools.repeat(1)):
        left = held_until - time.monotonic()
        due = time.monotonic() >= again_at
        found = mover.look(lambda step, due=due, left=left: due and (step.free or left <= 0))
        moves += found.moved
        if found.moved:
            hold.begin()
        if found.errors:
            # It may have been done all the same, or be settled by another look. Not so the second time.
            if failed:
                raise Failure(found.in_words)
            failed = True
        elif not found.steps:
            if moves:
                hold.begin()
            if found.missing:
                raise Failure(found.in_words)
            if found.left:
                print("\n".join(found.left), flush=True)
            return moves
        elif left > 0 and not all(step.free for step in found.steps):
            print(f"something was moved here a moment ago: waits for {left:.0f} s (--hold)", flush=True)
            time.sleep(left)
            deadline += left
            mover.ec2.grant()
            continue
        elif due:
            again_at = time.monotonic() + random.uniform(*AGAIN)
        elif time.monotonic() > deadline:
            late = [f"{step.text}: has not arrived" for step in found.steps]
            raise Failure("\n".join([*late, found.in_words]).strip())
        time.sleep(pause)
    raise AssertionError


def nothing(_: Step) -> bool:
    return False


def wanted_by(options: argparse.Namespace) -> dict:
    if options.shard:
        return share(options.config, options.shard, options.lost)
    return exported(options.config)


def region_of(options: argparse.Namespace) -> str:
    return options.region or default_region() or metadata("placement/region", "--region")


def dry_run(mover: Mover) -> None:
    found = mover.look(nothing)
    lines = [f"would move {step.text}" for step in found.steps]
    if found.steps:
        lines += mover.from_whom()
    print("\n".join([*lines, *found.left]) or "all is here")
    if found.steps or found.missing or found.errors:
        raise Failure("\n".join([*found.errors, *found.missing, "not all is here"]))


def take_over(options: argparse.Namespace) -> None:
    began = time.monotonic()
    wanted = wanted_by(options)
    where = Where(
        options.instance or metadata("instance-id", "--instance"),
        peers_of(options),
        options.route_table,
        options.transit_gateway_table,
    )
    mover = Mover(Ec2(region_of(options), options.endpoint, options.wait), wanted, where)
    if options.dry_run:
        dry_run(mover)
        return
    hold = Hold(options.hold)
    try:
        hold.check()
    except OSError as error:
        raise Failure(f"cannot note for --hold what was moved: {error}: run it as root") from error
    while True:
        moves = move_all(mover, hold, options.wait)
        print(f"all is here: {moves} moves in {time.monotonic() - began:.1f} s", flush=True)
        if options.keep is None:
            return
        while True:
            mover.ec2.grant()
            found = mover.look(nothing)
            if found.errors:
                raise Failure(found.in_words)
            if found.steps:
                break
            time.sleep(options.keep)
        # It may be that this instance is no longer elected, and does not know it yet.
        print(f"not all is here any more: takes it back in {options.hold:g} s (--hold)", flush=True)
        time.sleep(options.hold)
        began = time.monotonic()


def print_policy(options: argparse.Namespace) -> None:
    """For what the whole table needs: any share of it may come to this instance."""
    region = region_of(options)
    try:
        account = json.loads(metadata("identity-credentials/ec2/info", "account"))["AccountId"]
    except (Failure, ValueError, KeyError):  # this is no instance: those that the role is of are meant
        account = "*"
    calls = needed(exported(options.config)["ports"], transit=bool(options.transit_gateway_table))
    tables = {"routes": options.route_table, "transit": options.transit_gateway_table}
    print(policy(calls, f"{partition_of(region)}:ec2:{region}:{account}", tables))


def shard(text: str) -> str:
    numbers = re.fullmatch("([1-9][0-9]*)/([1-9][0-9]*)", text)
    if not numbers or int(numbers[1]) > int(numbers[2]):
        raise argparse.ArgumentTypeError(f"not N/M, as 2/3: {text}")
    return text


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="natto-takeover aws",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-c", "--config", default="/etc/natto/natto.toml", help="(/etc/natto/natto.toml)")
    parser.add_argument("--instance", help="its id; else that of its metadata")
    parser.add_argument("--region", help="else that of the environment, of ~/.aws/config, or of the instance")
    parser.add_argument("--endpoint", metavar="URL", help="of EC2, as a VPC endpoint's; else the region's")
    parser.add_argument(
        "--peer",
        metavar="WHO",
        action="append",
        default=[],
        help="the other instance, whose routes may be taken: its id, or an address or name of it;"
        " else [ha] peer of natto.toml; may be repeated",
    )
    parser.add_argument(
        "--route-table",
        metavar="ID",
        action="append",
        default=[],
        help="one of the VPC, whose routes to mapped prefixes are to lead here, wherever they lead: then no other is"
        " changed; may be repeated. Else those in any table that lead to the other instance, or nowhere",
    )
    parser.add_argument(
        "--transit-gateway-table",
        metavar="ID",
        action="append",
        default=[],
        help="one whose static routes to mapped prefixes are to lead to this instance's VPC; may be repeated",
    )
    parser.add_argument("--shard", type=shard, metavar="N/M", help="only the share of instance N of M")
    parser.add_argument(
        "--lost",
        type=int,
        metavar="K",
        action="append",
        default=[],
        help="with --shard: instance K is lost, and what of its share comes to this one moves too; may be repeated",
    )
    parser.add_argument(
        "--wait", type=float, default=60, help="seconds for all to arrive, and for repeated calls (60)"
    )
    parser.add_argument(
        "--hold", type=float, default=10, help="seconds after a move before more may be moved here (10)"
    )
    parser.add_argument(
        "--keep",
        type=float,
        metavar="SECONDS",
        help="do not end, but look so often whether all is here still, and take it back (after --hold)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be moved; 1 unless all is here")
    parser.add_argument("--policy", action="store_true", help="print the IAM policy that the table needs")
    options = parser.parse_args()
    if options.lost and not options.shard:
        parser.error("--lost: only with --shard")
    try:
        if options.policy:
            print_policy(options)
        else:
            take_over(options)
    except Failure as error:
        print(error, file=sys.stderr)
        return FAILED
    except ERRORS as error:
        print(f"AWS: {error}", file=sys.stderr)
        return SYSTEM_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
