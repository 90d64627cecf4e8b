"""The service's command: reads its settings from the environment and serves until it is told to stop."""

from __future__ import annotations

import os
import sys

from .app import serve
from .metrics import share
from .settings import Settings, SettingsError


def main() -> None:
    """Serve; exit code 2 when a setting cannot be used."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    share(settings.workers)
    serve(settings)


if __name__ == "__main__":
    main()
