"""As much of Kubernetes' HTTP interface as kubectl needs to apply manifests, to follow a rollout and to take it back.

No cluster can be started where tests run, so this keeps objects and runs nothing: pods of an image whose name ends in
`broken` never become ready, all others at once. An InferenceService has the Deployment that KServe would make of it,
unless its image's name ends in `unmade`. kubectl is the real one.
"""

from __future__ import annotations

import json
import shutil
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

Object = dict[str, Any]  # JSON of any kind

KINDS = {
    "v1": {"services": "Service", "pods": "Pod"},
    "apps/v1": {"deployments": "Deployment", "replicasets": "ReplicaSet"},
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy", "ingresses": "Ingress"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "serving.kserve.io/v1beta1": {"inferenceservices": "InferenceService"},
}
REVISION = "deployment.kubernetes.io/revision"


def root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


@dataclass(kw_only=True)
class Cluster:
    """What was applied, by path; and a kubeconfig that leads to it, with the one context `tests`."""

    kubeconfig: Path
    objects: dict[str, Object] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    """Images of the Deployments, in the order in which they were to run."""
    down: bool = False
    """Whether no pod becomes ready any more."""

    def apply(self, path: str, given: Object, manager: str) -> Object:
        """What server-side apply makes of an object that is there or is not."""
        before = self.objects.get(path, {})
        found = {**before, **given, "metadata": {**before.get("metadata", {}), **given["metadata"]}}
        if found["kind"] == "Deployment":
            found["spec"] = {**before.get("spec", {}), **given["spec"]}
            said = {each["manager"]: each for each in found["metadata"].get("managedFields", [])}
            said[manager] = _fields(manager, said="replicas" in given["spec"])
            found["metadata"]["managedFields"] = list(said.values())
            if not any(each["fieldsV1"] for each in said.values()):
                found["spec"]["replicas"] = 1  # what nobody says any more is what it is by default
        return found

    def keep(self, path: str, found: Object) -> Object:
        """Keep an object; of a Deployment also its revision and its pods, as Kubernetes' controllers do."""
        generation = found["metadata"].get("generation", 0) + 1
        found["metadata"] = {**found["metadata"], "uid": path, "generation": generation, "resourceVersion": "1"}
        if found["kind"] == "Deployment":
            self._roll(path, found)
        if found["kind"] == "InferenceService":
            self._predict(path, found)
        self.objects[path] = found
        return found

    def _predict(self, path: str, found: Object) -> None:
        """What KServe makes of an InferenceService: it hands its annotations on."""
        name, pod = f"{found['metadata']['name']}-predictor", found["spec"]["predictor"]
        if pod["containers"][0]["image"].partition("@")[0].endswith("unmade"):
            return
        labels = {"app": name}
        template = {"metadata": {"labels": labels, "annotations": found["metadata"]["annotations"]}, "spec": pod}
        spec = {"selector": {"matchLabels": labels}, "replicas": pod["minReplicas"], "template": template}
        metadata = {"name": name, "namespace": found["metadata"]["namespace"]}
        folder = path.replace("serving.kserve.io/v1beta1", "apps/v1").rpartition("/inferenceservices/")[0]
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
        place = f"{folder}/deployments/{name}"
        self.keep(place, self.apply(place, made, "kserve"))

    def _roll(self, path: str, found: Object) -> None:
        template, wanted = found["spec"]["template"], found["spec"]["replicas"]
        image = template["spec"]["containers"][0]["image"]
        annotations = found["metadata"].setdefault("annotations", {})
        newest = int(annotations.get(REVISION, 0))
        current = f"{path.rpartition('/deployments/')[0]}/replicasets/{found['metadata']['name']}-{newest}"
        if not newest or self.objects[current]["spec"]["template"] != template:
            self.applied.append(image)
            annotations[REVISION] = str(newest + 1)
            self._keep_revision(path, found, annotations[REVISION])
        ready = 0 if self.down or image.partition("@")[0].endswith("broken") else wanted
        found["status"] = {
            "observedGeneration": found["metadata"]["generation"],
            **dict.fromkeys(("replicas", "updatedReplicas"), wanted),
            **dict.fromkeys(("readyReplicas", "availableReplicas"), ready),
        }
        self._keep_pod(path, ready=bool(ready))

    def _keep_pod(self, path: str, *, ready: bool) -> None:
        """One of the pods."""
        space = path.rpartition("/deployments/")[0].replace("/apis/apps/v1", "/api/v1")
        waiting = {} if ready else {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
        self.objects[f"{space}/pods/penguins-1"] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "penguins-1"},
            "status": {"containerStatuses": [{"name": "service", "ready": ready, "state": waiting}]},
        }

    def _keep_revision(self, path: str, found: Object, revision: str) -> None:
        name = f"{found['metadata']['name']}-{revision}"
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": found["metadata"]["name"], "uid": path}
        folder = f"{path.rpartition('/deployments/')[0]}/replicasets"
        for at in [at for at, each in self.objects.items() if at.startswith(f"{folder}/")]:
            if self.objects[at]["spec"]["template"] == found["spec"]["template"]:
                del self.objects[at]  # it gets the new number
        self.objects[f"{folder}/{name}"] = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": name,
                "uid": name,
                "labels": found["spec"]["template"]["metadata"]["labels"],
                "annotations": {REVISION: revision},
                "ownerReferences": [{**owner, "controller": True}],
            },
            "spec": {"replicas": 0, "selector": found["spec"]["selector"], "template": found["spec"]["template"]},
        }

    def patch(self, path: str, changes: list[Object]) -> Object:
        """A JSON patch (RFC 6902) whose changes all replace, as `kubectl rollout undo` sends it."""
        found: Object = json.loads(json.dumps(self.objects[path]))
        for change in changes:
            *parents, last = change["path"].strip("/").split("/")
            place = found
            for part in parents:
                place = place[part]
            place[last] = change["value"]
        return self.keep(path, found)


def _fields(manager: str, *, said: bool) -> Object:
    fields = {"f:spec": {"f:replicas": {}}} if said else {}
    return {"manager": manager, "operation": "Apply", "fieldsV1": fields}


def discovered(path: str) -> Object | None:
    """What Kubernetes says of itself."""
    groups = [version for version in KINDS if "/" in version]
    fixed: dict[str, Object] = {
        "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(version) for version in groups]},
        "/openapi/v3": {"paths": {root(v).strip("/"): {"serverRelativeURL": f"/openapi/v3{root(v)}"} for v in KINDS}},
    }
    for version, kinds in KINDS.items():
        verbs = ["create", "get", "list", "patch", "update", "watch"]
        resources = [
            {"name": n, "kind": k, "namespaced": True, "singularName": "", "verbs": verbs} for n, k in kinds.items()
        ]
        fixed[root(version)] = {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
        fixed[f"/openapi/v3{root(version)}"] = {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "v1.32.0"},
            "paths": {
                f"{root(version)}/namespaces/{{namespace}}/{n}/{{name}}": _patchable(version, k)
                for n, k in kinds.items()
            },
        }
    return fixed.get(path)


def _group(version: str) -> Object:
    said = {"groupVersion": version, "version": version.partition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [said], "preferredVersion": said}


def _patchable(version: str, kind: str) -> Object:
    group, _, short = version.rpartition("/")
    gvk = {"group": group, "version": short, "kind": kind}
    parameters = [{"name": name, "in": "query"} for name in ("fieldValidation", "dryRun")]
    return {"patch": {"parameters": parameters, "responses": {}, "x-kubernetes-group-version-kind": gvk}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: ClassVar[Cluster]

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, urlsplit(self.path).query
        found = discovered(path) or self.cluster.objects.get(path)
        if path == "/openapi/v2":
            self._say(200, b"", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
        elif found:
            self._json(found)
        elif kind := next(
            (kinds[path.rpartition("/")[2]] for kinds in KINDS.values() if path.rpartition("/")[2] in kinds), ""
        ):
            self._list(path, kind, watched="watch=" in query)
        else:
            self._json({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}, 404)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._json(self.cluster.keep(urlsplit(self.path).path, json.loads(body)))

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if self.headers["Content-Type"] == "application/json-patch+json":
            self._json(self.cluster.patch(path, json.loads(body)))
            return
        found = self.cluster.apply(path, yaml.safe_load(body), query["fieldManager"][0])
        self._json(found if "dryRun" in query else self.cluster.keep(path, found))

    def _list(self, path: str, kind: str, *, watched: bool) -> None:
        items = [found for at, found in self.cluster.objects.items() if at.startswith(f"{path}/")]
        if watched:
            events = [json.dumps({"type": "MODIFIED", "object": item}) + "\n" for item in items]
            self._say(200, "".join(events).encode(), "application/json")
        else:
            version = next(v for v, kinds in KINDS.items() if kind in kinds.values())
            self._json(
                {"kind": f"{kind}List", "apiVersion": version, "metadata": {"resourceVersion": "1"}, "items": items}
            )

    def _json(self, data: Object, status: int = 200) -> None:
        self._say(status, json.dumps(data).encode(), "application/json")

    def _say(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[Cluster]:
    """An empty cluster until the block ends."""
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl here: apt-get install kubernetes-client")
    cluster = Cluster(kubeconfig=folder / "kubeconfig")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"cluster": cluster}))
    assert isinstance(server, socketserver.TCPServer)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": {"server": address}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "namespace": "default"}}],
    }
    cluster.kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
