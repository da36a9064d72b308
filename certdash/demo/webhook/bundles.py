"""CA bundles in Issuers."""

import base64

from cryptography import x509


def bundle_fault(encoded: str) -> str:
    """Why a caBundle is of no use, "" for one with any certificate in it."""
    try:
        x509.load_pem_x509_certificates(base64.b64decode(encoded))
    except ValueError:
        return "cert bundle didn't contain any valid certificates"
    return ""
