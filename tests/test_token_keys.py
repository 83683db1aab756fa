"""Who holds which key: the shop signs tokens, the order history alone can only verify them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

SIGN = """
import django; django.setup()
from rest_framework_simplejwt.tokens import AccessToken
print(AccessToken())
"""
VERIFY = """
import django; django.setup()
from rest_framework_simplejwt.tokens import AccessToken
print(AccessToken({token!r})["token_type"])
"""


def pem(key, *, private):
    if private:
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    else:
        text = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return text.decode()


def run(settings, code, tmp_path, **env):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings, "DATA_DIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_the_history_alone_verifies_with_a_key_that_cannot_sign(tmp_path, algorithm):
    key = (
        rsa.generate_private_key(65537, 2048)
        if algorithm == "RS256"
        else ed25519.Ed25519PrivateKey.generate()
    )
    verifying = {
        "JWT_ALGORITHM": algorithm,
        "JWT_VERIFYING_KEY": pem(key, private=False).replace("\n", "\\n"),
    }
    signing = {**verifying, "JWT_SIGNING_KEY": pem(key, private=True)}

    signed = run("config.settings.shop", SIGN, tmp_path, **signing)
    verified = run(
        "config.settings.order_history", VERIFY.format(token=signed.stdout.strip()), tmp_path, **verifying
    )
    forged = run("config.settings.order_history", SIGN, tmp_path, **verifying)

    assert (verified.returncode, verified.stdout) == (0, "access\n"), signed.stderr + verified.stderr
    assert forged.returncode != 0
    assert not (tmp_path / "secrets" / "jwt_signing_key").exists()
