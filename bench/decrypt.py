"""Decrypts argv[1] into argv[2] with the key in argv[3], as Python's cryptography does it; prints its peak memory in KiB."""

import resource
import sys

from cryptography.fernet import Fernet

artifact, output, key = sys.argv[1:]
with open(artifact, "rb") as file:
    plaintext = Fernet(key).decrypt(file.read())
with open(output, "wb") as file:
    file.write(plaintext)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
