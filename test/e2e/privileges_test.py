"""What a natto that root has started gives up of root's rights, and that it ends as cleanly as with them."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from lab import real_case
from lab.rights import CAP_DAC_OVERRIDE, CAP_IPC_LOCK, CAP_NET_ADMIN, capabilities, keeps_memory_to_itself, threads
from lab.traffic import ping

AF_XDP = 44


def test_no_thread_keeps_what_only_the_start_needed(case, natto) -> None:
    process = Path(f"/proc/{natto.pid}")
    found = threads(process)
    assert len(found) > 3, "control, a worker, the reloader, the API and DPDK's own"
    for status in found:
        assert capabilities(status) == {CAP_DAC_OVERRIDE, CAP_IPC_LOCK}, status["Name"]
        assert status["NoNewPrivs"] == "1", status["Name"]
    assert keeps_memory_to_itself(process)
    assert ping(case.a, real_case.B_MAPPED).answered == 3


def test_takes_its_xdp_program_off_the_interface(lab, case) -> None:
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW).close()
    except OSError as reason:
        pytest.skip(f"this kernel has no AF_XDP: {reason}")
    ports = [replace(port, driver="net_af_xdp") for port in real_case.PORTS]
    natto = lab.start_natto(lab.write_config(ports, real_case.MAPPINGS), case.natto)
    show = ("ip", "link", "show", ports[0].interface)
    assert " xdp" in case.natto.run(*show)
    for status in threads(Path(f"/proc/{natto.pid}")):
        assert CAP_NET_ADMIN in capabilities(status), status["Name"]
    natto.stop()
    assert " xdp" not in case.natto.run(*show)
