"""Print the JSON Schema of deploy.yaml, for editors.

examples:
  deployc schema > deploy.schema.json
  then, as the first line of deploy.yaml:  # yaml-language-server: $schema=deploy.schema.json
"""

from __future__ import annotations

import argparse
import json
import sys

from ....schema.json_schema import json_schema
from ....targets.catalogs import catalogs


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(options: argparse.Namespace) -> int:
    sys.stdout.write(json.dumps(json_schema(catalogs()), indent=2) + "\n")
    return 0
