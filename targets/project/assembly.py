"""The whole project: code, the model's bytes, the lock, the OpenAPI document, and build.json, which names them."""

from __future__ import annotations

import json

from ...compiler.cas import Cas
from ...compiler.digest import of_text
from ...compiler.tree import Tree
from ...schema.diagnostics import fail


def assemble(
    *, cas: Cas, code: Tree, model: Tree, lock_text: str, openapi: str, modules: Tree, package: str, deployc: str
) -> Tree:
    """One tree of all parts. `modules` is the user's own code as it lies below src/; `deployc` is our version.

    UserError when one of the modules has the package's name.
    """
    taken = sorted({entry.path.partition("/")[0].removesuffix(".py") for entry in modules} & {package})
    if taken:
        raise fail(
            "module-name-taken",
            f"the module `{package}` of model.code has the name of the generated package",
            field=("model", "code"),
            help="give the deployment another name",
        )
    build = {"deployc": deployc, "lock": of_text(lock_text), "model": model.digest}
    texts = {
        "requirements.lock": lock_text,
        "openapi.json": openapi,
        f"src/{package}/build.json": json.dumps(build, indent=2, sort_keys=True) + "\n",
    }
    return code | modules.at("src") | model.at(f"src/{package}/artifact") | cas.put_texts(texts)
