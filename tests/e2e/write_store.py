"""Writes into an MLflow store what tests look up. Run alone: `python write_store.py STORE ROOT COMMAND ...`.

STORE is the store's address, ROOT a folder for artifacts where the store has no place of its own for them. A command is
a JSON list: ["add", NAME, FOLDER, METRIC] logs a folder as a run's artifact `files` and as its logged model `model`,
registers that one as a new version, and prints {run, model, version} on a line; ["alias", NAME, ALIAS, VERSION].
"""

from __future__ import annotations

import json
import os
import sys

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_LOGGING_LEVEL"] = "ERROR"

import mlflow
from mlflow import MlflowClient

EXPERIMENT = "tests"


def add(client: MlflowClient, root: str, name: str, folder: str, metric: str) -> None:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    place = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT, root or None)
    run = client.create_run(place, tags={"team": "birds", "mlflow.source.name": "/home/someone/train.py"}).info.run_id
    client.log_param(run, "depth", "3")
    client.log_metric(run, "accuracy", float(metric))
    client.log_artifacts(run, folder, "files")
    client.set_terminated(run)
    model = client.create_logged_model(place, name="model", source_run_id=run)
    client.log_model_artifacts(model.model_id, folder)
    client.finalize_logged_model(model.model_id, "READY")
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    version = client.create_model_version(
        name, f"models:/{model.model_id}", run_id=run, model_id=model.model_id
    ).version
    print(json.dumps({"run": run, "model": model.model_id, "version": str(version)}))


def main(store: str, root: str, *commands: str) -> None:
    mlflow.set_tracking_uri(store)
    client = MlflowClient()
    for command, *arguments in map(json.loads, commands):
        if command == "add":
            add(client, root, *arguments)
        else:
            client.set_registered_model_alias(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
