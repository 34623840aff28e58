"""Decrypts argv[1] into argv[2] with the key in the file argv[3], as Python's cryptography does it."""

import sys

from cryptography.fernet import Fernet

artifact, output, key_file = sys.argv[1:]
with open(key_file, "rb") as file:
    key = file.read()
with open(artifact, "rb") as file:
    plaintext = Fernet(key).decrypt(file.read())
with open(output, "wb") as file:
    file.write(plaintext)
