"""The service's command: reads its settings from the environment and serves until it is told to stop."""

from __future__ import annotations

import gc
import os
import sys

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
    # Imports make much and leave no garbage: to look for it takes a sixth of the start. The service ends the pause.
    gc.disable()
    from .app import serve

    serve(settings)


if __name__ == "__main__":
    main()
