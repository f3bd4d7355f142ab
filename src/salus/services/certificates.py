"""A certificate for development: a chain of two, whose authority certifies these hosts once and whose key is nowhere.

https://www.rfc-editor.org/rfc/rfc5280
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from salus.disk import make_folder, replace_file

FOLDER, CA, CERTIFICATE, KEY = "tls", "ca.pem", "server.pem", "server.key"
DAYS = 397  # more is refused by browsers
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


class BadHost(ValueError):
    """It is neither a DNS name nor an IP address."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files that were written, and until when they serve."""

    ca: Path
    certificate: Path
    key: Path
    until: datetime


def make_certificates(home: Path, hosts: Iterable[str], days: float = DAYS) -> Certificates:
    """Make authority, certificate and key for hosts in the home's folder `tls`, in the place of those of before.

    The authority's key is forgotten: who trusts it trusts these hosts alone. Raises BadHost.
    """
    names = list(dict.fromkeys(_name(host) for host in hosts))
    until = datetime.now(UTC) + timedelta(days=days)
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _authority(authority, names, until)
    leaf = _leaf(key, authority, root, names, until)
    folder = home / FOLDER
    make_folder(folder)
    made = Certificates(folder / CA, folder / CERTIFICATE, folder / KEY, until)
    replace_file(made.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    replace_file(made.certificate, leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM), public=True)
    replace_file(made.ca, root.public_bytes(Encoding.PEM), public=True)
    return made


def _name(host: str) -> x509.GeneralName:
    host = host.strip().lower().removeprefix("[").removesuffix("]")
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        if not HOST.fullmatch(host):
            raise BadHost from None
        return x509.DNSName(host)


def _authority(key: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName], until: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Salus development authority")])
    usage = _usage(certificates=True)
    permitted = x509.NameConstraints([_within(name) for name in names], None)
    builder = _builder(subject, subject, key.public_key(), until)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True).add_extension(permitted, critical=True)
    return builder.sign(key, hashes.SHA256())


def _leaf(
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    root: x509.Certificate,
    names: list[x509.GeneralName],
    until: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Salus development server")])
    builder = _builder(subject, root.subject, key.public_key(), until)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    return builder.add_extension(issuer, critical=False).sign(authority, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_after(until)
    builder = builder.not_valid_before(datetime.now(UTC) - timedelta(hours=1))  # clocks differ
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _within(name: x509.GeneralName) -> x509.GeneralName:
    """Return the constraint that permits a name; of an address, the network of it alone."""
    if isinstance(name, x509.IPAddress) and isinstance(name.value, IPv4Address | IPv6Address):
        return x509.IPAddress(ip_network(name.value))
    return name
