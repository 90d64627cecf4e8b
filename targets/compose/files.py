"""The files of a composition: the service, shut in as it can live, and what Prometheus is to read."""

from __future__ import annotations

from dataclasses import dataclass

from ...schema.config import Config
from ..catalogs import TARGETS
from ..engine.loading import STOP_SECONDS, Described
from ..kubernetes.manifest import Data, Manifest, lean
from ..project.names import Names
from .options import Options

KEY = "api-key"
KEY_FILE = f"/run/secrets/{KEY}"
SCRAPING = "prometheus.yaml"


def image_targets(config: Config) -> tuple[str, ...]:
    """The targets that make an image."""
    return tuple(name for name, entry in config.targets.items() if hasattr(TARGETS.load(entry.kind), "described"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What is run, by deploy.yaml alone."""

    config: Config
    options: Options
    image: Described
    target: str
    """The target whose image it is; empty where it is none's."""

    @classmethod
    def of(cls, config: Config, options: Options) -> Composition:
        target = options.image or image_targets(config)[0]
        if target not in config.targets:
            return cls(config=config, options=options, image=Described(tag=target, port=config.serve.port), target="")
        entry = config.targets[target]
        described: Described = TARGETS.load(entry.kind).described(config, entry.options)
        return cls(config=config, options=options, image=described, target=target)

    def compose(self) -> Manifest:
        """compose.yaml"""
        name, watched = self.config.name, self.options.prometheus.on
        return lean(
            name=name,
            services={name: self._service(), **({f"{name}-prometheus": self._prometheus()} if watched else {})},
            secrets=self._secrets(),
            volumes={"prometheus": {"driver": "local"}} if watched else None,
        )

    def scraping(self) -> Manifest:
        """Prometheus' own configuration."""
        job = lean(
            job_name=self.config.name,
            static_configs=[{"targets": [f"{self.config.name}:{self.image.port}"]}],
            authorization={"credentials_file": KEY_FILE} if self.config.serve.api_key else None,
        )
        return {"global": {"scrape_interval": "15s"}, "scrape_configs": [job]}

    def _service(self) -> Data:
        build = lean(context=f"../{self.target}", network=self.image.network) if self.image.builds else None
        return lean(
            image=self.image.tag,
            build=build,
            ports=[f"127.0.0.1:{self.options.port or self.config.serve.port}:{self.image.port}"],
            environment=self._environment(),
            secrets=self._keys(),
            read_only=True,
            tmpfs=["/tmp"],
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            stop_grace_period=f"{STOP_SECONDS}s",
            restart="unless-stopped",
        )

    def _environment(self) -> Data:
        key = {f"{self._prefix}API_KEY_FILE": KEY_FILE} if self.config.serve.api_key else {}
        # what begins with one $ would be replaced
        return {name: value.replace("$", "$$") for name, value in {**self.options.environment, **key}.items()}

    def _prometheus(self) -> Data:
        options = self.options.prometheus
        return lean(
            image=options.image,
            ports=[f"127.0.0.1:{options.port}:9090"],
            volumes=[f"./{SCRAPING}:/etc/prometheus/prometheus.yml:ro", "prometheus:/prometheus"],
            secrets=self._keys(),
            restart="unless-stopped",
        )

    def _keys(self) -> Data:
        return [KEY] if self.config.serve.api_key else None

    def _secrets(self) -> Data:
        """The file that holds the API key, which whoever starts it names."""
        file = f"${{{self._prefix}API_KEY_FILE:?names the file that holds the API key}}"
        return {KEY: {"file": file}} if self.config.serve.api_key else None

    @property
    def _prefix(self) -> str:
        return Names.of(self.config.name).prefix
