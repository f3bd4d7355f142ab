"""TLS as a server speaks it: 1.2 and 1.3, forward secrecy and authenticated encryption alone.

https://www.rfc-editor.org/rfc/rfc9325
"""

import ssl
from pathlib import Path

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all of this kind


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the settings of a server with this certificate chain and key; raise OSError, ValueError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_SINGLE_ECDH_USE
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key, password=lambda: "")  # nobody is asked
    return context
