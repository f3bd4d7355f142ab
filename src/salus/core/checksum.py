"""CRC-32C (Castagnoli), the checksum of records in files; it finds accidents, not forgeries.

https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
"""

import google_crc32c


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of `data`, below 2^32."""
    value: int = google_crc32c.value(data)
    return value
