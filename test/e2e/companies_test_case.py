"""What the tests of real traffic between two companies have in common."""

from collections.abc import Callable
from ipaddress import IPv4Address

from lab import companies
from lab.capture import WHOLE_ERROR_BYTES, Capture
from lab.companies import Company, Site
from lab.lab import Lab
from lab_test_case import LabTestCase


class CompaniesTestCase(LabTestCase):
    """natto runs between two companies, `self.a` and `self.b`.

    All that passes between natto and each of them is recorded. When the test ends, neither may have
    seen a real address of the other, not even inside an ICMP error.
    """

    build: Callable[[Lab], Site] = staticmethod(companies.two_arm)

    def setUp(self) -> None:
        super().setUp()
        self.site = type(self).build(self.lab)
        self.a, self.b = self.site.a, self.site.b
        self.directions = ((self.a, self.b), (self.b, self.a))
        self.captures = {
            company.edge.name: self.lab.capture(
                company.edge, "eth0", frame_bytes=WHOLE_ERROR_BYTES
            )
            for company in (self.a, self.b)
        }

    def start_natto(self, **icmp: str | int) -> None:
        """`icmp` are keys of natto's section of that name."""
        config = self.lab.write_config(self.site.ports, self.site.mappings, icmp=icmp)
        self.natto = self.lab.start_natto(config, self.site.natto)

    def tearDown(self) -> None:
        super().tearDown()
        for company, other in self.directions:
            capture = self.captures[company.edge.name]
            capture.stop()
            self.check_view(company, other, capture)

    def check_view(self, company: Company, other: Company, capture: Capture) -> None:
        may_see = company.addresses | {*company.hops, company.natto, other.mapped}
        self.assertEqual(capture.addresses() - may_see, set())
        for secret in other.addresses - may_see:
            found = [p.hex() for p in capture.icmp_packets() if IPv4Address(secret).packed in p]
            self.assertEqual(found, [], f"ICMP packets with {secret}")
