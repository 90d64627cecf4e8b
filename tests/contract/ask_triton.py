"""Asks a service as Triton's own client does: `python ask_triton.py PORT`; prints what it was answered, as JSON."""

import json
import sys

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

ROWS = np.array([[1, 2], [0.5, -2], [-0.25, 0.125]])


def matrix(values, binary):
    tensor = InferInput("whatever", list(values.shape), "FP64" if values.dtype == np.float64 else "INT32")
    tensor.set_data_from_numpy(values, binary_data=binary)
    return [tensor]


def columns(values, binary):
    tensors = []
    for i, name in enumerate(("x0", "x1")):
        tensors.append(InferInput(name, [len(values), 1], "FP32"))
        tensors[-1].set_data_from_numpy(values[:, [i]].astype(np.float32), binary_data=binary)
    return tensors


def outputs(binary):
    return [InferRequestedOutput(name, binary_data=binary) for name in ("predict_proba", "predict")]


def told(result):
    label = result.as_numpy("predict")
    texts = [value.decode() if isinstance(value, bytes) else value for value in label.tolist()]
    proba = result.as_numpy("predict_proba")
    return {"predict": texts, "predict_proba": None if proba is None else proba.tolist()}


client = InferenceServerClient(f"127.0.0.1:{sys.argv[1]}")
said = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model ready": client.is_model_ready("churn"),
    "version ready": client.is_model_ready("churn", "1"),
    "other ready": client.is_model_ready("other"),
    "server": client.get_server_metadata(),
    "model": client.get_model_metadata("churn", "1"),
    "default": told(client.infer("churn", matrix(ROWS, True))),
    "integers": told(client.infer("churn", matrix(np.array([[1, 2]], dtype=np.int32), False), outputs=outputs(True))),
    "id": client.infer("churn", matrix(ROWS, True), request_id="a1").get_response()["id"],
    "none": told(client.infer("churn", matrix(np.empty((0, 2)), True), outputs=outputs(True))),
}
for sent in (True, False):
    for answered in (True, False):
        for form in (matrix, columns):
            result = client.infer("churn", form(ROWS, sent), "1", outputs=outputs(answered))
            said[f"{form.__name__} {sent} {answered}"] = told(result)
try:
    client.infer("churn", matrix(np.ones((2, 3)), True))
except InferenceServerException as error:
    said["refused"] = [error.status(), error.message()]
print(json.dumps(said))
