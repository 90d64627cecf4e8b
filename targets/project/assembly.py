"""The whole project: code, the model's bytes, the lock, the OpenAPI document, and build.json, which names them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...compiler.cas import Cas
from ...compiler.digest import of_text
from ...compiler.tree import Tree


def assemble(
    *,
    cas: Cas,
    code: Tree,
    model: Tree,
    lock_text: str,
    openapi: str,
    modules: Tree,
    package: str,
    deployc: str,
    compiled: Mapping[str, str] | None = None,
) -> Tree:
    """One tree of all parts. `modules` is the user's own code as it lies below src/; `deployc` is our version.

    `compiled` says of a compiled model `by` what it was, and the digests of its `proof` and of the `original`.
    """
    build: dict[str, object] = {"deployc": deployc, "lock": of_text(lock_text), "model": model.digest}
    build["code"] = (code | modules.at("src")).digest
    build |= {"compiled": dict(compiled)} if compiled else {}
    texts = {
        "requirements.lock": lock_text,
        "openapi.json": openapi,
        f"src/{package}/build.json": json.dumps(build, indent=2, sort_keys=True) + "\n",
    }
    return code | modules.at("src") | model.at(f"src/{package}/artifact") | cas.put_texts(texts)
