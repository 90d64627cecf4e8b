"""The image that a target runs: of which image target, or which one that was built before; always by its digest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass, replace

from ..compiler.cas import Cas
from ..compiler.node import Input, Made
from ..compiler.tree import Tree
from ..schema.config import Config, Entry
from ..schema.diagnostics import Diagnostic, Field, fail
from ..schema.suggest import suggest

KINDS = ("oci",)
"""Kinds of targets that make an image with a digest."""

RUNNERS = ("compose", "kserve", "kubernetes")
"""Kinds of targets that run an image, which may have been built before."""

FILE = "image.json"
"""What such a target says of its image, in its own tree."""

_PINNED = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")
_TAG = re.compile(r":[^/:@]+$")


def by_digest(image: str | None) -> bool:
    """Whether an option says the image itself, not the name of a target."""
    return image is not None and "@" in image


def default_base(python: str) -> str:
    """The image that a service of that Python is built on where nobody says otherwise."""
    return f"python:{python}-slim"


def running(config: Config, image: str, names: Iterable[str], modelcar: str = "") -> Config:
    """The config with an image that was built before in the place of the one that its targets would run.

    Only the targets are kept that run an image with its model, or with a `modelcar` those that run one without it; of
    these those of `names`, and no test: what is in the image was tested when it was built. UserError `unknown-image`
    where an image has no digest or no target runs it, `unknown-target` where a name is none.
    """
    wanted = tuple(names)
    for given in (image, *((modelcar,) if modelcar else ())):
        if not _PINNED.fullmatch(given):
            hint = "such as registry.example.com/churn@sha256:... with 64 hexadecimal digits"
            raise fail("unknown-image", f"`{given}` names no image by its digest", help=hint)
    for name in wanted:
        if name not in config.targets:
            raise fail("unknown-target", f"no target `{name}`", help=suggest(name, config.targets))
    taken = {name: entry for name, entry in config.targets.items() if not wanted or name in wanted}
    runners = {name: entry for name, entry in taken.items() if entry.kind in RUNNERS}
    fitting = {name: entry for name, entry in runners.items() if _lacks_model(config, entry) is bool(modelcar)}
    if not fitting:
        text = f"no target runs an image{' without its model' if modelcar else ''}"
        hint = "" if modelcar or not runners else "where the model is in an image of its own, say --modelcar IMAGE too"
        raise fail("unknown-image", text, field=("targets",), help=hint)
    parts = {"image": image, **({"modelcar": modelcar} if modelcar else {})}
    return replace(config, targets={name: _with(entry, parts) for name, entry in fitting.items()}, tests={})


def _lacks_model(config: Config, entry: Entry) -> bool:
    """Whether a target runs an image whose model is in another one."""
    image = getattr(entry.options, "image", None)
    return bool(getattr(entry.options, "modelcar", None)) or any(without_model(config, image, ()))


def _with(entry: Entry, parts: Mapping[str, str]) -> Entry:
    assert is_dataclass(entry.options)
    assert not isinstance(entry.options, type)
    return replace(entry, options=replace(entry.options, **parts))


def named(config: Config, image: str | None) -> str:
    """The image target that an option `image` means: the one that it names, else the only one; empty without one."""
    if image is not None:
        return "" if by_digest(image) else image
    made = [name for name, entry in config.targets.items() if entry.kind in KINDS]
    return made[0] if len(made) == 1 else ""


def check(config: Config, image: str | None, field: Field) -> Iterator[Diagnostic]:
    """What is wrong with an option `image` at `field`."""
    made = [name for name, entry in config.targets.items() if entry.kind in KINDS]
    if by_digest(image):
        return
    if image is None and len(made) != 1:
        text = f"which image is run? there are {len(made)} image targets"
        hint = f"say `image: NAME`: {', '.join(made)}" if made else "add a target `oci`, or name an image by its digest"
        yield Diagnostic(code="unknown-image", message=text, field=field[:-1], help=hint)
    elif image and image not in config.targets:
        hint = f"known: {', '.join(made)}" if made else "add a target `oci`, or name an image by its digest"
        yield Diagnostic(code="unknown-image", message=f"no target `{image}` makes an image", field=field, help=hint)
    elif image and config.targets[image].kind == "docker":
        text = f"the digest of `{image}` is not known before a daemon has built it"
        hint = "name an `oci` target, or the pushed image by its digest"
        yield Diagnostic(code="unknown-image", message=text, field=field, help=hint)
    elif image and config.targets[image].kind not in KINDS:
        text = f"the target `{image}` makes no image, but a {config.targets[image].kind}"
        hint = f"known: {', '.join(made)}" if made else "add a target `oci`"
        yield Diagnostic(code="unknown-image", message=text, field=field, help=hint)


def inputs(config: Config, image: str | None) -> dict[str, Input]:
    """What the image target says of its image, as an input labelled "image", where one is named."""
    name = named(config, image)
    return {"image": Made(node=name, folder=FILE)} if name else {}


def without_model(config: Config, image: str | None, field: Field) -> Iterator[Diagnostic]:
    """What is wrong where the image that is meant has no model, since that is in a modelcar, which KServe alone
    brings.
    """
    name = named(config, image)
    if name in config.targets and getattr(config.targets[name].options, "modelcar", None):
        text = f"the image of `{name}` has no model: it is in the modelcar, which KServe alone brings"
        hint = "name an `oci` target without `modelcar`"
        yield Diagnostic(code="conflicting-keys", message=text, field=field, help=hint)


def told(cas: Cas, tree: Tree) -> str:
    """What an image target has made, as the user would name it: a name if it has one, and its digest."""
    return _called(json.loads(cas.text(tree, FILE)))


def modelcar(cas: Cas, tree: Tree) -> str:
    """The image of the model that an image target has made beside the service's; empty where it has made none."""
    beside = json.loads(cas.text(tree, FILE)).get("modelcar")
    return _called(beside) if beside else ""


def _called(described: Mapping[str, str]) -> str:
    name = _TAG.sub("", described["reference"])
    return f"{name}@{described['digest']}" if name else described["digest"]


def pinned(cas: Cas, tree: Tree, name: str, field: Field) -> str:
    """Registry, repository and digest of the image that the target `name` has made; UserError `unknown-image` where
    it says none that a cluster could pull.
    """
    if FILE not in tree:
        raise fail("unknown-image", f"target `{name}` makes no image with a digest", field=field)
    described = json.loads(cas.text(tree, FILE))
    if not described["reference"]:
        text = f"the image of target `{name}` has no name, so nothing could pull it"
        hint = "give it a registry and a repository, such as registry.example.com/churn"
        raise fail("unknown-image", text, field=("targets", name), help=hint)
    return told(cas, tree)
