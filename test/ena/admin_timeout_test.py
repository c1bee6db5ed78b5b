"""A card whose time for an answer is no whole number of seconds: the driver waits wrongly, natto tries again.

ENA_WAIT_EVENT_WAIT does not carry over a second (doc/dpdk-reports.md). Commands that take 20 ms each need longer than
the 100 ms of a second in which a wait of 900 ms ends in the same second: one of them fails, whenever the reset comes.
"""

from busy import Busy

AGAIN = r"port 0 \(realm middle-0\): in use again: reset, and set up as it was"
FAILED = r"port 0 \(realm middle-0\): reset failed"
WRONG_WAIT = r"Invalid wait event. pthread ret: 22"


def test_natto_tries_again(tmp_path, binary, model, hugepages) -> None:
    with Busy(tmp_path, binary, model) as natto:
        for fault in ("admin-delay 20", "admin-timeout 1000", "keep-alive off"):
            natto.card(0, fault)
        natto.says(AGAIN)
        assert natto.port(0)["failed_resets"] == 0
        natto.mark()
        natto.card(0, "admin-timeout 900")
        natto.says(WRONG_WAIT)
        natto.says(FAILED)
        natto.card(0, "heal")
        natto.card(0, "admin-timeout 500")  # half of the resets succeed
        natto.says(AGAIN)
        natto.card(0, "heal")
        natto.forwards(0)
        natto.accounts_for_all()
