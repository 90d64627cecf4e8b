"""How a deploy.yaml becomes artifacts: model formats, plan, cache, execution, code generation.

For Python, beside the command line: `cook` makes a service of a model that is in memory, `build` builds a deploy.yaml,
`stage` marks functions that are stages of one.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the name means the same to type checkers; typing itself would slow a build with nothing to do
if TYPE_CHECKING:
    from .api import Build, DeploycError, Service, build, cook
    from .staging import stage

__all__ = ["Build", "DeploycError", "Service", "build", "cook", "stage"]


def __getattr__(name: str) -> object:
    """What is for Python, loaded when it is asked for: the command line does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(".staging" if name == "stage" else ".api", __name__), name)
