"""An image's layout in the engine of this machine."""

from __future__ import annotations

from ...schema.config import Config
from ...schema.diagnostics import fail
from ..engine.loading import Described, Loaded, Loading
from .options import Options


def described(config: Config, options: Options) -> Described:
    """What the image is called where it is loaded, and where it listens."""
    return Described(tag=options.reference or config.name, port=options.port or config.serve.port)


def loaded(loading: Loading) -> Loaded:
    """Send the emitted layout to the engine, as far as it has not the same image already."""
    # docker takes longer to import than a build with nothing to do
    from ..engine import archive

    options, config = loading.options, loading.deployment.config
    assert isinstance(options, Options)
    if options.modelcar:
        text = "the image has no model: it is in the modelcar, which KServe alone brings"
        raise fail("conflicting-keys", text, field=("targets", loading.name, "modelcar"), help="leave it out to run it")
    about = described(config, options)
    tag, field = about.tag if loading.tagged else "", ("targets", loading.name)
    try:
        image = archive.loaded(loading.engine, loading.layout(), tag, field, loading.say)
    except ValueError as error:
        text = f"what the target `{loading.name}` has put out is damaged: {error}"
        raise fail("not-built", text, field=field, help="run `deployc build --force`") from None
    return Loaded(image=image, tag=about.tag, port=about.port, container=config.name, remove=True)
