"""What must hold between manifests, which no schema of a single one can see: names, labels, ports, digests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .manifest import Data, Manifest, at, each, table

MODEL = "STORAGE_URI"
"""The variable by which KServe learns what it is to bring."""

_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_LABEL_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|[kMGT]|[KMGT]i)?")
_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_UNITS |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a cluster would refuse, or accept and not do."""

    object: str
    message: str


def problems(manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """All that does not hold."""
    yield from _distinct(manifests)
    for one in manifests:
        yield from _named(one)
        if one.get("kind") == "Deployment":
            yield from _runs(one)
        if one.get("kind") == "InferenceService":
            yield from _has_all(one, table(one, "spec", "predictor"))
        yield from _points(one, manifests)


def _distinct(manifests: Sequence[Manifest]) -> Iterator[Problem]:
    for name, count in Counter(map(_called, manifests)).items():
        if count > 1:
            yield Problem(object=name, message=f"is there {count} times")
    spaces = {str(at(one, "metadata", "namespace")) for one in manifests}
    if len(spaces) > 1:
        yield Problem(object="the objects", message=f"lie in several namespaces: {', '.join(sorted(spaces))}")


def _named(one: Manifest) -> Iterator[Problem]:
    name = at(one, "metadata", "name")
    if not at(one, "apiVersion") or not at(one, "kind"):
        yield Problem(object=_called(one), message="has no apiVersion or no kind")
    short = one.get("kind") == "Service"
    if not isinstance(name, str) or not (_LABEL_NAME if short else _NAME).fullmatch(name):
        yield Problem(object=_called(one), message=f"has a name that Kubernetes refuses{', longer than 63' * short}")
    for key, value in table(one, "metadata", "labels").items():
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            yield Problem(object=_called(one), message=f"has a label `{key}` whose value is none: `{value}`")


def _runs(one: Manifest) -> Iterator[Problem]:
    """Of a Deployment: it finds its own pods, and these have all that they name."""
    pod = table(one, "spec", "template")
    if not _selects(table(one, "spec", "selector", "matchLabels"), pod):
        yield Problem(object=_called(one), message="does not select the pods of its own template")
    yield from _has_all(one, table(pod, "spec"))


def _has_all(one: Manifest, pod: Mapping[str, Data]) -> Iterator[Problem]:
    """Of a pod's spec: its containers find what they name."""
    volumes = {at(volume, "name") for volume in each(pod, "volumes")}
    for container in each(pod, "containers"):
        yield from (Problem(object=_called(one), message=text) for text in _container(container, volumes))


def _container(container: Mapping[str, Data], volumes: set[Data]) -> Iterator[str]:
    name, image = container.get("name"), container.get("image")
    if not isinstance(image, str) or not _DIGEST.fullmatch(image):
        yield f"container `{name}` has an image without a digest, which may be another one tomorrow: `{image}`"
    for variable in each(container, "env"):
        model = at(variable, "value")
        if at(variable, "name") == MODEL and str(model).startswith("oci://") and not _DIGEST.fullmatch(str(model)):
            yield f"container `{name}` has a model without a digest, which may be another one tomorrow: `{model}`"
    ports = {at(port, key) for port in each(container, "ports") for key in ("name", "containerPort")}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        port = at(container, probe, "httpGet", "port")
        if port is not None and port not in ports:
            yield f"{probe} of container `{name}` asks port `{port}`, which it has not"
    for twice, count in Counter(str(at(variable, "name")) for variable in each(container, "env")).items():
        if count > 1:
            yield f"container `{name}` has the variable `{twice}` {count} times"
    for mount in each(container, "volumeMounts"):
        if at(mount, "name") not in volumes:
            yield f"container `{name}` mounts a volume that is not there: `{at(mount, 'name')}`"
    yield from _resources(container)


def _resources(container: Mapping[str, Data]) -> Iterator[str]:
    limits = table(container, "resources", "limits")
    for resource, wanted in table(container, "resources", "requests").items():
        least, most = _quantity(wanted), _quantity(limits.get(resource))
        if least is not None and most is not None and least > most:
            yield f"container `{container.get('name')}` requests more {resource} than its limit: {wanted}"


def _points(one: Manifest, manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """What an object says of others is there."""
    match one.get("kind"):
        case "Service":
            found = _service(one, manifests)
        case "Ingress":
            found = _ingress(one, manifests)
        case "HorizontalPodAutoscaler":
            found = _autoscaler(one, manifests)
        case "PodDisruptionBudget":
            found = _selector(table(one, "spec", "selector", "matchLabels"), manifests)
        case "NetworkPolicy":
            found = _selector(table(one, "spec", "podSelector", "matchLabels"), manifests)
        case "ServiceMonitor":
            found = _monitor(one, manifests)
        case _:
            return
    yield from (Problem(object=_called(one), message=text) for text in found)


def _service(one: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    pods = [pod for pod in _pods(manifests) if _selects(table(one, "spec", "selector"), pod)]
    if not pods:
        yield "selects no pods"
    ports = {
        at(port, key)
        for pod in pods
        for container in each(pod, "spec", "containers")
        for port in each(container, "ports")
        for key in ("name", "containerPort")
    }
    for port in each(one, "spec", "ports"):
        target = port.get("targetPort", port.get("port"))
        if pods and target not in ports:
            yield f"leads to port `{target}`, which the pods have not"


def _ingress(one: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    services = {at(m, "metadata", "name"): m for m in manifests if m.get("kind") == "Service"}
    for rule in each(one, "spec", "rules"):
        for path in each(rule, "http", "paths"):
            name, port = at(path, "backend", "service", "name"), table(path, "backend", "service", "port")
            ports = {at(p, key) for p in each(services.get(name), "spec", "ports") for key in ("name", "port")}
            if name not in services:
                yield f"leads to a service that is not there: `{name}`"
            elif not {port.get("name"), port.get("number")} & ports:
                yield f"leads to a port that service `{name}` has not"


def _autoscaler(one: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    kind, name = at(one, "spec", "scaleTargetRef", "kind"), at(one, "spec", "scaleTargetRef", "name")
    if (kind, name) not in {(m.get("kind"), at(m, "metadata", "name")) for m in manifests}:
        yield f"scales what is not there: {kind} `{name}`"
    least, most = at(one, "spec", "minReplicas"), at(one, "spec", "maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield f"has a greatest number of pods below the least: {most} < {least}"


def _monitor(one: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    labels = table(one, "spec", "selector", "matchLabels")
    services = [m for m in manifests if m.get("kind") == "Service" and _selects(labels, m)]
    if not services:
        yield "selects no service"
    ports = {at(port, "name") for service in services for port in each(service, "spec", "ports")}
    for endpoint in each(one, "spec", "endpoints"):
        if services and endpoint.get("port") not in ports:
            yield f"reads port `{endpoint.get('port')}`, which the service has not"


def _selector(labels: Mapping[str, Data], manifests: Sequence[Manifest]) -> Iterator[str]:
    if not any(_selects(labels, pod) for pod in _pods(manifests)):
        yield "selects no pods"


def _pods(manifests: Sequence[Manifest]) -> list[Mapping[str, Data]]:
    return [table(m, "spec", "template") for m in manifests if m.get("kind") == "Deployment"]


def _selects(labels: Mapping[str, Data], what: Mapping[str, Data]) -> bool:
    """Whether labels select something that has metadata; none select all, which no object here may mean."""
    return bool(labels) and labels.items() <= table(what, "metadata", "labels").items()


def _quantity(text: Data) -> float | None:
    found = _QUANTITY.fullmatch(str(text))
    return float(found[1]) * _UNITS[found[2] or ""] if found else None


def _called(one: Manifest) -> str:
    return f"{one.get('kind')} `{at(one, 'metadata', 'name')}`"
