"""The arrays that the generated package makes of images: run in the serving environment.

usage: python pictures.py REQUEST.json ANSWER.json; the request is {"package", "path", "files"}, with files in base64,
the answer a JSON object with the list "arrays". A text in it says why there is no array.
"""

from __future__ import annotations

import importlib
import json
import sys
from base64 import b64decode
from typing import Any  # what the package's module has is not known here

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
sys.path[:0] = request["path"]

pixels: Any = importlib.import_module(f"{request['package']}.pixels")


def array(text: str) -> object:
    try:
        return pixels.Image(b64decode(text)).pixels.tolist()
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


with open(sys.argv[2], "w", encoding="utf-8") as output:
    json.dump({"arrays": [*map(array, request["files"])]}, output)
