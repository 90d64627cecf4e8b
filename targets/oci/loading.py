"""An image's layout in the engine of this machine."""

from __future__ import annotations

import posixpath
from pathlib import Path

from ...schema.config import Config
from ...schema.diagnostics import fail
from ..engine.loading import Described, Loaded, Loading
from ..registry.layout import Layout, path
from .options import MODELCAR, MOUNTED, Options


def described(config: Config, options: Options) -> Described:
    """What the image is called where it is loaded, and where it listens."""
    return Described(tag=options.reference or config.name, port=options.port or config.serve.port)


def loaded(loading: Loading) -> Loaded:
    """Send the emitted layout to the engine, as far as it has not the same image already."""
    # docker takes longer to import than a build with nothing to do
    from ..engine import archive

    options, config = loading.options, loading.deployment.config
    assert isinstance(options, Options)
    about = described(config, options)
    tag, field = about.tag if loading.tagged else "", ("targets", loading.name)
    try:
        image = archive.loaded(loading.engine, loading.layout(), tag, field, loading.say)
        laid = {posixpath.dirname(MOUNTED): _model(loading)} if options.modelcar else {}
    except (OSError, ValueError) as error:
        text = f"what the target `{loading.name}` has put out is damaged: {error}"
        raise fail("not-built", text, field=field, help="run `deployc build --force`") from None
    return Loaded(image=image, tag=about.tag, port=about.port, container=config.name, remove=True, laid=laid)


def _model(loading: Loading) -> Path:
    """The archive of the modelcar's own layer, which is its last and the same for all platforms."""
    folder = loading.folder() / MODELCAR
    layout = Layout.of_folder(folder)
    (entry,) = layout.entries
    [*_, layer] = next(found.manifest.layers for found in layout.documents(entry) if found.manifest.layers)
    return path(folder, layer.digest)
