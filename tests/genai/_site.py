"""A web server on a real port, plain or with TLS, that keeps connections open and counts them."""

import datetime as dt
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSED_ON = "x-passed-on"
"""The header of what a proxy was asked for."""


class Site(ThreadingHTTPServer):
    """Answers each POST with its body; a GET with `big` bytes. As a proxy it answers for the site asked for."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, *, tls: ssl.SSLContext | None = None, big: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.base_url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.server_port}"
        self.big = big
        self.opened = 0
        self.closed = threading.Semaphore(0)
        """Released for each connection that a client has closed."""
        self.together: threading.Barrier | None = None
        """Where requests wait for each other."""

    def process_request(self, request: Any, client_address: Any) -> None:
        self.opened += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.closed.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes is no error."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True
    server: Site

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.together is not None:
            self.server.together.wait(20)
        self._answer(body)

    def do_GET(self) -> None:
        self._answer(self.server.big)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        if self.path.startswith("http"):
            self.send_header(PASSED_ON, self.path)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def certificate(path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server on this machine, and of a client that trusts it; keeps its files in a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a site")])
    now = dt.datetime.now(dt.UTC)
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    kept = path / "site.pem"
    kept.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(kept)
    return server, ssl.create_default_context(cafile=kept)
