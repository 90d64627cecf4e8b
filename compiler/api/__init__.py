"""deployc for Python and notebooks: the same engine and cache as the command line's, values in place of text."""

from __future__ import annotations

from .building import build
from .built import Build
from .cooking import cook
from .errors import DeploycError
from .service import Service

__all__ = ["Build", "DeploycError", "Service", "build", "cook"]
