"""Check a published image: that all of it is there, its materials and provenance, and who signed it.

examples:
  deployc verify registry.example.com/team/churn:1.0
  deployc verify registry.example.com/team/churn@sha256:... --key cosign.pub
  deployc verify registry.example.com/team/churn:1.0 --layers
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ....schema.diagnostics import fail
from ....schema.render import visible


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", metavar="IMAGE", help="registry, repository, and a tag or a digest")
    parser.add_argument("--key", metavar="FILE", help="the public key that it must be signed with")
    parser.add_argument("--layers", action="store_true", help="download all layers, and hold them to their digests")
    parser.add_argument("--insecure", action="store_true", help="ask the registry by plain HTTP")


def run(options: argparse.Namespace) -> int:
    # what asks registries takes long to import, and `deployc --help` imports this
    from ....targets.registry.client import client
    from ....targets.registry.reference import parsed
    from ....targets.registry.signing import public_key
    from ....targets.registry.verifying import verify

    try:
        reference = parsed(options.image)
    except ValueError as error:
        raise fail("invalid-reference", f"this names no image: {error}") from None
    key = public_key(Path(options.key)) if options.key else None
    say = _say if options.layers else None
    found = verify(client(reference, os.environ, insecure=options.insecure), reference, key, say)
    sys.stdout.write("".join(f"{visible(line)}\n" for line in found.lines))
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"  verify    {visible(line)}\n")
