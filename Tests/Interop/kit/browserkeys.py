"""How Chromium is told to trust a certificate that was made for a run, and no other."""

import base64
import hashlib
import subprocess


def spki(certificate):
    """The hash of its public key."""
    words = ["openssl", "x509", "-in", certificate, "-pubkey", "-noout"]
    key = subprocess.run(words, capture_output=True, check=True).stdout
    words = ["openssl", "pkey", "-pubin", "-outform", "DER"]
    der = subprocess.run(words, input=key, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
