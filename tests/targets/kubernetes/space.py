"""Deployments as values, and the manifests that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deployc.schema.config import Config, Entry
from deployc.targets import kubernetes
from deployc.targets.kubernetes.manifest import Manifest
from deployc.targets.kubernetes.options import Ingress, Network, Options, Replicas, Resources
from deployc.targets.kubernetes.workload import App

from ..project.space import config

IMAGE = f"registry.example.com/models/churn@sha256:{'ab' * 32}"

PLAIN = Options(image=IMAGE)
FULL = Options(
    image=IMAGE,
    namespace="models",
    replicas=Replicas(min=3, max=12, cpu=60),
    resources=Resources(cpu="2", memory="4Gi", cpu_limit="4", extended={"nvidia.com/gpu": 1}),
    ingress=Ingress(
        host="churn.example.com", class_name="nginx", tls="churn-tls", annotations={"nginx.org/timeout": "60s"}
    ),
    network=Network(namespaces=("ingress-nginx", "monitoring"), egress=True),
    env={"CHURN_LOG_LEVEL": "debug", "CHURN_SHUTDOWN_SECONDS": "60", "LIMIT": "1e6", "ANSWER": "y"},
    secrets={"CHURN_API_KEY": "churn-keys/api-key"},
    config={"REGION": "site/region"},
    pull_secrets=("registry",),
    service_account="churn",
    node_selector={"disk": "ssd"},
    tolerations=({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 60},),
    labels={"team": "growth"},
    annotations={"example.com/owner": "growth@example.com"},
    monitoring="monitor",
    drain_seconds=10,
    layout="kustomize",
)
CASES: Mapping[str, tuple[Config, Options]] = {
    "plain": (config(), PLAIN),
    "full": (config(api_key=True, port=9000), FULL),
}


def deployed(made: Config, options: Options) -> Config:
    """The config with a target `kubernetes`."""
    return replace(made, targets={"kubernetes": Entry(name="kubernetes", kind="kubernetes", options=options)})


def app(made: Config, options: Options) -> App:
    return App(config=made, options=options, image=options.image or "")


def manifests(case: str) -> dict[str, Manifest]:
    """The objects of a case by kind."""
    return {str(one["kind"]): one for one in kubernetes.objects(app(*CASES[case]))}
