"""Keys, certificate signing requests and certificates, made with cryptography."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certdash.demo.api.objects import Object

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_CURVES: dict[int, type[ec.EllipticCurve]] = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}


def new_key(spec: Object) -> bytes:
    """A private key as the Certificate's spec asks for it, PEM."""
    wanted = spec.get("privateKey") or {}
    match wanted.get("algorithm", "RSA"):
        case "ECDSA":
            key: Key = ec.generate_private_key(_CURVES[wanted.get("size", 256)]())
        case "Ed25519":
            key = ed25519.Ed25519PrivateKey.generate()
        case _:
            key = rsa.generate_private_key(65537, wanted.get("size", 2048))
    encoding = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, encoding, serialization.NoEncryption())


def signing_request(spec: Object, key_pem: bytes) -> bytes:
    """The request that a Certificate's spec comes to, PEM."""
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in spec.get("dnsNames") or ()]
    names += [x509.IPAddress(ipaddress.ip_address(text)) for text in spec.get("ipAddresses") or ()]
    names += [x509.UniformResourceIdentifier(text) for text in spec.get("uris") or ()]
    names += [x509.RFC822Name(text) for text in spec.get("emailAddresses") or ()]
    common = spec.get("commonName")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not common)
    key = _load(key_pem)
    return builder.sign(key, _digest(key)).public_bytes(serialization.Encoding.PEM)


def sign(request_pem: bytes, *, ca: bool, duration: timedelta, signer: tuple[bytes, bytes] | None, key: bytes) -> bytes:
    """A certificate for the request, PEM; by `signer` (certificate and key), or by its own `key` without one.

    Raises ValueError for a signer that is none.
    """
    request = x509.load_pem_x509_csr(request_pem)
    now = datetime.now(UTC).replace(microsecond=0)
    issuer_key = _load(signer[1] if signer is not None else key)
    issuer = x509.load_pem_x509_certificate(signer[0]).subject if signer is not None else request.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(issuer)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + duration)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(_usage(ca=ca), critical=True)
    )
    if not ca:
        served = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(served, critical=False)
    for extension in request.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(issuer_key, _digest(issuer_key)).public_bytes(serialization.Encoding.PEM)


def validity(certificate_pem: bytes) -> tuple[datetime, datetime]:
    """From when until when the first certificate of the PEM is valid."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def is_authority(certificate_pem: bytes) -> bool:
    """Whether it is a CA. Raises ValueError for what is no certificate."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=ca,
        crl_sign=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _load(key_pem: bytes) -> Key:
    key = serialization.load_pem_private_key(key_pem, None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise ValueError("a key of an unknown kind")
    return key


def _digest(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
