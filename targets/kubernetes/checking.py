"""What deploy.yaml alone tells is wrong with the options of pods."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...schema.config import Config
from ...schema.diagnostics import Diagnostic, Field
from .. import images
from ..project.names import Names
from .options import Running


def check(config: Config, name: str, options: Running) -> Iterator[Diagnostic]:
    """What is wrong with the options, as far as deploy.yaml alone tells."""
    field: Field = ("targets", name)
    yield from images.check(config, options.image, (*field, "image"))
    replicas, key = options.replicas, f"{Names.of(config.name).prefix}API_KEY"
    if replicas.max is not None and replicas.max < replicas.min:
        text = f"`max` is {replicas.max}, which is less than `min`, {replicas.min}"
        yield Diagnostic(code="bad-value", message=text, field=(*field, "replicas", "max"))
    if config.serve.api_key and not {key, f"{key}_FILE"} & {*options.secrets, *options.env}:
        text = f"the service asks for a key, but no secret gives it {key}"
        hint = f"such as `secrets: {{{key}: {config.name}/api-key}}`, a Secret and a key in it"
        yield Diagnostic(code="missing-key", message=text, field=field, help=hint)
    yield from _variables(config, field, options)
    place = written(options)
    others = [
        n
        for n, e in config.targets.items()
        if n < name and isinstance(e.options, Running) and written(e.options) == place
    ]
    if place and others:
        text = f"target `{others[0]}` is written into the same folder"
        hint = "each removes what it wrote before: give each a folder of its own"
        yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "write"), help=hint)


def written(options: Running) -> str:
    """The folder of the user's own that the manifests are put into as well, relative to deploy.yaml; or empty."""
    return posixpath.normpath(options.write) if options.write else ""


def _variables(config: Config, field: Field, options: Running) -> Iterator[Diagnostic]:
    """Variables that are given twice, or that the manifests decide over themselves."""
    for name in sorted(options.secrets.keys() & options.config.keys() | options.env.keys() & options.secrets.keys()):
        text = f"the variable `{name}` is given twice"
        yield Diagnostic(
            code="conflicting-keys", message=text, field=(*field, "secrets", name), help="keep one of them"
        )
    prefix = Names.of(config.name).prefix
    for name in (f"{prefix}HOST", f"{prefix}PORT"):
        if name in options.env:
            text = f"`{name}` cannot be set here: Service and probes go by `serve.port`"
            yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "env", name), help="leave it out")
