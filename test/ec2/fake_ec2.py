"""EC2, as far as natto-takeover aws calls it: the query protocol on a port of this machine, without signatures."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape


@dataclass
class Interface:
    instance: str
    subnet: str
    vpc: str
    addresses: list[str]  # the primary one first
    prefixes: list[str] = field(default_factory=list)


@dataclass
class TransitTable:
    """Of a Transit Gateway."""

    gateway: str
    routes: dict[str, str]  # attachment by destination
    propagated: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An error that AWS answers with: its HTTP status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class FakeEc2:
    """Use it in a `with` statement. Tests write and read its members; all of it is under `lock`."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        """At that address of the calling thread's network namespace."""
        self.lock = threading.Lock()
        self.interfaces: dict[str, Interface] = {}
        self.tables: dict[str, tuple[str, dict[str, str]]] = {}  # VPC, and target by destination
        self.transit_tables: dict[str, TransitTable] = {}
        self.attachments: dict[str, tuple[str, str]] = {}  # Transit Gateway and VPC
        self.calls: Counter[str] = Counter()
        self.throttled = 0  # so many calls are still to be refused as too many
        self.expired = False  # the caller's credentials are
        self.latency = 0.0  # seconds that each call takes
        self.settles_after = 0.0  # seconds until a change shows
        self.refuses: dict[str, str] = {}  # code by call, or by what a call is about
        self.impossible: set[str] = set()  # addresses that no interface may have
        self.forgets_to_say: set[str] = set()  # calls that are done, and then answered with an error, once each
        self.before: Callable[[str, dict[str, str]], None] = lambda action, form: None
        self.changed: Callable[[], None] = lambda: None  # called under `lock`
        self._changes: list[tuple[float, Callable[[], None]]] = []
        self._over = threading.Event()
        self._server = ThreadingHTTPServer((host, 0), self._handler())

    @property
    def url(self) -> str:
        host, port = self._server.server_address
        return f"http://{host}:{port}"

    def __enter__(self) -> "FakeEc2":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        threading.Thread(target=self._settle_in_time, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, form: dict[str, str]) -> str:
        action = form["Action"]
        time.sleep(self.latency)
        with self.lock:
            self.calls[action] += 1
            if self.throttled > 0:
                self.throttled -= 1
                raise Refused(503, "RequestLimitExceeded")
            if self.expired:
                raise Refused(400, "RequestExpired")
            for about in (action, *form.values()):
                if about in self.refuses:
                    raise Refused(403, self.refuses[about])
            self.before(action, form)
            self._settle()
            made = getattr(self, f"_{action}")(form)
            if action in self.forgets_to_say:
                self.forgets_to_say.remove(action)
                raise Refused(500, "InternalError")
            return f"<{action}Response><requestId>r</requestId>{made}</{action}Response>"

    def _settle(self) -> None:
        now = time.monotonic()
        for _, change in (due := [c for c in self._changes if c[0] <= now]):
            change()
        self._changes = [c for c in self._changes if c not in due]
        if due:
            self.changed()

    def _settle_in_time(self) -> None:
        """Whether or not anybody calls."""
        while not self._over.wait(0.01):
            with self.lock:
                self._settle()

    def _later(self, change: Callable[[], None]) -> None:
        self._changes.append((time.monotonic() + self.settles_after, change))
        self._settle()

    # The calls.

    def _DescribeNetworkInterfaces(self, form: dict[str, str]) -> str:
        keys = {
            "attachment.instance-id": lambda i: [i.instance],
            "subnet-id": lambda i: [i.subnet],
            "addresses.private-ip-address": lambda i: i.addresses,
        }
        key = keys[form["Filter.1.Name"]]
        wanted = values(form, "Filter.1.Value")
        items = "".join(
            f"<item><networkInterfaceId>{name}</networkInterfaceId><subnetId>{i.subnet}</subnetId>"
            f"<vpcId>{i.vpc}</vpcId><attachment><instanceId>{i.instance}</instanceId></attachment>"
            f"{listed('privateIpAddressesSet', 'privateIpAddress', i.addresses)}"
            f"{listed('ipv4PrefixSet', 'ipv4Prefix', i.prefixes)}</item>"
            for name, i in self.interfaces.items()
            if not set(key(i)).isdisjoint(wanted)
        )
        return f"<networkInterfaceSet>{items}</networkInterfaceSet>"

    def _DescribeRouteTables(self, form: dict[str, str]) -> str:
        assert form["Filter.1.Name"] == "route.destination-cidr-block"
        wanted = set(values(form, "Filter.1.Value"))
        items = ""
        for name, (vpc, routes) in self.tables.items():
            if wanted & routes.keys():
                rows = "".join(
                    f"<item><destinationCidrBlock>{destination}</destinationCidrBlock>"
                    f"{self._target(target)}</item>"
                    for destination, target in routes.items()
                )
                items += (
                    f"<item><routeTableId>{name}</routeTableId><vpcId>{vpc}</vpcId>"
                    f"<routeSet>{rows}</routeSet></item>"
                )
        return f"<routeTableSet>{items}</routeTableSet>"

    def _target(self, name: str) -> str:
        """Of a route. An interface that is gone leaves a hole."""
        kind = "gatewayId" if name.startswith("vpce-") else "networkInterfaceId"
        there = name in self.interfaces or not name.startswith("eni-")
        return f"<{kind}>{name}</{kind}><state>{'active' if there else 'blackhole'}</state>"

    def _DescribeTransitGatewayRouteTables(self, form: dict[str, str]) -> str:
        items = "".join(
            f"<item><transitGatewayRouteTableId>{name}</transitGatewayRouteTableId>"
            f"<transitGatewayId>{self._transit_table(name).gateway}</transitGatewayId></item>"
            for name in values(form, "TransitGatewayRouteTableIds")
        )
        return f"<transitGatewayRouteTables>{items}</transitGatewayRouteTables>"

    def _DescribeTransitGatewayVpcAttachments(self, form: dict[str, str]) -> str:
        assert form["Filter.1.Name"] == "vpc-id"
        items = "".join(
            f"<item><transitGatewayAttachmentId>{name}</transitGatewayAttachmentId>"
            f"<transitGatewayId>{gateway}</transitGatewayId><vpcId>{vpc}</vpcId><state>available</state></item>"
            for name, (gateway, vpc) in self.attachments.items()
            if vpc in values(form, "Filter.1.Value")
        )
        return f"<transitGatewayVpcAttachments>{items}</transitGatewayVpcAttachments>"

    def _SearchTransitGatewayRoutes(self, form: dict[str, str]) -> str:
        assert form["Filter.1.Name"] == "route-search.exact-match"
        table = self._transit_table(form["TransitGatewayRouteTableId"])
        items = "".join(
            f"<item><destinationCidrBlock>{destination}</destinationCidrBlock><transitGatewayAttachments><item>"
            f"<transitGatewayAttachmentId>{routes[destination]}</transitGatewayAttachmentId>"
            f"<resourceId>{self.attachments[routes[destination]][1]}</resourceId><resourceType>vpc</resourceType>"
            f"</item></transitGatewayAttachments><type>{kind}</type><state>active</state></item>"
            for destination in values(form, "Filter.1.Value")
            for kind, routes in (("static", table.routes), ("propagated", table.propagated))
            if destination in routes
        )
        return f"<routeSet>{items}</routeSet><additionalRoutesAvailable>false</additionalRoutesAvailable>"

    def _ReplaceTransitGatewayRoute(self, form: dict[str, str]) -> str:
        table = self._transit_table(form["TransitGatewayRouteTableId"])
        destination, attachment = form["DestinationCidrBlock"], form["TransitGatewayAttachmentId"]
        if destination not in table.routes:
            raise Refused(400, "InvalidRoute.NotFound")
        if self.attachments[attachment][0] != table.gateway:
            raise Refused(400, "InvalidTransitGatewayAttachmentID.NotFound")
        self._later(lambda: table.routes.update({destination: attachment}))
        return "<route></route>"

    def _transit_table(self, name: str) -> TransitTable:
        if name not in self.transit_tables:
            raise Refused(400, "InvalidRouteTableID.NotFound")
        return self.transit_tables[name]

    def _AssignPrivateIpAddresses(self, form: dict[str, str]) -> str:
        name = form["NetworkInterfaceId"]
        subnet = self.interfaces[name].subnet
        others = [i for key, i in self.interfaces.items() if i.subnet == subnet and key != name]
        addresses, prefixes = values(form, "PrivateIpAddress"), values(form, "Ipv4Prefix")
        if self.impossible & set(addresses):
            raise Refused(400, "InvalidParameterValue")
        if any(prefix in i.prefixes for i in others for prefix in prefixes):
            raise Refused(400, "InvalidParameterValue")  # prefixes cannot be reassigned
        taken = any(address in i.addresses for i in others for address in addresses)
        if taken and form.get("AllowReassignment") != "true":
            raise Refused(400, "InvalidParameterValue")

        def change() -> None:
            for other in others:
                other.addresses = [a for a in other.addresses if a not in addresses]
            own = self.interfaces[name]
            own.addresses += [a for a in addresses if a not in own.addresses]
            own.prefixes += [p for p in prefixes if p not in own.prefixes]

        self._later(change)
        return ""

    def _UnassignPrivateIpAddresses(self, form: dict[str, str]) -> str:
        own, prefixes = self.interfaces[form["NetworkInterfaceId"]], values(form, "Ipv4Prefix")
        if any(prefix not in own.prefixes for prefix in prefixes):
            raise Refused(400, "InvalidParameterValue")
        own.prefixes = [p for p in own.prefixes if p not in prefixes]
        self.changed()
        return "<return>true</return>"

    def _ReplaceRoute(self, form: dict[str, str]) -> str:
        routes = self.tables[form["RouteTableId"]][1]
        destination = form["DestinationCidrBlock"]
        if destination not in routes:
            raise Refused(400, "InvalidParameterValue")
        self._later(lambda: routes.update({destination: form["NetworkInterfaceId"]}))
        return "<return>true</return>"

    def _handler(fake) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                status = 200
                try:
                    text = fake.answer(form)
                except Refused as refusal:
                    status = refusal.status
                    text = (
                        f"<Response><Errors><Error><Code>{refusal.code}</Code><Message>no</Message></Error>"
                        "</Errors><RequestID>r</RequestID></Response>"
                    )
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def values(form: dict[str, str], name: str) -> list[str]:
    """Those of NAME.1, NAME.2, …"""
    return [value for key, value in form.items() if key.startswith(f"{name}.")]


def listed(name: str, member: str, texts: list[str]) -> str:
    items = "".join(f"<item><{member}>{escape(text)}</{member}></item>" for text in texts)
    return f"<{name}>{items}</{name}>"
