"""The nodes that make an image: each does again only what its own inputs change."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...compiler.lock.uv import uv_version
from ...compiler.node import Input, Made, Node, Work
from ...compiler.tree import Entry, Tree
from ...schema.codec import decode, encode
from ...schema.diagnostics import Field, fail
from .. import images
from ..deployment import LOCKED, PROJECT, Deployment
from ..registry import bases
from ..registry.reference import LATEST
from ..tarball import Member
from . import archive, base, contents, layers, libraries, modelcar, python, service
from .base import Base
from .compression import SHAPERS
from .contents import Contents
from .image import Image, layout
from .layers import Layer
from .libraries import Place
from .options import MODELCAR, MOUNTED, Options
from .platforms import Platform, architecture, own, wheels
from .served import Served, served

CONTENTS = "contents.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """One `oci` target of a deployment."""

    deployment: Deployment
    name: str
    options: Options
    platforms: tuple[Platform, ...]
    base: Input
    """A tree in which an OCI layout is."""
    folder: str
    """Where in that tree; empty where all of it is the layout."""
    fetching: tuple[Node, ...]
    """What brings the base, where it is in a registry."""

    @classmethod
    def of(cls, deployment: Deployment, name: str, options: Options) -> Making:
        platforms = tuple(sorted({*options.platforms})) or (own(deployment.interpreter.platform) or "linux/amd64",)
        fetching: list[Node] = []
        if options.folder:
            base, folder = deployment.file(options.folder), posixpath.normpath(options.folder)
        else:
            text = options.base or images.default_base(deployment.python)
            fetching, base = bases.nodes(bases.wanted(deployment, name, text, platforms, insecure=options.insecure))
            folder = ""
        return cls(
            deployment=deployment,
            name=name,
            options=options,
            platforms=platforms,
            base=base,
            folder=folder,
            fetching=tuple(fetching),
        )

    def contents(self, platform: Platform) -> Node:
        """What the base for a platform has."""

        def run(work: Work) -> Tree:
            found = contents.read(work.cas, self._base(work, platform), self._field)
            return work.cas.put_texts({CONTENTS: json.dumps(encode(found), indent=1) + "\n"})

        return Node(
            name=self._node("base", platform),
            inputs={"base": self.base},
            params={"platform": platform, "folder": self.folder},
            implementation=self.deployment.identity.tools(),
            run=run,
        )

    def libraries(self, platform: Platform) -> Node:
        """The layers of what the lock names."""

        def run(work: Work) -> Tree:
            requirements = work.cas.text(work.inputs["lock"], "requirements.txt")
            place = self._place(self._contents(work, platform), platform)
            return libraries.build(work, requirements, place, self.deployment.uv(work), self.options.compression)

        return Node(
            name=self._node("libraries", platform),
            inputs={"lock": Made(node="lock-serve", folder=LOCKED), **self._contents_input(platform)},
            params={
                "platform": platform,
                "python": self.deployment.python,
                "compression": self.options.compression,
                "without": " ".join(self.options.without),
            },
            implementation=(*self._shapers, f"uv {uv_version()}", f"interpreter {self.deployment.python_text}"),
            run=run,
        )

    def models(self) -> list[Node]:
        """The layer of each model's bytes."""
        return [self._model(label, each) for label, each in self._served.items()]

    def _model(self, label: str, model: Served) -> Node:
        """The layer of a model's bytes, as they are: they would not get smaller, and are read once."""
        folder = modelcar.MODELS if self.options.modelcar else service.artifact(model.package)

        def run(work: Work) -> Tree:
            members = layers.members(work.cas, work.inputs["model"], folder)
            return layers.tree_of(work.cas, [layers.write(work.cas, members, "none", "the model")])

        return Node(
            name=f"{self.name}/{label}",
            inputs={"model": model.files},
            params={"folder": folder},
            implementation=self.deployment.identity.tools(),
            run=run,
        )

    def image(self) -> Node:
        """The image: its other layers, its config, its manifest, and all that is in it."""
        inputs: dict[str, Input] = {"project": PROJECT, "base": self.base}
        inputs |= {label: Made(node=f"{self.name}/{label}") for label in self._served}
        for platform in self.platforms:
            inputs |= {**self._contents_input(platform), **self._libraries_input(platform)}
        return Node(
            name=self.name,
            inputs=inputs,
            params={
                "name": self.deployment.config.name,
                "python": self.deployment.python,
                "options": json.dumps(encode(self.options), sort_keys=True),
                "port": str(self._port),
                "platforms": " ".join(self.platforms),
                "folder": self.folder,
            },
            implementation=(*self._shapers, f"interpreter {self.deployment.python_text}"),
            run=self._image,
        )

    def _image(self, work: Work) -> Tree:
        packages = [each.package for each in self._served.values()]
        links = [Member(path=service.artifact(p), link=MOUNTED) for p in packages if self.options.modelcar]
        app = service.app(work, self.deployment, packages, self.options.compression, links)
        about = service.about(work, packages)
        models = [layer for label in self._served for layer in layers.read(work.cas, work.inputs[label])]
        last = (app, about) if self.options.modelcar else (app, *models, about)
        made = [self._on_base(work, platform, last) for platform in self.platforms]
        cars = [self._modelcar(work, platform, models) for platform in self.platforms if self.options.modelcar]
        return self._told(work, made, cars)

    def _on_base(self, work: Work, platform: Platform, last: tuple[Layer, ...]) -> Image:
        """The image for one platform; UserError `unfit-base` where no engine could run it."""
        found, version = self._base(work, platform), self.deployment.python
        venv = python.environment(self._contents(work, platform).pythons[version], version)
        first = layers.write(work.cas, venv, self.options.compression, "the Python environment")
        locked = layers.read(work.cas, work.inputs[self._label("libraries", platform)])
        image = Image(
            platform=platform,
            base=found,
            base_name=self._base_name,
            layers=(first, *locked, *last),
            settings=service.settings(self.deployment, self.options, found.path),
        )
        image.check(self._field)
        return image

    def _modelcar(self, work: Work, platform: Platform, models: list[Layer]) -> Image:
        """The image of the model for one platform, on the service's base: no machine has to pull another."""
        modelcar.check(self._contents(work, platform), self._field)
        image = Image(
            platform=platform,
            base=self._base(work, platform),
            base_name=self._base_name,
            layers=tuple(models),
            settings=modelcar.settings(self.deployment.config.name, self.options.labels),
        )
        image.check(self._field)
        return image

    def _told(self, work: Work, made: list[Image], cars: list[Image]) -> Tree:
        """The layout, that of the modelcar in a folder, and beside them what other targets read of the images."""
        reference = self.options.reference or ""
        found = layout(work.cas, made, _tag(reference))
        told: dict[str, object] = {
            "reference": reference,
            "digest": f"sha256:{found.digest}",
            "platforms": list(self.platforms),
            "port": self._port,
            "user": service.USER,
        }
        whole = found.tree | Tree.of(self._archives(work, made))
        if cars:
            name = self.options.modelcar or ""
            car = layout(work.cas, cars, _tag(name))
            told["modelcar"] = {"reference": name, "digest": f"sha256:{car.digest}"}
            whole |= car.tree.at(MODELCAR)
        return whole | work.cas.put_texts({images.FILE: json.dumps(told, indent=1) + "\n"})

    def _archives(self, work: Work, made: list[Image]) -> Iterator[Entry]:
        """A file for each platform, since Docker keeps one image by a name; none where none is asked for."""
        reference = self.options.reference or self.deployment.config.name
        named = reference if ":" in reference.rpartition("/")[2] else f"{reference}:{LATEST}"
        for image in made if self.options.archive else ():
            suffix = f"-{architecture(image.platform)}" if len(made) > 1 else ""
            yield archive.of(work.cas, image, f"image{suffix}.tar", named)

    def _place(self, found: Contents, platform: Platform) -> Place:
        """Where the libraries go; UserError `unfit-base` where they cannot run on the base."""
        python.check(found, self.deployment.python, self._field)
        named = wheels(platform, found.glibc)
        if named is None:
            hint = "take a newer base"
            raise fail(
                "unfit-base", f"no wheels are made for the base's glibc {found.glibc}", field=self._field, help=hint
            )
        field: Field = ("targets", self.name, "platforms") if self.options.platforms else self._field
        return Place(
            python=self.deployment.python,
            wheels=named,
            interpreter=self.deployment.interpreter.path,
            indexes=self.deployment.config.lock.indexes,
            shared={*found.libraries, *self.options.without},
            base=self._field,
            field=field,
        )

    def _base(self, work: Work, platform: Platform) -> Base:
        tree = work.inputs["base"]
        return base.read(work.cas, tree.under(self.folder) if self.folder else tree, platform, self._field)

    def _contents(self, work: Work, platform: Platform) -> Contents:
        text = work.cas.text(work.inputs[self._label("base", platform)], CONTENTS)
        return decode(Contents, json.loads(text))

    def _contents_input(self, platform: Platform) -> Mapping[str, Input]:
        return {self._label("base", platform): Made(node=self._node("base", platform))}

    def _libraries_input(self, platform: Platform) -> Mapping[str, Input]:
        return {self._label("libraries", platform): Made(node=self._node("libraries", platform))}

    def _node(self, part: str, platform: Platform) -> str:
        return f"{self.name}/{self._label(part, platform)}"

    def _label(self, part: str, platform: Platform) -> str:
        return f"{part}-{architecture(platform)}"

    @property
    def _served(self) -> Mapping[str, Served]:
        """The models of the service, by what their layers' nodes are called here."""
        found = served(self.deployment)
        return {f"model-{each.name}" if each.name else "model": each for each in found}

    @property
    def _shapers(self) -> tuple[str, ...]:
        return self.deployment.identity.tools(*SHAPERS[self.options.compression])

    @property
    def _base_name(self) -> str:
        """The base's name, where others could have it by that."""
        return "" if self.options.folder else self.options.base or images.default_base(self.deployment.python)

    @property
    def _port(self) -> int:
        return self.options.port or self.deployment.config.serve.port

    @property
    def _field(self) -> Field:
        return ("targets", self.name, "base")


def _tag(reference: str) -> str:
    return reference.rpartition(":")[2] if ":" in reference.rpartition("/")[2] else ""
