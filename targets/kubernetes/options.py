"""What deploy.yaml may say below `targets: {kubernetes: ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from ...schema.config import Path, Text, Variable
from ...schema.constraints import Doc, Maximum, Minimum, Pattern, Shorthand

LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""RFC 1123's label, as namespaces and most objects are named."""

_SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
_KEY = r"[A-Za-z0-9._-]+"

Label = Annotated[
    str, Pattern(LABEL, "at most 63 lower-case letters, digits and -, with a letter or digit at both ends")
]
Host = Annotated[str, Pattern(rf"(\*\.)?{_SUBDOMAIN}", "a host's name such as churn.example.com")]
Object = Annotated[str, Pattern(_SUBDOMAIN, "the name of an object in the cluster")]
KeyOf = Annotated[
    str, Pattern(rf"{_SUBDOMAIN}/{_KEY}", "the name of an object and a key in it, such as churn-keys/api")
]
Cpu = Annotated[str, Pattern(r"[0-9]+m|[0-9]+(\.[0-9]{1,3})?", "a number of processors such as 2, 0.5 or 500m")]
Memory = Annotated[str, Pattern(r"[1-9][0-9]*(Ki|Mi|Gi|Ti|k|M|G|T)?", "an amount of memory such as 512Mi or 2Gi")]
_PINNED = r"[a-z0-9]+([.-][a-z0-9]+)*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[A-Za-z0-9_.-]+)?@sha256:[0-9a-f]{64}"
Pinned = Annotated[str, Pattern(_PINNED, "an image by its digest such as registry.example.com/churn-model@sha256:...")]
Image = Annotated[
    str,
    Pattern(
        rf"[a-z][a-z0-9]*(-[a-z0-9]+)*|{_PINNED}",
        "the name of an image target, or an image by its digest such as registry.example.com/churn@sha256:...",
    ),
]
Folder = Annotated[
    str,
    Pattern(r"(?![/~])(?![A-Za-z]:)[^\x00\\]+", "a path relative to deploy.yaml's folder, with / between its parts"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """How many pods run at once."""

    min: Annotated[int, Minimum(1), Maximum(10000), Doc("How many there are at least.")] = 2
    max: Annotated[
        int | None, Minimum(1), Maximum(10000), Doc("How many there may be; with it the number follows the load.")
    ] = None
    cpu: Annotated[
        int, Minimum(1), Maximum(1000), Doc("Percent of the requested processors above which there are more.")
    ] = 70


def _fixed(number: object) -> dict[str, object]:
    return {"min": number}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a pod is given of its machine."""

    cpu: Annotated[Cpu, Doc("Processors that it is sure to have.")] = "250m"
    memory: Annotated[Memory, Doc("Memory that it is sure to have.")] = "512Mi"
    cpu_limit: Annotated[Cpu | None, Doc("Processors that it has at most; by default, what is free.")] = None
    memory_limit: Annotated[Memory | None, Doc("Memory at which it is ended; by default `memory`.")] = None
    extended: Annotated[
        Mapping[Text, int], Doc("Devices by their resource's name, such as nvidia.com/gpu, and how many.")
    ] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """How the service is reached from outside the cluster."""

    host: Annotated[Host, Doc("Name under which it is reached.")]
    class_name: Annotated[Object | None, Doc("The ingress class; by default the cluster's.")] = None
    tls: Annotated[Object | None, Doc("Secret that holds the certificate.")] = None
    annotations: Annotated[Mapping[Text, str], Doc("Annotations that the ingress controller reads.")] = field(
        default_factory=dict
    )


def _at(host: object) -> dict[str, object]:
    return {"host": host}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Who may speak with the pods."""

    namespaces: Annotated[
        tuple[Label, ...], Doc("Namespaces whose pods may ask the service, beside its own; by default all may.")
    ] = ()
    egress: Annotated[bool, Doc("Whether the service may ask others, as hooks and telemetry do.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How pods run the image of the service, whatever it is that manages them."""

    image: Annotated[
        Image | None,
        Doc("The image target whose image is run, by name, or an image by its digest; by default the only one."),
    ] = None
    namespace: Annotated[Label | None, Doc("Namespace of all objects; by default kubectl's own.")] = None
    replicas: Annotated[
        Replicas,
        Shorthand(Annotated[int, Minimum(1), Maximum(10000)], _fixed),
        Doc("How many pods run at once: a number, or {min, max, cpu} to follow the load."),
    ] = Replicas()
    resources: Annotated[Resources, Doc("What a pod is given of its machine.")] = Resources()
    env: Annotated[Mapping[Variable, str], Doc("Environment variables of the service.")] = field(default_factory=dict)
    secrets: Annotated[Mapping[Variable, KeyOf], Doc("Environment variables that take their value from a Secret.")] = (
        field(default_factory=dict)
    )
    config: Annotated[
        Mapping[Variable, KeyOf], Doc("Environment variables that take their value from a ConfigMap.")
    ] = field(default_factory=dict)
    pull_secrets: Annotated[tuple[Object, ...], Doc("Secrets with which the image is pulled.")] = ()
    service_account: Annotated[Object | None, Doc("Service account of the pods; its token is not given to them.")] = (
        None
    )
    node_selector: Annotated[Mapping[Text, str], Doc("Labels of the machines that may run it.")] = field(
        default_factory=dict
    )
    tolerations: Annotated[
        tuple[Mapping[Text, object], ...], Doc("Taints of machines that it tolerates, as Kubernetes has them.")
    ] = ()
    labels: Annotated[Mapping[Text, str], Doc("Further labels of all objects.")] = field(default_factory=dict)
    annotations: Annotated[Mapping[Text, str], Doc("Annotations of the pods.")] = field(default_factory=dict)
    drain_seconds: Annotated[
        int, Minimum(0), Maximum(3600), Doc("How long a pod goes on serving while others learn that it is to end.")
    ] = 5
    patches: Annotated[
        tuple[Path | Mapping[Text, object], ...],
        Doc("Partial manifests that are merged last: files, or mappings with `kind`."),
    ] = ()
    write: Annotated[
        Folder | None, Doc("A folder in which the manifests are put as well, such as ../gitops/apps/churn.")
    ] = None
    context: Annotated[Text | None, Doc("kubectl's context to publish with; by default the current one.")] = None
    rollout_seconds: Annotated[
        int, Minimum(1), Maximum(86400), Doc("How long publishing waits until the new pods serve.")
    ] = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Running):
    """Manifests that run the image of the service in a Kubernetes cluster."""

    ingress: Annotated[
        Ingress | None, Shorthand(Host, _at), Doc("How it is reached from outside; text is its `host`.")
    ] = None
    network: Annotated[Network, Doc("Who may speak with the pods.")] = Network()
    monitoring: Annotated[
        Literal["annotations", "monitor", "none"],
        Doc("How Prometheus finds the metrics: by annotations of the pods, or by a ServiceMonitor of its operator."),
    ] = "annotations"
    layout: Annotated[
        Literal["plain", "kustomize"], Doc("Whether a kustomization.yaml lists the manifests, as a base for others.")
    ] = "plain"
