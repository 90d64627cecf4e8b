"""What a registry's refusals mean to the user; nothing that was sent, and no secret, is in what they say."""

from __future__ import annotations

import requests

from ...schema.diagnostics import Field, UserError, fail
from .credentials import Login

_LONGEST = 300


def unreachable(registry: str, why: Exception | int, field: Field | None) -> UserError:
    """A registry that does not answer, or not as it should."""
    hint = "check its address, and that it runs; DEPLOYC_REGISTRY_SECONDS gives it more than 60 seconds to answer"
    if isinstance(why, int):
        text = f"the registry {registry} does not work: it answers with status {why}"
    elif isinstance(why, requests.exceptions.SSLError):
        text = f"the registry {registry} is not who it says, or speaks no TLS"
        hint = "REQUESTS_CA_BUNDLE names the certificates to believe; `insecure: true` says that it speaks plain HTTP"
    elif isinstance(why, requests.exceptions.ConnectTimeout | requests.exceptions.ConnectionError):
        text = f"the registry {registry} cannot be reached, or breaks the connection off"
    else:
        text = f"the registry {registry} does not answer in time"
    notes = [type(why).__name__] if isinstance(why, Exception) else []
    return fail("registry-unreachable", text, field=field, help=hint, notes=notes)


def forbidden(
    registry: str, repository: str, known: Login | None, answer: requests.Response, field: Field | None
) -> UserError:
    """A registry that wants a login, or does not let this one do what it asked."""
    if known is None:
        text = f"the registry {registry} wants a login for {repository}"
    elif answer.status_code == 401:
        text = f"the registry {registry} refuses the login of {known.user}"
    else:
        text = f"the registry {registry} does not let {known.user} do this in {repository}"
    hint = f"run `docker login {registry}`, or set DOCKER_CONFIG to a folder whose config.json has the login"
    return fail("registry-auth", text, field=field, help=hint, notes=_said(answer))


def refused(registry: str, what: str, answer: requests.Response, field: Field | None) -> UserError:
    """A registry that does not take what it was given."""
    text = f"the registry {registry} refuses {what}: it answers with status {answer.status_code}"
    return fail("registry-refused", text, field=field, notes=_said(answer))


def lies(registry: str, what: str, field: Field | None) -> UserError:
    """A registry that has other bytes than a digest says."""
    text = f"the registry {registry} gives or holds other bytes than the digest says: {what}"
    return fail("registry-digest", text, field=field, help="something between here and there changes what is sent")


def codes(answer: requests.Response) -> list[str]:
    """The OCI's own codes of what is wrong, such as DIGEST_INVALID."""
    return [str(each.get("code", "")) for each in _errors(answer)]


def _said(answer: requests.Response) -> list[str]:
    said = "; ".join(f"{each.get('code', '')}: {each.get('message', '')}" for each in _errors(answer))
    return [said[:_LONGEST]] if said else []


def _errors(answer: requests.Response) -> list[dict[str, object]]:
    try:
        found = answer.json().get("errors")
    except (ValueError, AttributeError, requests.exceptions.RequestException):
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
