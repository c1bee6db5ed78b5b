"""Cards without memory for queues of low latency work, and a card that dies for good does not stop the other one."""

from busy import CARDS, Busy


def test_a_card_that_is_dead_for_good(tmp_path, binary, model, hugepages) -> None:
    without_bar, without_queues = {"memory_bar": False}, {"low_latency_queues": False}
    with Busy(tmp_path, binary, model, without_bar, without_queues) as natto:
        assert "doesn't expose mem bar" in natto.log()
        for card in CARDS:
            natto.forwards(card)
        natto.card(1, "dead on")
        natto.says(r"port 1 \(realm middle-1\): its device seems dead, 5 resets in a row have failed")
        assert [natto.port(card)["state"] for card in CARDS] == ["up", "dead"]
        natto.forwards(0)
        natto.accounts_for_all()
        natto.stop()
