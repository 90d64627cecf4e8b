"""What the model answers within the generated package, behind the user's hooks: run in the serving environment.

usage: python behind.py REQUEST.json ANSWER.json; the request is {"package", "path", "rows", "methods"}, the answer a
JSON object of lists by method.
"""

from __future__ import annotations

import importlib
import json
import sys

import msgspec

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
sys.path[:0] = request["path"]

package = importlib.import_module(request["package"])
answers = {method: getattr(package, method)(request["rows"]) for method in request["methods"]}
with open(sys.argv[2], "wb") as output:
    output.write(msgspec.json.encode(answers))
