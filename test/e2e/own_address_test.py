"""What natto does with packets for itself."""

import pytest
from lab.real_case import NATTO_ADDRESS
from lab.traffic import connect, ping


def test_r39_answers_pings_from_the_link_and_from_beyond_the_gateway(case, natto) -> None:
    for source in (case.router, case.a):
        pings = ping(source, NATTO_ADDRESS, "-s", "1400", "-p", "a5")
        assert pings.answered == 3
    summary = natto.stop()
    assert summary.drops == {}
    assert summary.translated == 0
    assert summary.consumed >= 6
    assert summary.generated >= 6


def test_answers_nothing_else(case, natto) -> None:
    with pytest.raises(TimeoutError):
        connect(case.a, (NATTO_ADDRESS, 22), patience_seconds=0.5)
    summary = natto.stop()
    assert summary.drops.keys() == {"own_address_not_answered"}
    assert summary.translated == 0
