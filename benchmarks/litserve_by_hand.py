"""The same service with LitServe, which puts requests that wait into batches: run as a program, on the port PORT."""

from __future__ import annotations

import os
from typing import Any  # neither models nor LitServe's hooks have types

import joblib
import litserve
import numpy as np


class Served(litserve.LitAPI):  # type: ignore[misc]  # LitServe has no types
    """The model, asked for up to 32 rows at once."""

    def setup(self, device: str) -> None:
        self._model: Any = joblib.load(os.environ["MODEL"])

    def decode_request(self, request: dict[str, float]) -> list[float]:
        return [request[f"x{i}"] for i in range(30)]

    def batch(self, inputs: list[list[float]]) -> Any:
        return np.array(inputs)

    def predict(self, rows: Any) -> Any:
        return self._model.predict(rows)

    def unbatch(self, output: Any) -> list[int]:
        return [int(label) for label in output]

    def encode_response(self, output: int) -> dict[str, int]:
        return {"prediction": output}


if __name__ == "__main__":
    api = Served(max_batch_size=32, batch_timeout=0.002)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(port=int(os.environ["PORT"]), num_api_servers=1, log_level="critical", generate_client_file=False)
