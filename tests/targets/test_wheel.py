"""The wheel: the same bytes for the same project, and metadata that installers believe."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas, CorruptBlob
from deployc.compiler.tree import Tree
from deployc.targets import wheel

from .project.space import config

LOCK = """\
# made by a resolver
fastapi==0.165.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via churn
uvloop==0.23.0 ; sys_platform != 'win32' \\
    --hash=sha256:cc
--index-url https://example.org/simple
"""


def project(cas: Cas) -> Tree:
    texts = {
        "README.md": "# churn\n",
        "requirements.lock": LOCK,
        "src/churn/__init__.py": "",
        "src/churn/artifact/a,b.bin": "model",
        "src/features.py": "X = 1\n",
        "tests/test_service.py": "",
    }
    return cas.put_texts(texts)


def built(folder: Path) -> tuple[str, bytes]:
    cas = Cas(folder / "cas")
    (folder / "work").mkdir(parents=True)
    [entry] = wheel.build(cas=cas, project=project(cas), config=config(), folder=folder / "work")
    return entry.path, cas.get(entry.digest)


def test_the_same_project_makes_the_same_bytes(tmp_path: Path) -> None:
    assert built(tmp_path / "a") == built(tmp_path / "b")


def test_every_file_is_in_the_record_with_its_digest_and_length(tmp_path: Path) -> None:
    name, data = built(tmp_path)
    assert name == "churn-1.0.0-py3-none-any.whl"
    archive = zipfile.ZipFile(io.BytesIO(data))
    record = {row[0]: row[1:] for row in csv.reader(archive.read("churn-1.0.0.dist-info/RECORD").decode().splitlines())}
    assert sorted(record) == sorted(archive.namelist())
    for path, (digest, size) in record.items():
        if path.endswith("RECORD"):
            assert (digest, size) == ("", "")
            continue
        content = archive.read(path)
        expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        assert (digest, size) == (f"sha256={expected}", str(len(content)))


def test_it_holds_what_lies_below_src_and_needs_what_the_lock_pins(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(io.BytesIO(built(tmp_path)[1]))
    code = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert code == ["churn/__init__.py", "churn/artifact/a,b.bin", "features.py"]
    metadata = archive.read("churn-1.0.0.dist-info/METADATA").decode()
    assert "Requires-Dist: fastapi==0.165.0\n" in metadata
    assert 'Requires-Dist: uvloop==0.23.0; sys_platform != "win32"\n' in metadata
    assert "Requires-Python: ==3.11.*\n" in metadata
    assert "example.org" not in metadata
    assert (
        archive.read("churn-1.0.0.dist-info/entry_points.txt").decode().endswith("churn-serve = churn.__main__:main\n")
    )
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_blob_with_a_flipped_bit_makes_no_wheel(tmp_path: Path) -> None:
    cas = Cas(tmp_path / "cas")
    tree = project(cas)
    blob = cas.path(tree["src/features.py"].digest)
    blob.chmod(0o644)
    blob.write_bytes(b"X = 2\n")
    with pytest.raises(CorruptBlob):
        wheel.build(cas=cas, project=tree, config=config(), folder=tmp_path)
