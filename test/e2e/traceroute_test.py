"""traceroute shows the way to natto, and of the other company nothing but its mapped host."""

from concurrent.futures import ThreadPoolExecutor

from lab.route import NOBODY, traceroute

KINDS = {"UDP": ("-U",), "UDP, a port each": (), "ICMP": ("-I",), "TCP": ("-T",)}


def test_r14_r31_r32_natto_stands_in_for_routers_of_the_other_company(lab, site) -> None:
    site.start_natto(lab)
    for kind, options in KINDS.items():
        for company, other in site.directions:
            hops = traceroute(company.host, other.mapped, *options)
            assert hops == company.way_to(other, company.natto), kind


def test_r32_the_mapped_destination_stands_in_if_so_configured(lab, site) -> None:
    site.start_natto(lab, outer_source="mapped-destination")
    for company, other in site.directions:
        hops = traceroute(company.host, other.mapped, "-I")
        assert hops == company.way_to(other, other.mapped)


def test_r32_routers_of_the_other_company_are_silent_if_so_configured(lab, site) -> None:
    natto = site.start_natto(lab, outer_source="drop")
    with ThreadPoolExecutor() as executor:
        traces = [
            executor.submit(traceroute, company.host, other.mapped, "-I", patience_seconds=3)
            for company, other in site.directions
        ]
    for (company, other), trace in zip(site.directions, traces):
        assert trace.result() == company.way_to(other, NOBODY)
    hidden = len(site.a.hops) + len(site.b.hops)
    assert natto.stop().drops["icmp_error_source_not_mapped"] == hidden
