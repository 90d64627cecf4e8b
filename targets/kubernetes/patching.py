"""Partial manifests of the user's, merged into the made ones as `kubectl patch` and kustomize do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...schema.diagnostics import Diagnostic, Field, UserError
from .manifest import Data, Manifest, at

DIRECTIVE = "$patch"
"""The key beside a patch's own that says what is done: `delete` or `replace`, as in a strategic merge patch."""

_POD: Mapping[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "volumes": "name",
    "topologySpreadConstraints": "topologyKey",
}
_KEYS: Mapping[str, Mapping[str, str]] = {"Deployment": _POD, "InferenceService": _POD, "Service": {"ports": "port"}}
"""Lists that are merged item by item, by kind, and the key that tells their items apart; all others are replaced."""


def patched(manifests: Sequence[Manifest], patches: Sequence[tuple[Field, Data]]) -> tuple[Manifest, ...]:
    """The manifests with every patch merged in, in order; a patch names its object by kind, and by name if it likes.

    UserError `bad-patch` has all patches that fit no object.
    """
    if mistakes := tuple(_mistakes(manifests, patches)):
        raise UserError(*mistakes)
    for _, patch in patches:
        manifests = [made for one in manifests for made in _applied(one, patch)]
    return tuple(manifests)


def merge(base: Data, patch: Data, keys: Mapping[str, str]) -> Data:
    """The base with what the patch says: mappings are merged, null removes, everything else takes the base's place."""
    if not isinstance(patch, Mapping):
        return patch
    if patch.get(DIRECTIVE) == "replace" or not isinstance(base, Mapping):
        return _clean(patch)
    made = dict(base)
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        elif key != DIRECTIVE:
            made[key] = _merged(made.get(key), value, key, keys)
    return made


def _merged(base: Data, patch: Data, name: str, keys: Mapping[str, str]) -> Data:
    if isinstance(patch, list) and isinstance(base, list | tuple) and name in keys:
        return _merged_list(base, patch, keys[name], keys)
    return merge(base, patch, keys)


def _merged_list(base: Sequence[Data], patch: Sequence[Data], key: str, keys: Mapping[str, str]) -> Data:
    """The base's items in their order, those that the patch names with what it says, and then its new ones."""
    made = list(base)
    for item in patch:
        place = next(
            (n for n, old in enumerate(made) if at(old, key) is not None and at(old, key) == at(item, key)), None
        )
        if at(item, DIRECTIVE) == "delete":
            made = [old for number, old in enumerate(made) if number != place]
        elif place is None:
            made.append(merge(None, item, keys))
        else:
            made[place] = merge(made[place], item, keys)
    return made


def _clean(patch: Data) -> Data:
    """A patch that stands for itself: without its nulls and directives."""
    if not isinstance(patch, Mapping):
        return patch
    return {key: _clean(value) for key, value in patch.items() if value is not None and key != DIRECTIVE}


def _applied(manifest: Manifest, patch: Data) -> Iterator[Manifest]:
    if not _fits(manifest, patch):
        yield manifest
    elif at(patch, DIRECTIVE) != "delete":
        made = merge(manifest, patch, _KEYS.get(str(manifest["kind"]), {}))
        assert isinstance(made, Mapping)  # a mapping merged into one
        yield made


def _fits(manifest: Manifest, patch: Data) -> bool:
    name = at(patch, "metadata", "name")
    return at(patch, "kind") == manifest["kind"] and name in (None, at(manifest, "metadata", "name"))


def _mistakes(manifests: Sequence[Manifest], patches: Sequence[tuple[Field, Data]]) -> Iterator[Diagnostic]:
    there = ", ".join(f"{one['kind']} {at(one, 'metadata', 'name')}" for one in manifests)
    for field, patch in patches:
        kind, name = at(patch, "kind"), at(patch, "metadata", "name")
        if not isinstance(patch, Mapping) or not isinstance(kind, str):
            text = "this patch does not say the `kind` of the object that it changes"
            yield Diagnostic(code="bad-patch", message=text, field=field, help="such as `kind: Deployment`")
        elif not any(_fits(one, patch) for one in manifests):
            named = f"{kind} `{name}`" if name else kind
            yield Diagnostic(
                code="bad-patch", message=f"there is no {named} to patch", field=field, help=f"there are: {there}"
            )
