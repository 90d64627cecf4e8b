"""The comparison of what was built with the trained model, on rows of somebody who wants to see for himself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..compiler.digest import of_bytes
from ..compiler.node import Made, Node, Work
from ..compiler.processor import processor
from ..compiler.rows import typed_rows
from ..compiler.tree import Tree
from ..schema.codec import decode, encode
from ..schema.diagnostics import UserError, fail
from .deployment import Deployment
from .optimizing import compared
from .project.applying import compiled_spec
from .project.needs import requirements_of
from .project.proof.report import Proof
from .project.trial import Forms, Trial, request, write_runner
from .serving import probed

NAME = "prove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The built project's code as a tree, what its build.json says of it, and the rows to ask."""

    source: Tree
    package: str
    """The import name of the package that asks the model: of several models each has its own."""
    made: Mapping[str, object]
    rows: bytes
    file: str
    """Where they are, for the user."""

    @property
    def compiled(self) -> Mapping[str, str]:
        """What build.json says of a compiled model; nothing of one that is served as it was trained."""
        found = self.made.get("compiled")
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    @property
    def original(self) -> str:
        """The digest of the model as it was trained."""
        return self.compiled.get("original") or str(self.made.get("model"))


def node(deployment: Deployment, built: Built) -> Node:
    """`prove` compares; whether both are equal is for whoever reads its report."""
    options = deployment.config.serve.optimize
    return Node(
        name=NAME,
        kind="check",
        inputs={
            "model": Made(node="model", folder="model"),
            "spec": Made(node="inspect"),
            "probe": Made(node="probe"),
        },
        params={
            "built": built.source.digest,
            "package": built.package,
            "rows": of_bytes(built.rows),
            "optimize": json.dumps(encode(options), sort_keys=True),
            "methods": " ".join(deployment.config.serve.methods),
            "processor": processor(),
        },
        implementation=deployment.identity.tools("libcst"),
        environments=(deployment.model_environment,),
        run=lambda work: _proved(work, deployment, built),
    )


def proof_of(deployment: Deployment, tree: Tree) -> Proof:
    """The proof in the tree of a `prove` node."""
    return decode(Proof, json.loads(deployment.store.cas.text(tree, "report.json")))


def _proved(work: Work, deployment: Deployment, built: Built) -> Tree:
    spec, by = deployment.spec(work), built.compiled.get("by", "")
    if built.original != work.inputs["model"].digest:
        raise fail("not-built", "what was built has another model than deploy.yaml names", help="run `deployc build`")
    trial = Trial(
        spec=spec,
        outputs=probed(work).outputs,
        config=deployment.config,
        rows={"given": _rows(built, deployment, work)},
        seed="",
        processor=processor(),
        distributions=requirements_of(by) if by else (),
    )
    write_runner(trial, work.folder / "code")
    work.cas.materialise(work.inputs["model"], work.folder / "model", shared=True)
    work.cas.materialise(built.source, work.folder / "built")
    file = compiled_spec(spec, by, {}).file if by else spec.file
    forms = Forms(
        original=work.folder / "model" / spec.file,
        other=work.folder / "built" / built.package.replace(".", "/") / "artifact" / file,
        package=built.package,
    )
    said = compared(work, deployment, request(trial, forms, count=0), work.folder, [work.folder / "built"])
    if isinstance(said, str):
        raise fail("not-proved", f"the comparison does not come to an end: {said}", field=("serve", "optimize"))
    proof = replace(said, optimizer=by or "the built model")
    return work.cas.put_texts({"report.json": json.dumps(encode(proof), indent=1) + "\n"})


def _rows(built: Built, deployment: Deployment, work: Work) -> list[Mapping[str, object]]:
    """The rows, typed; what is wrong with them is in no line of deploy.yaml."""
    try:
        return [*typed_rows(built.rows, deployment.spec(work).inputs, field=())]
    except UserError as error:
        found = (replace(d, field=None, message=f"{built.file}: {d.message}") for d in error.diagnostics)
        raise UserError(*found) from None
