"""traceroute shows the way to natto, and of the other company nothing but its mapped host."""

from concurrent.futures import ThreadPoolExecutor

from companies_test_case import CompaniesTestCase
from lab.route import NOBODY, traceroute

KINDS = {"UDP": ("-U",), "UDP, a port each": (), "ICMP": ("-I",), "TCP": ("-T",)}


class Traceroute(CompaniesTestCase):
    def test_r14_r31_r32_natto_stands_in_for_routers_of_the_other_company(self) -> None:
        self.start_natto()
        for kind, options in KINDS.items():
            for company, other in self.directions:
                hops = traceroute(company.host, other.mapped, *options)
                self.assertEqual(hops, company.way_to(other, company.natto), kind)

    def test_r32_the_mapped_destination_stands_in_if_so_configured(self) -> None:
        self.start_natto(outer_source="mapped-destination")
        for company, other in self.directions:
            hops = traceroute(company.host, other.mapped, "-I")
            self.assertEqual(hops, company.way_to(other, other.mapped))

    def test_r32_routers_of_the_other_company_are_silent_if_so_configured(self) -> None:
        self.start_natto(outer_source="drop")
        with ThreadPoolExecutor() as executor:
            traces = [
                executor.submit(traceroute, company.host, other.mapped, "-I", patience_seconds=3)
                for company, other in self.directions
            ]
        for (company, other), trace in zip(self.directions, traces):
            self.assertEqual(trace.result(), company.way_to(other, NOBODY))
        hidden = len(self.a.hops) + len(self.b.hops)
        self.assertEqual(self.natto.stop().drops["icmp_error_source_not_mapped"], hidden)
