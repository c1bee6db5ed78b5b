"""The metadata that each EC2 instance asks for itself, as far as natto-takeover aws and boto3 do: with a token."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS, TOKEN = "169.254.169.254", "token"
ROLE = "iam/security-credentials/"
CREDENTIALS = {
    "Code": "Success",
    "Type": "AWS-HMAC",
    "AccessKeyId": "key",
    "SecretAccessKey": "secret",
    "Token": "session",
    "LastUpdated": "2026-01-01T00:00:00Z",
    "Expiration": "2036-01-01T00:00:00Z",
}


class FakeMetadata:
    """Use it in a `with` statement. It is at ADDRESS of the making thread's network namespace."""

    def __init__(self, instances: dict[str, str], region: str) -> None:
        """`instances` are their ids by the addresses from which they ask."""
        common = {"placement/region": region, ROLE: "natto", f"{ROLE}natto": json.dumps(CREDENTIALS)}
        self._server = ThreadingHTTPServer((ADDRESS, 80), _handler(instances, common))

    def __enter__(self) -> "FakeMetadata":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(instances: dict[str, str], common: dict[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self._answer(TOKEN if self.path == "/latest/api/token" else None)

        def do_GET(self) -> None:
            known = common | {"instance-id": instances[self.client_address[0]]}
            text = known.get(self.path.removeprefix("/latest/meta-data/"))
            self._answer(text if self.headers["X-aws-ec2-metadata-token"] == TOKEN else None)

        def _answer(self, text: str | None) -> None:
            self.send_response(404 if text is None else 200)
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    return Handler
