"""Throw-away certificates: an authority, server and client certificates, signing requests."""

import base64
import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> None:
        """Write NAME.crt and NAME.key."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.crt").write_bytes(self.certificate)
        (folder / f"{name}.key").write_bytes(self.key)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _subject(name: str, organization: str | None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _alternative_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def public_pem(leaf: Leaf) -> bytes:
    """The public half of the leaf's key, PEM."""
    certificate = x509.load_pem_x509_certificate(leaf.certificate)
    return certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signing_request(name: str) -> str:
    """A certificate signing request for the DNS name, PEM in base64 as a CertificateRequest carries it."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=False)
    made = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return base64.b64encode(made).decode()


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: PEM certificate and key."""

    certificate: bytes
    key: bytes

    @classmethod
    def create(cls, name: str, days: int = 3650) -> "Authority":
        """A new self-signed authority, valid for ten years unless `days` says otherwise."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(name, None)
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate.public_bytes(serialization.Encoding.PEM), _key_pem(key))

    @classmethod
    def load(cls, folder: Path) -> "Authority":
        """The authority written by `write`."""
        return cls((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())

    def write(self, folder: Path) -> None:
        """Write ca.crt and ca.key."""
        Leaf(self.certificate, self.key).write(folder, "ca")

    def issue(
        self,
        name: str,
        *,
        organization: str | None = None,
        alternative_names: Sequence[str] = (),
        begins: datetime.datetime | None = None,
        ends: datetime.datetime | None = None,
    ) -> Leaf:
        """A leaf for both server and client use; a year long unless `begins` and `ends` (aware) say otherwise."""
        issuer = x509.load_pem_x509_certificate(self.certificate)
        issuer_key = serialization.load_pem_private_key(self.key, None)
        assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(name, organization))
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins or now - datetime.timedelta(hours=1))
            .not_valid_after(ends or now + datetime.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
        )
        if alternative_names:
            names = x509.SubjectAlternativeName([_alternative_name(text) for text in alternative_names])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(issuer_key, hashes.SHA256())
        return Leaf(certificate.public_bytes(serialization.Encoding.PEM), _key_pem(key))
