"""What a deployment's name becomes: package, command, environment variables."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "1.0.0"
"""Of the generated package: what tells two builds apart is the model's digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """All names that are made of the deployment's name."""

    name: str
    package: str
    command: str
    prefix: str
    """Of environment variables, with the _ at its end."""

    @classmethod
    def of(cls, name: str) -> Names:
        package = name.replace("-", "_")
        return cls(name=name, package=package, command=f"{name}-serve", prefix=f"{package.upper()}_")
