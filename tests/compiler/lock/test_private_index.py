"""A private index with a password: a real server on loopback, and every way to give it the password."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uv
from deployc.compiler import interpreter
from deployc.compiler.environment import manifest
from deployc.compiler.lock.wanted import Wanted
from deployc.schema.config import Index
from deployc.schema.diagnostics import Diagnostic, UserError
from deployc.schema.lockfile import Lockfile, dump

from .locking import Machine, asked, versions
from .package_index import PackageIndex, make_wheel

USER, PASSWORD = "ann", "s3cr3t+pass:word"
SERVER = ("pypiserver==2.4.2", "passlib==1.7.4", "keyring==25.7.0", "keyrings.alt==5.0.2", "setuptools<81")


@pytest.fixture(scope="module")
def server_bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the index server and keyring."""
    folder = tmp_path_factory.mktemp("server") / "env"
    program = uv.find_uv_bin()
    subprocess.run([program, "venv", "-q", "--no-project", "--python", interpreter.running().path, folder], check=True)
    subprocess.run([program, "pip", "install", "-q", "--python", folder / "bin" / "python", *SERVER], check=True)
    return folder / "bin"


@pytest.fixture(scope="module")
def private_url(server_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server that holds acme-model and wants the password for all that it does."""
    folder = tmp_path_factory.mktemp("private")
    make_wheel(folder, "acme-model", "1.0", ["alpha"])
    users = folder.parent / "users"
    entry = f"import passlib.hash; print({USER!r} + ':' + passlib.hash.apr_md5_crypt.hash({PASSWORD!r}))"
    users.write_bytes(subprocess.run([server_bin / "python", "-c", entry], check=True, capture_output=True).stdout)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [server_bin / "pypi-server", "run", "-i", "127.0.0.1", "-p", port, "-P", users, "--disable-fallback"]
    command += ["-a", "list,download,update", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        said = next((line for line in process.stdout if "Listening on" in line), "")
        assert said, "the index server did not start"
        yield f"http://127.0.0.1:{port}/simple/"
        process.kill()


@pytest.fixture
def wanted(here: Machine, index: PackageIndex, private_url: str) -> Wanted:
    index.add("alpha", "1")
    return asked("acme-model", indexes={"corp": Index(url=private_url, packages=("acme-model",))})


def assert_works(here: Machine, wanted: Wanted) -> None:
    """It locks and installs, and neither password nor address is left anywhere but in uv's own cache."""
    section = here.lock(wanted=wanted)
    assert versions(section) == {"acme-model": "1.0", "alpha": "1"}
    python = here.install(section.requirements, indexes=wanted.indexes)
    assert subprocess.run([python, "-c", "import acme_model"], check=False).returncode == 0
    lock = dump(Lockfile(sections={"serve": section}))
    written = lock + manifest(section.requirements, interpreter.running()) + here.texts()
    assert PASSWORD not in written
    assert not re.search("s3cr3t|s3cr3t%2B", written)
    assert "://" not in lock


def refused(here: Machine, wanted: Wanted) -> Diagnostic:
    with pytest.raises(UserError) as caught:
        here.lock(wanted=wanted)
    assert "s3cr3t" not in str(caught.value) + here.texts()
    return caught.value.diagnostics[0]


def test_password_in_the_environment(here: Machine, wanted: Wanted) -> None:
    here.environ |= {"UV_INDEX_CORP_USERNAME": USER, "UV_INDEX_CORP_PASSWORD": PASSWORD}
    assert_works(here, wanted)


def test_password_in_netrc(here: Machine, wanted: Wanted) -> None:
    (here.folder / "home" / ".netrc").write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
    assert_works(here, wanted)


def test_password_in_keyring(here: Machine, wanted: Wanted, server_bin: Path) -> None:
    here.environ |= {
        "PATH": f"{server_bin}{os.pathsep}{here.environ['PATH']}",
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "UV_INDEX_CORP_USERNAME": USER,
    }
    host = wanted.indexes["corp"].url.split("/")[2]
    subprocess.run([server_bin / "keyring", "set", host, USER], input=PASSWORD, env=here.environ, text=True, check=True)
    assert_works(here, wanted)


def test_password_in_the_address_of_the_default_index(here: Machine, wanted: Wanted) -> None:
    mirror = wanted.indexes["corp"].url.replace("://", f"://{USER}:{PASSWORD.replace('+', '%2B').replace(':', '%3A')}@")
    public = Index(url=here.environ["UV_DEFAULT_INDEX"], packages=("alpha",))
    here.environ["UV_DEFAULT_INDEX"] = mirror
    assert_works(here, replace(wanted, indexes={"public": public}))


def test_no_password(here: Machine, wanted: Wanted) -> None:
    found = refused(here, wanted)
    assert (found.code, found.field) == ("index-auth", ("lock", "indexes", "corp"))
    assert "`corp`" in found.message
    assert "UV_INDEX_CORP_PASSWORD" in found.help
    assert "netrc" in found.help


def test_a_wrong_password(here: Machine, wanted: Wanted) -> None:
    here.environ |= {"UV_INDEX_CORP_USERNAME": USER, "UV_INDEX_CORP_PASSWORD": "s3cr3t-but-wrong"}
    assert refused(here, wanted).code == "index-auth"


def test_pip_tools_with_and_without_the_password(
    here: Machine, wanted: Wanted, private_url: str, piptools_installed: None
) -> None:
    asking = replace(asked("acme-model"), resolver="pip-tools")
    here.environ["UV_DEFAULT_INDEX"] = private_url.replace("://", f"://{USER}:s3cr3t-but-wrong@")
    assert refused(here, asking).code == "index-auth"
    netrc = here.folder / "home" / ".netrc"
    netrc.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
    here.environ["UV_DEFAULT_INDEX"] = private_url
    found = refused(here, asking)
    assert found.code == "lock-unresolvable"
    assert "alpha" in found.notes[0]


def test_a_password_that_is_lost_before_the_installation(here: Machine, wanted: Wanted) -> None:
    environ = {**here.environ}
    here.environ |= {"UV_INDEX_CORP_USERNAME": USER, "UV_INDEX_CORP_PASSWORD": PASSWORD}
    section = here.lock(wanted=wanted)
    here.environ = {**environ, "UV_CACHE_DIR": environ["UV_CACHE_DIR"] + "-fresh"}
    with pytest.raises(UserError) as caught:
        here.install(section.requirements, indexes=wanted.indexes)
    assert caught.value.diagnostics[0].code == "index-auth"
