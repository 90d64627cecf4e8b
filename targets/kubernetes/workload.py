"""The objects that run the service: its pods, how many there are, and how many may be missing."""

from __future__ import annotations

from dataclasses import dataclass

from ...schema.config import Config
from ..project.names import Names
from .manifest import Data, Manifest, data, lean, listed
from .options import Options

MANAGED = {"app.kubernetes.io/managed-by": "deployc"}
PORT = "http"
"""The name of the pods' one port."""

SHUTDOWN_SECONDS = 30
"""How long the service lets begun requests take, unless its environment says otherwise."""

STOPPING_SECONDS = 5
"""What a stopped process takes beyond that to end."""

STARTING_SECONDS = 600
"""How long loading the model may take."""

RESTRICTED: Manifest = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
"""Of the container: with POD_RESTRICTED what the Pod Security Standard `restricted` asks for, and no writable root."""

POD_RESTRICTED: Manifest = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One service in a cluster: what all of its objects are made of."""

    config: Config
    options: Options
    image: str
    """Registry, repository and digest."""
    modelcar: str = ""
    """The same of an image of the model; empty where the model is in the service's."""

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def prefix(self) -> str:
        return Names.of(self.config.name).prefix

    @property
    def selector(self) -> dict[str, Data]:
        """The labels by which its pods are found; a Deployment's can never be changed, so nothing else is in them."""
        return {"app.kubernetes.io/name": self.name}

    def metadata(self, *, name: str = "") -> dict[str, Data]:
        labels = {**self.options.labels, **self.selector, **MANAGED}
        return lean(name=name or self.name, namespace=self.options.namespace, labels=labels)


def deployment(app: App) -> Manifest:
    """The Deployment. Where an autoscaler decides over the number of pods it says none, not to undo it."""
    options = app.options
    spec = lean(
        replicas=options.replicas.min if options.replicas.max is None else None,
        selector={"matchLabels": app.selector},
        strategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
    )
    spec["template"] = {"metadata": _pod_metadata(app), "spec": pod(app)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": app.metadata(), "spec": spec}


def autoscaler(app: App) -> Manifest | None:
    """The HorizontalPodAutoscaler, where there is a greatest number."""
    replicas = app.options.replicas
    if replicas.max is None:
        return None
    target: dict[str, Data] = {"type": "Utilization", "averageUtilization": replicas.cpu}
    spec: dict[str, Data] = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app.name},
        "minReplicas": replicas.min,
        "maxReplicas": replicas.max,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": app.metadata(),
        "spec": spec,
    }


def disruption_budget(app: App) -> Manifest | None:
    """The PodDisruptionBudget; none for a single pod, which would only keep a machine from being emptied."""
    if app.options.replicas.min < 2:
        return None
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": app.metadata(),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": app.selector}},
    }


def has_plain_metrics(app: App) -> bool:
    """Whether Prometheus may read /metrics without a key."""
    return app.config.serve.metrics and not app.config.serve.api_key


def container(app: App) -> dict[str, Data]:
    """The one container."""
    return lean(
        name="service",
        image=app.image,
        ports=[{"name": PORT, "containerPort": app.config.serve.port, "protocol": "TCP"}],
        env=_environment(app),
        resources=resources(app.options),
        startupProbe=_probe("/readyz", periodSeconds=2, failureThreshold=STARTING_SECONDS // 2),
        readinessProbe=_probe("/readyz", periodSeconds=5, failureThreshold=2),
        livenessProbe=_probe("/healthz", periodSeconds=10, failureThreshold=6),
        securityContext=RESTRICTED,
        # the only place to write: bodies that are too long for memory, and the counters of several processes
        volumeMounts=[{"name": "tmp", "mountPath": "/tmp"}],
    )


def resources(options: Options) -> dict[str, Data]:
    """Requests and limits; no limit on processors by default, as it slows a pod down on a machine that idles."""
    given = options.resources
    extended = {name: str(count) for name, count in given.extended.items()}
    limits = lean(cpu=given.cpu_limit, memory=given.memory_limit or given.memory)
    return {"requests": {"cpu": given.cpu, "memory": given.memory, **extended}, "limits": {**limits, **extended}}


def _pod_metadata(app: App) -> dict[str, Data]:
    scraped = app.options.monitoring == "annotations" and has_plain_metrics(app)
    metrics = {"scrape": "true", "port": str(app.config.serve.port), "path": "/metrics"} if scraped else {}
    annotations = {f"prometheus.io/{name}": value for name, value in metrics.items()} | {**app.options.annotations}
    labels = {**app.options.labels, **app.selector, **MANAGED}
    return lean(labels=labels, annotations=annotations)


def pod(app: App) -> dict[str, Data]:
    """The spec of a pod."""
    options = app.options
    return lean(
        serviceAccountName=options.service_account,
        automountServiceAccountToken=False,
        enableServiceLinks=False,
        imagePullSecrets=[{"name": name} for name in options.pull_secrets],
        securityContext=POD_RESTRICTED,
        terminationGracePeriodSeconds=_grace(app),
        nodeSelector=options.node_selector,
        tolerations=data(options.tolerations),
        topologySpreadConstraints=[_spread(app)],
        containers=[container(app)],
        volumes=[{"name": "tmp", "emptyDir": {}}],
    )


def _spread(app: App) -> dict[str, Data]:
    """Pods go to different machines where there are such."""
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": app.selector},
    }


def _environment(app: App) -> list[Data]:
    options = app.options
    plain: dict[str, str] = {
        f"{app.prefix}HOST": "0.0.0.0",
        f"{app.prefix}PORT": str(app.config.serve.port),
        f"{app.prefix}DRAIN_SECONDS": str(app.options.drain_seconds),
        # the root is read-only, and a cluster collects what is written to standard error
        **({f"{app.prefix}PAYLOAD_LOG": "-"} if app.config.serve.payload_log else {}),
        **options.env,
    }
    values = [{"name": name, "value": value} for name, value in plain.items()]
    secrets = [_reference(name, "secretKeyRef", source) for name, source in options.secrets.items()]
    return listed([*values, *secrets, *(_reference(n, "configMapKeyRef", s) for n, s in options.config.items())])


def _reference(name: str, kind: str, source: str) -> dict[str, Data]:
    held, _, key = source.partition("/")
    return {"name": name, "valueFrom": {kind: {"name": held, "key": key}}}


def _probe(path: str, **times: int) -> dict[str, Data]:
    return {"httpGet": {"path": path, "port": PORT}, **times, "timeoutSeconds": 5}


def _grace(app: App) -> int:
    """Long enough for the pause, the requests that have begun, and the end of the process."""
    times = {"DRAIN_SECONDS": app.options.drain_seconds, "SHUTDOWN_SECONDS": SHUTDOWN_SECONDS}
    texts = {name: app.options.env.get(f"{app.prefix}{name}", "") for name in times}
    return STOPPING_SECONDS + sum(int(t) if t.isdecimal() else times[name] for name, t in texts.items())
