"""FTP and HTTP: files of B's servers, which A fetches."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from border import by_a, by_b
from lab.real_case import A_REAL, B_MAPPED, B_REAL

CONTENT = "what the other company wanted\n"
QUICKLY = "set net:max-retries 1; set net:timeout 3; set net:reconnect-interval-base 1; set ftp:ssl-allow no"


def ftp_server(border, start, *settings: str) -> None:
    """vsftpd with one file for everybody."""
    public, empty = border.folder("public"), border.folder("empty")
    public.chmod(0o755)
    empty.chmod(0o755)
    (public / "file").write_text(CONTENT)
    lines = ("listen=YES", "listen_ipv6=NO", "background=NO", "anonymous_enable=YES", f"anon_root={public}",
             "seccomp_sandbox=NO", f"secure_chroot_dir={empty}", *settings)  # fmt: skip
    start(border.b, "tcp", 21, "vsftpd", str(border.file("vsftpd.conf", "\n".join(lines) + "\n")))


def lftp(settings: str) -> tuple[str, ...]:
    return ("lftp", "-c", f"{QUICKLY}; {settings}; open ftp://{B_MAPPED}; cat file")


def test_ftp_extended_passive_mode_works_as_it_comes(border, start) -> None:
    ftp_server(border, start)
    with border.finds():
        assert border.a.run(*lftp("set ftp:prefer-epsv yes")) == CONTENT


def test_ftp_passive_mode_tells_the_servers_real_address(border, start, fails) -> None:
    ftp_server(border, start)
    with border.finds(by_b("FTP, passive", "ftp.passive.ip")):
        assert "max-retries" in fails(
            border.a, *lftp("set ftp:prefer-epsv no; set ftp:fix-pasv-address no; set ftp:passive-mode yes")
        )


def test_ftp_passive_mode_works_with_the_servers_setting(border, start) -> None:
    ftp_server(border, start, f"pasv_address={B_MAPPED}")
    with border.finds():
        assert border.a.run(*lftp("set ftp:prefer-epsv no; set ftp:fix-pasv-address no")) == CONTENT


def test_ftp_active_mode_tells_the_clients_real_address(border, start, fails) -> None:
    ftp_server(border, start, "port_enable=YES")
    with border.finds(by_a("FTP, active", "ftp.active.cip")):
        assert "500 Illegal PORT" in fails(border.a, *lftp("set ftp:passive-mode no"))


def test_tftp_works_as_it_comes(border, start) -> None:
    public = border.folder("public")
    public.chmod(0o755)
    (public / "file").write_text(CONTENT)
    start(
        *(border.b, "udp", 69),
        *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file="),
        *("--enable-tftp", f"--tftp-root={public}"),
    )
    with border.finds():
        assert border.a.run(*curl(f"tftp://{B_MAPPED}/file")) == CONTENT


@pytest.fixture
def web(border):
    """web(pages) answers on port 80 of B: by path the status, a header and the body."""
    servers = []

    def serve(pages: dict[str, tuple[int, dict[str, str], str]]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = pages[self.path]
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with border.b.entered():
            servers.append(ThreadingHTTPServer(("", 80), Handler))
        Thread(target=servers[-1].serve_forever, args=(0.02,)).start()

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def curl(*words: str) -> tuple[str, ...]:
    return ("curl", "--silent", "--show-error", "--max-time", "3", *words)


def test_http_tells_real_addresses_in_absolute_links(border, web, fails) -> None:
    web({"/": (302, {"Location": f"http://{B_REAL}/page"}, ""), "/page": (200, {}, f'<a href="http://{B_REAL}/x">')})
    with border.finds(by_b("HTTP")):
        assert border.a.run(*curl(f"http://{B_MAPPED}/page")) == f'<a href="http://{B_REAL}/x">'
        assert "curl: (" in fails(border.a, *curl("--location", f"http://{B_MAPPED}/"))


def test_http_works_with_relative_links(border, web) -> None:
    web({"/": (302, {"Location": "/page"}, ""), "/page": (200, {}, CONTENT)})
    with border.finds():
        assert border.a.run(*curl("--location", f"http://{B_MAPPED}/")) == CONTENT


def test_http_forwarded_for_tells_the_clients_real_address(border, web) -> None:
    web({"/": (200, {}, CONTENT)})
    with border.finds(by_a("HTTP")):
        border.a.run(*curl("-H", f"X-Forwarded-For: {A_REAL}", f"http://{B_MAPPED}/"))
