"""Credentials at rest: encrypted with a key that lies outside the database, in a file for its owner alone.

``WORKBENCH_SECRET_KEY`` takes the place of the file, for those who keep key and lock apart. Nothing
decrypted leaves this module but to a connector that logs in with it.
"""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from workbench.errors import Invalid, Unavailable

FILE = "secret.key"
HIDDEN = "****"
SHORTEST = 3  # a shorter secret is in every text by chance


class Vault:
    """Encrypts and decrypts the credentials of one workspace."""

    def __init__(self, folder: Path, key: str = "") -> None:
        self._path, self._key = folder / FILE, key

    def seal(self, given: dict[str, Any]) -> str:
        """Encrypt credentials; the key is made when there is none yet."""
        return self._fernet(make=True).encrypt(json.dumps(given).encode()).decode("ascii") if given else ""

    def open(self, sealed: str) -> dict[str, Any]:
        """Decrypt credentials."""
        if not sealed:
            return {}
        try:
            return dict(json.loads(self._fernet(make=False).decrypt(sealed.encode("ascii"))))
        except InvalidToken:
            raise Unavailable(
                "credentials", given="encrypted with another key", hint="enter them again, or restore the key"
            ) from None

    def _fernet(self, *, make: bool) -> Fernet:
        key = self._key or self._read(make=make)
        try:
            return Fernet(key)
        except ValueError:
            expected = "32 bytes in URL-safe base64"
            raise Invalid("key of the credentials", expected=expected, hint="restore the key") from None

    def _read(self, *, make: bool) -> str:
        if make and not self._path.exists():
            self._write(Fernet.generate_key())
        try:
            return self._path.read_text(encoding="ascii").strip()
        except OSError:
            hint = f"restore {FILE}, or enter the credentials again"
            raise Unavailable("credentials", given="their key is missing", hint=hint) from None

    def _write(self, key: bytes) -> None:
        """Put a whole key in place, unless another process was faster."""
        part = self._path.with_name(f".{FILE}.{secrets.token_hex(4)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(part, self._path)
        finally:
            part.unlink()


def scrub(text: str, hidden: list[str]) -> str:
    """Remove credentials from a text that may quote them."""
    for secret in hidden:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text
