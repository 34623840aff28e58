#!/bin/sh
# Opens a Fernet file of any size with coreutils and openssl alone, in constant memory: recover-fernet.sh KEY-FILE FILE OUTPUT
set -eu
hex() { od -An -v -tx1 | tr -d ' \n'; }
token() { basenc --base64url --decode "$1"; }

key=$(tr -d ' \n' < "$1" | basenc --base64url --decode | hex)
signing=$(printf %s "$key" | cut -c 1-32)
encryption=$(printf %s "$key" | cut -c 33-64)

# The last 32 bytes are the MAC over all before them. Check it first.
told=$(token "$2" | tail -c 32 | hex)
made=$(token "$2" | head -c -32 | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$signing" -r | cut -c 1-64)
if [ "$told" != "$made" ]; then
  echo "$2: the key is another, or the bytes were changed" >&2
  exit 1
fi

# Version, time and IV are the first 1 + 8 + 16 bytes.
iv=$(token "$2" 2> /dev/null | head -c 25 | tail -c 16 | hex)
token "$2" | head -c -32 | tail -c +26 | openssl enc -d -aes-128-cbc -K "$encryption" -iv "$iv" -out "$3"
