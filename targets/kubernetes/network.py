"""The objects by which the service is reached: in the cluster, from outside, and by Prometheus."""

from __future__ import annotations

from .manifest import Data, Manifest, lean
from .workload import PORT, App

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""A label that every namespace has: its own name."""


def service(app: App) -> Manifest:
    """The Service: port 80 of the cluster's own name for the pods."""
    ports: list[Data] = [{"name": PORT, "port": 80, "targetPort": PORT, "protocol": "TCP"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": app.metadata(),
        "spec": {"type": "ClusterIP", "selector": app.selector, "ports": ports},
    }


def ingress(app: App) -> Manifest | None:
    """The Ingress, where a host is named."""
    wanted = app.options.ingress
    if wanted is None:
        return None
    backend: dict[str, Data] = {"service": {"name": app.name, "port": {"name": PORT}}}
    rule: dict[str, Data] = {
        "host": wanted.host,
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    spec = lean(
        ingressClassName=wanted.class_name,
        tls=[{"hosts": [wanted.host], "secretName": wanted.tls}] if wanted.tls else [],
        rules=[rule],
    )
    metadata = {**app.metadata(), **lean(annotations=wanted.annotations)}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def policy(app: App) -> Manifest:
    """The NetworkPolicy: in comes what goes to the service's port, out goes nothing unless deploy.yaml says so."""
    network = app.options.network
    others: list[Data] = [{"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: n}}} for n in network.namespaces]
    own: list[Data] = [{"podSelector": {}}] if others else []
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": app.selector},
        "policyTypes": ["Ingress"] if network.egress else ["Ingress", "Egress"],
        "ingress": [{"ports": [{"port": PORT, "protocol": "TCP"}], **lean(**{"from": [*own, *others]})}],
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": app.metadata(),
        "spec": spec,
    }


def monitor(app: App) -> Manifest | None:
    """The ServiceMonitor, where deploy.yaml asks for one and there are metrics; with the key, where they need one."""
    if app.options.monitoring != "monitor" or not app.config.serve.metrics:
        return None
    name, _, key = app.options.secrets.get(f"{app.prefix}API_KEY", "").partition("/")
    given: dict[str, Data] = {"type": "Bearer", "credentials": {"name": name, "key": key}}
    endpoint = lean(port=PORT, path="/metrics", authorization=given if name else None)
    spec: dict[str, Data] = {"selector": {"matchLabels": app.selector}, "endpoints": [endpoint]}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": app.metadata(),
        "spec": spec,
    }
