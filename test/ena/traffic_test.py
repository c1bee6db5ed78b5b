"""Cases of test/e2e on ENA cards: all kinds of traffic, one-arm and two-arm, and fragments."""

from fragments_test import (  # noqa: F401
    test_r17_datagrams_in_fragments_arrive_whole,
    test_r17_pings_in_fragments_are_answered,
)
from topologies_test import test_r1_all_kinds_of_traffic_pass_both_ways  # noqa: F401
