"""Stages that run in the serving environment: what the model answers, and what the service says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..compiler import sandbox
from ..compiler.node import Input, Made, Node, Work
from ..compiler.rows import typed_rows
from ..compiler.tree import Tree
from ..schema.diagnostics import Field, fail
from .deployment import Deployment
from .project import openapi_command
from .project.probing import LOADING, MODULE, PACKAGE, SCRIPTS, Probed, probe_request, read_probe

MODEL_FIELD = ("model", "path")
LOADER = "loader"


def loader(deployment: Deployment, spec: Input) -> Node:
    """`loader` writes the module that loads the model, which models of one kind have in common."""

    def run(work: Work) -> Tree:
        # libcst takes longer to import than a build with nothing to do
        from .project.model_module import loading_module

        return work.cas.put_texts({LOADING: loading_module(deployment.spec(work))})

    return Node(
        name=LOADER,
        inputs={"spec": spec},
        implementation=deployment.identity.tools("libcst"),
        run=run,
    )


def probe(deployment: Deployment, model: Input, spec: Input, sample: Mapping[str, Input]) -> Node:
    """`probe` asks the model once for the types of its answers."""
    return Node(
        name="probe",
        inputs={"model": model, "spec": spec, LOADER: Made(node=LOADER), **sample, **deployment.modules},
        params={
            "methods": " ".join(deployment.config.serve.methods),
            **({"sample": "published"} if deployment.published else {}),
            **deployment.layout,
        },
        implementation=deployment.identity.tools(),
        environments=(deployment.model_environment,),
        run=lambda work: _probe(work, deployment),
    )


def openapi(deployment: Deployment) -> Node:
    """`openapi` has the generated code print its document."""
    hooks = deployment.hook_files
    return Node(
        name="openapi",
        inputs={"code": Made(node="generate"), **(deployment.modules if hooks else {}), **hooks},
        params=deployment.layout if hooks else {},
        implementation=deployment.identity.tools(),
        environments=("env-serve",),
        run=lambda work: _openapi(work, deployment),
    )


def probed(work: Work) -> Probed:
    """What `probe` found, for a node with an input labelled "probe"."""
    return read_probe(work.cas.text(work.inputs["probe"], "probe.json"))


def _probe(work: Work, deployment: Deployment) -> Tree:
    spec = deployment.spec(work)
    work.cas.materialise(work.inputs["model"], work.folder / "model", shared=True)
    paths = deployment.place_modules(work, work.folder / "modules")
    rows: list[Mapping[str, object]] = []
    if sample := deployment.config.model.sample:
        data = deployment.rows(work, "sample", sample.path)
        rows += typed_rows(data, spec.inputs, field=("model", "sample"))
    request = work.folder / "request.json"
    asked = probe_request(spec, work.folder / "model", rows, publish=deployment.published)
    request.write_text(asked, encoding="utf-8")
    answer = work.folder / "answer.json"
    path = {"PYTHONPATH": ":".join(map(str, (_copied(work), *paths)))}
    command = ["-m", MODULE, str(request), str(answer)]
    said = _python(work, deployment.model_environment, command, path, MODEL_FIELD)
    text = answer.read_text(encoding="utf-8")
    found = read_probe(text)
    for method in deployment.methods(spec):
        if method in found.problems:
            text = f"the model's {method} fails: {found.problems[method]}"
            others = len(spec.methods) > len(found.problems)
            hint = advice(found.problems[method], spec.container, sampled=bool(rows), others=others)
            raise fail("probe-failed", text, field=MODEL_FIELD, help=hint, notes=["\n".join(said[-20:])])
    return work.cas.put_texts({"probe.json": text})


def advice(problem: str, container: str, *, sampled: bool, others: bool) -> str:
    """What may help where a method fails; `others` says whether there are methods which do not."""
    if problem.startswith(("ImportError", "ModuleNotFoundError")):
        return "what it lacks can be named in `serve.requirements`"
    if container == "dataframe" and "'DataFrame' object has no attribute" in problem:
        return "a service gives it a table of pandas, whichever library's it was fitted on"
    if not sampled:
        return "`model.sample` would show rows that it takes"
    return "leave it out with `serve.methods`" if others else ""


def _copied(work: Work) -> Path:
    """A folder for Python's path with the probe's package and the model's loader."""
    folder = work.folder / "probe"
    (folder / PACKAGE).mkdir(parents=True)
    work.cas.materialise(work.inputs[LOADER], folder)
    for script in SCRIPTS:
        (folder / PACKAGE / script.name).write_bytes(script.read_bytes())
    return folder


def _openapi(work: Work, deployment: Deployment) -> Tree:
    work.cas.materialise(work.inputs["code"], work.folder / "code")
    script = openapi_command(deployment.config.name)
    deployment.place_modules(work, work.folder / "code" / "src")
    path = {"PYTHONPATH": str(work.folder / "code" / "src")}
    said = _python(work, "env-serve", ["-c", script], path, ("serve",))
    return work.cas.put_texts({"openapi.json": "\n".join(said) + "\n"})


def _python(work: Work, environment: str, arguments: list[str], environ: Mapping[str, str], field: Field) -> list[str]:
    """Run an environment's Python; the lines that it printed. UserError `model-broken` when it fails."""
    lines = list[str]()
    if run_python(work, environment, arguments, environ, folder=work.folder, log=lines.append) != 0:
        text = "the model cannot be loaded and asked in the serving environment"
        lacking = any("No module named" in line for line in lines[-3:])
        hint = "add the package that it lacks to `serve.requirements`" if lacking else ""
        raise fail("model-broken", text, field=field, help=hint, notes=["\n".join(lines[-25:])])
    return lines


def run_python(
    work: Work,
    environment: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    folder: Path,
    log: Callable[[str], None],
    timeout: float | None = None,
) -> int:
    """Run an environment's Python without network, as far as this machine can; its exit code."""
    python = work.pythons[environment]
    clean = sandbox.clean_environ(python=python, home=work.folder, passed=environ)
    command = [str(python), "-W", "ignore", *arguments]
    if sandbox.available():
        command = sandbox.confined(command, network=False, hidden=None)
    return work.processes.run(command, folder=folder, environ=clean, log=log, timeout=timeout)
