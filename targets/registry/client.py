"""Asks one registry: logged in as it wants it, patiently, and with its refusals told as the user's diagnostics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from ...schema.diagnostics import Field, UserError
from . import refusals
from .credentials import Login, login
from .reference import Reference

SECONDS = "DEPLOYC_REGISTRY_SECONDS"
"""The environment variable that says how long a registry may be silent."""
AT_ONCE = 4
"""Transfers at a time."""

_CONNECTING = 10.0
_SILENT = 60.0
_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between one attempt and the next."""
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses of what may be gone a moment later."""

Given = TypeVar("Given")


class Broken(Exception):
    """The connection failed, or the registry did, in a way that may be gone a moment later."""

    def __init__(self, why: Exception | int) -> None:
        super().__init__(str(why))
        self.why = why


class _Tokens(Protocol):
    """oras's client of what gives tokens, as far as it is used."""

    def set_basic_auth(self, username: str, password: str) -> None: ...
    def request_token(self, h: object) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a registry is asked."""

    method: str
    path: str
    """Below /v2/, or a Location that it gave."""
    repository: str
    """Whose permissions are needed."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | None = None
    stream: bool = False
    """Read no more than the head of the answer."""

    @property
    def repeatable(self) -> bool:
        """Whether the body can be sent a second time."""
        return self.body is None or isinstance(self.body, bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One registry. Safe to be asked from several threads at a time."""

    registry: str
    url: str
    """Scheme and host, such as https://ghcr.io."""
    login: Callable[[], Login | None]
    at: Field | None
    """The field of deploy.yaml that names the registry."""
    session: requests.Session
    pause: Callable[[float], None] = time.sleep
    granted: dict[str, str] = field(default_factory=dict)
    """The Authorization that was accepted last, by repository."""

    def ask(self, request: Request) -> requests.Response:
        """The answer, whatever its status. UserError `registry-unreachable`, `registry-auth`."""
        return self.patiently(lambda: self.once(request))

    def patiently(self, act: Callable[[], Given]) -> Given:
        """What an act gives that may be repeated; UserError `registry-unreachable` when it stays broken."""
        for pause in _PAUSES:
            try:
                return act()
            except Broken as error:
                if isinstance(error.why, requests.exceptions.SSLError):
                    raise self.unreachable(error) from None
                self.pause(pause)
        try:
            return act()
        except Broken as error:
            raise self.unreachable(error) from None

    def once(self, request: Request) -> requests.Response:
        """The same, tried once: Broken says that it may be tried again."""
        url = self._absolute(request.path)
        answer = self._answer(url, request)
        if answer.status_code == 401 and self._ours(url):
            if not request.repeatable and self.granted.pop(request.repository, ""):
                raise Broken(401)  # what was granted has run out
            self.granted[request.repository] = self._authorized(answer, request.repository)
            answer = self._answer(url, request)
        if answer.status_code in (401, 403):
            raise refusals.forbidden(self.registry, request.repository, self.login(), answer, self.at)
        if answer.status_code in _PASSING:
            raise Broken(answer.status_code)
        return answer

    def unreachable(self, error: Broken) -> UserError:
        return refusals.unreachable(self.registry, error.why, self.at)

    def refused(self, answer: requests.Response, what: str) -> UserError:
        """What the registry means by a status that is none of what was hoped for."""
        return refusals.refused(self.registry, what, answer, self.at)

    def _answer(self, url: str, request: Request) -> requests.Response:
        # a registry may have its blobs elsewhere, where nobody may see what it is asked with
        granted = self.granted.get(request.repository) if self._ours(url) else None
        headers = {**({"Authorization": granted} if granted else {}), **request.headers}
        follow = request.method in ("GET", "HEAD")
        try:
            return self.session.request(
                request.method, url, headers=headers, data=request.body, stream=request.stream, allow_redirects=follow
            )
        except requests.exceptions.RequestException as error:
            raise Broken(error) from None

    def _absolute(self, path: str) -> str:
        """Where a path or a Location leads; behind a proxy a registry may not know that it is asked by https."""
        url = urljoin(f"{self.url}/v2/", path)
        ours, theirs = urlsplit(self.url), urlsplit(url)
        return url.replace(theirs.scheme, ours.scheme, 1) if ours.netloc == theirs.netloc else url

    def _ours(self, url: str) -> bool:
        return url.startswith(f"{self.url}/")

    def _authorized(self, answer: requests.Response, repository: str) -> str:
        """What is to be sent as Authorization, after a refusal that says how to get it."""
        from oras.auth.utils import get_basic_auth, parse_auth_header

        challenge, known = answer.headers.get("WWW-Authenticate", ""), self.login()
        scheme = challenge.partition(" ")[0].lower()
        if scheme == "basic" and known:
            return f"Basic {get_basic_auth(known.user, known.secret)}"
        realm = parse_auth_header(challenge).realm or ""
        if scheme != "bearer" or not realm.startswith("https://" if self.url.startswith("https://") else "http"):
            raise refusals.forbidden(self.registry, repository, known, answer, self.at)
        token = self._token(challenge, known)
        if not token:
            raise refusals.forbidden(self.registry, repository, known, answer, self.at)
        return f"Bearer {token}"

    def _token(self, challenge: str, known: Login | None) -> str | None:
        from oras.auth import get_auth_backend
        from oras.auth.utils import parse_auth_header

        asked = cast(_Tokens, get_auth_backend("token", self.session))
        if known:
            asked.set_basic_auth(known.user, known.secret)
        try:
            return asked.request_token(parse_auth_header(challenge))
        except requests.exceptions.JSONDecodeError:
            return None
        except requests.exceptions.RequestException as error:
            raise Broken(error) from None


def client(
    reference: Reference, environ: Mapping[str, str], *, insecure: bool = False, at: Field | None = None
) -> Client:
    """A client of the reference's registry, by https unless the registry is on this machine or `insecure` is said."""
    scheme = "http" if insecure or reference.loopback else "https"
    return Client(
        registry=reference.registry,
        url=f"{scheme}://{reference.host}",
        login=lambda: login(reference.registry, environ),
        at=at,
        session=_session(environ, direct=reference.loopback),
    )


class _Adapter(HTTPAdapter):
    """Waits no longer than it was told when it is not told otherwise; requests itself waits for ever."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(pool_maxsize=2 * AT_ONCE)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        patience = timeout or (min(_CONNECTING, self.seconds), self.seconds)
        return super().send(request, stream=stream, timeout=patience, verify=verify, cert=cert, proxies=proxies)


def _session(environ: Mapping[str, str], *, direct: bool) -> requests.Session:
    session = requests.Session()
    # bytes are held to digests, so they are wanted as they are
    session.headers["Accept-Encoding"] = "identity"
    # no proxy leads back to this machine
    session.trust_env = not direct
    # else requests looks for a login in ~/.netrc and sends it in place of the registry's own
    session.auth = lambda request: request
    try:
        seconds = float(environ.get(SECONDS) or _SILENT)
    except ValueError:
        seconds = _SILENT
    adapter = _Adapter(max(seconds, 0.1))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
