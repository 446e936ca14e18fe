"""Authlib's JOSE, without its word on every start that its successor is another package."""

import warnings

from authlib.deprecate import AuthlibDeprecationWarning

warnings.simplefilter("ignore", AuthlibDeprecationWarning)

from authlib.jose import JsonWebKey, jwt  # noqa: E402

__all__ = ["JsonWebKey", "jwt"]
