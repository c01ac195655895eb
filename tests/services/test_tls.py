from __future__ import annotations

import datetime
import ipaddress
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.services.conftest import PUBLIC, Lab, Serve, ok

from plugbay.errors import DeadlineExceeded, HttpFailed
from plugbay.services import HttpClient

if TYPE_CHECKING:
    import socket
    from pathlib import Path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for api.example.com and 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("api.example.com"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_the_certificate_is_checked_for_the_name_and_the_address_is_the_checked_one(
    serve: Serve, lab: Lab, certificate: Path
) -> None:
    names: list[str | None] = []
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    server_side.sni_callback = lambda _socket, name, _context: names.append(name)

    def wrap(connection: socket.socket) -> socket.socket:
        return server_side.wrap_socket(connection, server_side=True)

    server = serve(ok(), wrap=wrap)
    trusting = ssl.create_default_context(cafile=str(certificate))
    client = HttpClient(resolver=lab.resolve, dialer=lab.dial, ssl_context=trusting)

    assert lab.get(f"https://api.example.com:{server.port}", "*.example.com", client=client).body == b"hello"
    assert lab.dialed == [(PUBLIC, server.port)]
    assert lab.get(f"https://127.0.0.1:{server.port}", "127.0.0.1", client=client).body == b"hello"
    assert names == ["api.example.com", None]

    with pytest.raises(HttpFailed, match=r"no TLS connection to other\.example\.com"):
        lab.get(f"https://other.example.com:{server.port}", "*.example.com", client=client)


def test_a_certificate_that_nobody_trusts_is_refused(serve: Serve, lab: Lab, certificate: Path) -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)

    def wrap(connection: socket.socket) -> socket.socket:
        return server_side.wrap_socket(connection, server_side=True)

    server = serve(ok(), wrap=wrap)
    with pytest.raises(HttpFailed, match="CERTIFICATE_VERIFY_FAILED"):
        lab.get(f"https://api.example.com:{server.port}", "*.example.com")
    assert server.requests == []


def test_a_server_without_tls_fails(serve: Serve, lab: Lab) -> None:
    def answer_in_plain(connection: socket.socket) -> socket.socket:
        connection.sendall(ok())
        return connection

    server = serve(ok(), wrap=answer_in_plain)
    with pytest.raises(HttpFailed, match="no TLS connection"):
        lab.get(f"https://api.example.com:{server.port}", "*.example.com")


def test_a_handshake_that_hangs_costs_no_more_than_the_deadline(serve: Serve, lab: Lab) -> None:
    def say_nothing(connection: socket.socket) -> socket.socket:
        connection.recv(65536)
        connection.recv(1)
        return connection

    server = serve(ok(), wrap=say_nothing)
    with pytest.raises(DeadlineExceeded):
        lab.get(f"https://api.example.com:{server.port}", "*.example.com", seconds=0.2)
