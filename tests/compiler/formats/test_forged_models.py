"""A file that does more than hold a model is refused, whatever its form; nothing is executed to find that out."""

from __future__ import annotations

import io
import json
import pickle
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.formats.allowed import Allowed, default_allowed
from deployc.compiler.formats.inspection import inspect, stored
from deployc.compiler.formats.pickles import walk
from deployc.compiler.formats.stream import Stream
from deployc.compiler.formats.symbols import Name
from deployc.compiler.model_spec import ModelSpec
from deployc.schema.diagnostics import UserError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .space import Space, attack

CODECS = ("zlib", "gzip", "bz2", "lzma", "xz")
_EXECUTED = ("os.system", "subprocess.Popen", "pickle.find_class", "os.exec", "os.posix_spawn")
_watched: list[str] = []
sys.addaudithook(lambda event, _: _watched.append(event) if event in _EXECUTED else None)


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def text(value: str) -> bytes:
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def pickled(*parts: bytes) -> bytes:
    return b"\x80\x04" + b"".join(parts) + b"."


SYSTEM = named("os", "system")
ARGUMENT = text("touch x") + b"\x85"
WRAPPER = named("joblib.numpy_pickle", "NumpyArrayWrapper")
PIPELINE = named("sklearn.pipeline", "Pipeline")


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_runs_a_command_is_refused_with_its_name_and_place(space: Space, protocol: int) -> None:
    marker = space.root / "executed"
    data = attack(marker, protocol)
    refused = space.refused(space.file(data))
    assert refused.code == "forbidden-pickle"
    assert "posix.system" in refused.message
    place = int(refused.notes[0].rpartition("byte ")[2])
    assert data[place : place + 1] in (b"c", b"\x93")
    assert not marker.exists()


@pytest.mark.parametrize("name", ["attack.joblib", *(f"attack.joblib.{c}" for c in CODECS), "attack-in-array.joblib"])
def test_an_attack_behind_the_arrays_of_a_joblib_file_is_found(models: Path, space: Space, name: str) -> None:
    refused = space.refused(models / name)
    assert refused.code == "forbidden-pickle"
    assert "posix.system" in refused.message


@pytest.mark.parametrize("name", [*(f"attack.{p}.pkl" for p in range(6)), "attack-in-bytes.joblib"])
def test_an_attack_in_a_pipelines_state_is_found(models: Path, space: Space, name: str) -> None:
    refused = space.refused(models / name)
    assert refused.code == "forbidden-pickle"
    assert "posix.system" in refused.message


CHECK = named("sklearn.utils.validation", "check_array")
PARTIAL = named("functools", "partial") + b"\x94"
CHECKING = PARTIAL + CHECK + b"\x94\x85R"
"""partial(check_array), with the two names in the memo's places 0 and 1."""


def checking(function: bytes = b"h\x01", arguments: bytes = b")", more: bytes = b"N") -> bytes:
    """The same with a state: what it calls, with what, and the attributes of the call itself."""
    return CHECKING + b"(" + function + arguments + b"}" + more + b"tb"


FORGED = {
    "names from the memo": pickled(text("os"), b"\x94", text("system"), b"\x940", b"0h\x00h\x01\x93", ARGUMENT, b"R"),
    "old style class": b"(S'touch x'\nios\nsystem\n.",
    "old style object": b"(cos\nsystem\nS'touch x'\no.",
    "Python 2's name": b"\x80\x02c__builtin__\neval\nU\x011\x85R.",
    "dots through an allowed module": pickled(named("sklearn.pipeline", "os.system"), ARGUMENT, b"R"),
    "getattr": pickled(named("builtins", "getattr"), PIPELINE, text("x"), b"\x86R"),
    "import hidden in numpy": pickled(named("numpy.core", "_ufunc_reconstruct"), text("os"), text("system"), b"\x86R"),
    "scipy's distributions": pickled(named("scipy.stats._distn_infrastructure", "rv_continuous"), b")\x81"),
    "joblib's memory": pickled(named("joblib.memory", "Memory"), b")\x81"),
    "partial": pickled(named("functools", "partial"), PIPELINE, b"\x85R"),
    "partial, never called": pickled(PARTIAL),
    "partial, again from the memo": pickled(CHECKING, b"0h\x00", PIPELINE, b"\x85R"),
    "partial, as an empty object": pickled(CHECKING, b"0h\x00h\x01\x85\x81"),
    "partial, made by another": pickled(CHECKING, b"0", named("copyreg", "__newobj__"), b"h\x00h\x01\x86R"),
    "partial with an argument": pickled(checking(arguments=PIPELINE + b"\x85")),
    "partial of something else later": pickled(checking(function=PIPELINE)),
    "partial with attributes": pickled(checking(more=b"}")),
    "partial with a state of another form": pickled(CHECKING, b"}b"),
    "a check that is called": pickled(CHECKING, b"0h\x01", ARGUMENT, b"R"),
    "a check alone": pickled(CHECK),
    "two checks": pickled(CHECK, b"0", CHECKING),
    "in a pickle of bytes": pickled(b"C", bytes([len(pickled(SYSTEM))]), pickled(SYSTEM)),
    "before the file breaks": pickled(SYSTEM, b"\xff"),
    "the type of a testing helper": pickled(named("sklearn.utils._testing", "MinimalClassifier"), b")\x81"),
}


@pytest.mark.parametrize("how", FORGED)
def test_other_ways_to_reach_what_is_not_allowed_are_refused(space: Space, how: str) -> None:
    assert space.refused(space.file(FORGED[how])).code == "forbidden-pickle"


def test_the_check_in_scikit_learns_boosters_is_passed_over() -> None:
    assert walk(Stream(io.BytesIO(pickled(checking())))).mentions == ()
    twice = pickled(checking(), b"0h\x00h\x01\x85R")
    assert walk(Stream(io.BytesIO(twice))).mentions == ()


def array_state(dtype: bytes, shape: bytes, alignment: bytes = b"N") -> bytes:
    keys = [("shape", shape), ("order", text("C")), ("dtype", dtype), ("numpy_array_alignment_bytes", alignment)]
    return b"}(" + b"".join(text(key) + value for key, value in keys) + b"u"


def dtype(name: str, size: bytes = b"J\xff\xff\xff\xff", flags: bytes = b"K\x00") -> bytes:
    state = b"(K\x03" + text("<") + b"NNN" + size + b"J\xff\xff\xff\xff" + flags + b"t"
    return named("numpy", "dtype") + text(name) + b"\x89\x88\x87R" + state + b"b"


ONE = b"K\x01\x85"
BROKEN = {
    "computed name": pickled(text("os"), b"]\x93"),
    "extension registry": pickled(b"\x82\x01"),
    "persistent id": b"\x80\x02Pabc\n.",
    "buffer from outside": b"\x80\x05\x97.",
    "state of a class": pickled(PIPELINE, b"N}", text("predict"), PIPELINE, b"s\x86b"),
    "calling an object": pickled(PIPELINE, b")\x81", ARGUMENT, b"R"),
    "calling a text": pickled(text("os.system"), ARGUMENT, b"R"),
    "other codec": pickled(named("_codecs", "encode"), text("x"), text("zlib"), b"\x86R"),
    "frame in a frame": b"\x80\x04\x95" + struct.pack("<Q", 20) + b"\x95" + struct.pack("<Q", 1) + b"N.",
    "array inside a frame": b"\x80\x04\x95"
    + struct.pack("<Q", 4096)
    + pickled(WRAPPER, b")\x81", array_state(dtype("f8"), ONE), b"b", b"\0" * 8)[2:],
    "wrapper used twice": pickled(WRAPPER, b")\x81\x94", array_state(dtype("i1"), ONE), b"b", b"\0", b"h\x00."),
    "wrapper as an argument": pickled(named("copyreg", "_reconstructor"), WRAPPER, b"N\x86R"),
    "array of a size that lies": pickled(
        WRAPPER, b")\x81", array_state(dtype("S3", size=b"K\x09"), ONE), b"b", b"\0" * 9
    ),
    "array of objects that lies": pickled(
        WRAPPER, b")\x81", array_state(dtype("f8", flags=b"K\x3f"), ONE), b"b", b"\0" * 8
    ),
    "array of negative size": pickled(WRAPPER, b")\x81", array_state(dtype("f8"), b"J\xff\xff\xff\xff\x85"), b"b"),
    "array larger than the file": pickled(WRAPPER, b")\x81", array_state(dtype("f8"), b"J\xff\xff\xff\x7f\x85"), b"b"),
    "text larger than the file": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"x.",
    "number larger than the file": b"\x80\x04\x8b" + struct.pack("<i", (1 << 31) - 1) + b"x.",
    "empty stack": b"\x80\x04R.",
    "unknown memo": b"\x80\x04h\x07.",
    "unknown protocol": b"\x80\x09N.",
    "empty file": b"",
    "garbage": b"hello, I am a model",
    "zip of something": b"PK\x03\x04" + b"\0" * 100,
    "broken gzip": b"\x1f\x8b\x08\0" + b"x" * 50,
    "joblib of old": b"ZF0x10              x",
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_no_honest_file_does_is_refused(space: Space, how: str) -> None:
    assert space.refused(space.file(BROKEN[how])).code == "broken-model"


@pytest.mark.parametrize("text", ["Größe,plan\n1,pro\n", "import pandas as pd\n" * 100])
def test_a_table_or_a_program_in_place_of_a_model_is_called_a_text(space: Space, text: str) -> None:
    assert "it is a text" in space.refused(space.file(text.encode())).message


def test_a_decompression_bomb_is_refused_before_it_unfolds(space: Space) -> None:
    packer = zlib.compressobj(9)
    head = b"\x80\x04\x8e" + struct.pack("<Q", 1 << 30)
    data = packer.compress(head) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    with pytest.raises(UserError) as caught:
        inspect(space.cas, space.tree(space.file(data)), limit=1 << 20)
    assert caught.value.diagnostics[0].code == "model-too-large"


def skops(root: object, *members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps(root))
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def node(module: str, name: str, loader: str, **more: object) -> dict[str, object]:
    return {"__module__": module, "__class__": name, "__loader__": loader, **more}


def test_a_skops_archive_that_names_a_command_is_refused(space: Space) -> None:
    inside = node("os", "system", "FunctionNode")
    root = node(
        "sklearn.pipeline",
        "Pipeline",
        "ObjectNode",
        content=node("builtins", "dict", "DictNode", content={"x": inside}),
    )
    refused = space.refused(space.file(skops(root), "model.skops"))
    assert refused.code == "forbidden-pickle"
    assert "os.system" in refused.message
    assert "schema.json" in refused.notes[0]


@pytest.mark.parametrize("loader", ["MethodNode", "PartialNode", "OperatorFuncNode", "NewNode"])
def test_a_skops_loader_that_makes_more_than_data_is_refused(space: Space, loader: str) -> None:
    root = node("sklearn.pipeline", "Pipeline", loader)
    assert space.refused(space.file(skops(root), "model.skops")).code == "broken-model"


def checker(number: int = 1, **more: object) -> dict[str, object]:
    return node("sklearn.utils.validation", "check_array", "FunctionNode", __id__=number, **more)


def partial(**parts: object) -> dict[str, object]:
    """A node for partial(check_array, dtype="float64") as skops writes it, or with other parts."""
    keywords = node("builtins", "dict", "DictNode", __id__=3, content={"dtype": node("numpy", "float64", "TypeNode")})
    content: dict[str, object] = {
        "func": checker(),
        "args": node("builtins", "tuple", "TupleNode", __id__=2, content=[]),
        "kwds": keywords,
        "namespace": node("builtins", "str", "JsonNode", __id__=4, content="null"),
    }
    return node("functools", "partial", "PartialNode", __id__=5, content=content | parts)


def holding(*values: object) -> bytes:
    content = {f"x{i}": value for i, value in enumerate(values)}
    return skops(
        node(
            "sklearn.pipeline", "Pipeline", "ObjectNode", content=node("builtins", "dict", "DictNode", content=content)
        )
    )


ALIAS = node("sklearn.pipeline", "Pipeline", "TypeNode", __id__=1)
PARTIALS = {
    "of something else": [partial(func=ALIAS)],
    "of what stands for something else": [ALIAS, partial()],
    "of what is numbered as something else is": [{**ALIAS, "__id__": True}, partial()],
    "of what an old version reads elsewhere": [
        partial(func=checker(content={"module_path": "os", "function": "system"}))
    ],
    "of what has no number": [partial(func=node("sklearn.utils.validation", "check_array", "FunctionNode"))],
    "with an argument": [partial(args=node("builtins", "tuple", "TupleNode", __id__=2, content=[ALIAS]))],
    "with an argument elsewhere": [node("builtins", "list", "ListNode", __id__=2, content=[ALIAS]), partial()],
    "with attributes": [partial(namespace=node("builtins", "dict", "DictNode", __id__=4, content={}))],
    "called by another name": [{**partial(), "__class__": "partialmethod"}],
    "the function alone": [checker()],
    "the function once more": [partial(), {**checker(6)}],
}


@pytest.mark.parametrize("values", PARTIALS.values(), ids=PARTIALS)
def test_of_partial_calls_in_skops_archives_only_that_of_scikit_learns_boosters_is_taken(
    space: Space, values: list[object]
) -> None:
    assert space.refused(space.file(holding(*values), "model.skops")).code in ("broken-model", "forbidden-pickle")
    # all else in it is fine
    assert space.refused(space.file(holding(partial()), "model.skops")).code == "inputs-unknown"


def test_a_skops_archive_with_two_members_of_one_name_is_refused(space: Space) -> None:
    root = node("sklearn.pipeline", "Pipeline", "ObjectNode")
    with pytest.warns(UserWarning, match="Duplicate"):
        data = skops(root, ("schema.json", b"{}"))
    assert space.refused(space.file(data, "model.skops")).code == "broken-model"


def test_a_model_cannot_allow_itself_anything(models: Path, space: Space) -> None:
    folder = space.root / "model"
    folder.mkdir()
    root = node("os", "system", "FunctionNode")
    (folder / "model.skops").write_bytes(skops(root))
    listed = "skops_trusted_types: [os.system]\n    code: code\n    serialization_format: skops"
    (folder / "MLmodel").write_text(f"flavors:\n  sklearn:\n    pickled_model: model.skops\n    {listed}\n")
    assert space.refused(folder).code == "forbidden-pickle"


def test_a_module_of_pythons_own_is_never_the_users(space: Space) -> None:
    path = space.file(attack(space.root / "executed"))
    assert space.refused(path, code=("os", "posix")).code == "forbidden-pickle"


def test_a_users_module_does_not_open_what_it_imports(space: Space) -> None:
    for name in ("os.system", "BaseEstimator"):
        path = space.file(pickled(named("features", name), ARGUMENT, b"R"))
        assert space.refused(path, code=("features",)).code == "forbidden-pickle"


@given(module=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), name=st.text(min_size=1))
def test_only_names_on_the_list_are_permitted(module: str, name: str) -> None:
    allowed = Allowed(names=frozenset({"a.b"}), modules=("mine",))
    expected = (module, name) == ("a", "b") or (module == "mine" and "." not in name)
    assert allowed.permits(Name(module, name)) == expected


def test_the_operator_decides_what_is_allowed(models: Path, space: Space) -> None:
    strict = Allowed(names=frozenset({"numpy.ndarray"}))
    with pytest.raises(UserError) as caught:
        inspect(space.cas, space.tree(models / "customers.4.pkl"), allowed=strict)
    assert caught.value.diagnostics[0].code == "forbidden-pickle"
    wider = default_allowed().plus(names=["builtins.complex", "other.Thing"])
    assert wider.permits(Name("other", "Thing"))


DANGEROUS = (
    "builtins.eval builtins.exec builtins.getattr builtins.__import__ builtins.open builtins.compile builtins.type "
    "builtins.map builtins.print os.system posix.system nt.system subprocess.Popen pickle.loads _pickle.loads "
    "marshal.loads types.FunctionType types.CodeType importlib.import_module runpy.run_path shutil.rmtree "
    "operator.attrgetter operator.methodcaller operator.itemgetter functools.partial functools.reduce "
    "numpy.load numpy.fromfile numpy.memmap numpy.save numpy.core._ufunc_reconstruct numpy._core._ufunc_reconstruct "
    "numpy.testing._private.utils.runstring joblib.load joblib.memory.Memory joblib.parallel.Parallel "
    "joblib.numpy_pickle.load joblib.numpy_pickle_compat.NDArrayWrapper cloudpickle.cloudpickle._make_function "
    "cloudpickle.loads dill._dill._create_code pandas.read_pickle pandas.eval pandas.io.pickle.read_pickle "
    "sklearn.utils._testing.check_call sklearn.utils._testing.MinimalClassifier sklearn.datasets._base.load_files "
    "sklearn.utils.parallel._FuncWrapper sklearn.base.clone sklearn.pipeline.os "
    "scipy.stats._distn_infrastructure.rv_frozen scipy.stats._continuous_distns.norm_gen webbrowser.open pty.spawn"
)


@pytest.mark.parametrize("name", DANGEROUS.split())
def test_names_that_reach_further_are_not_on_the_list(name: str) -> None:
    module, _, last = name.rpartition(".")
    assert not default_allowed().permits(Name(module, last))


SEEDS = ("customers.4.pkl", "customers.0.pkl", "customers.joblib", "customers.joblib.zlib", "customers.joblib.lzma")
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(folder: Path, name: str, data: bytes) -> ModelSpec | UserError:
    """What looking at the bytes gives; anything else than these two is raised, and so is whatever was executed."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    cas = Cas(folder / "cas")
    _watched.clear()
    try:
        return inspect(cas, stored(cas, folder / name))
    except UserError as error:
        return error
    finally:
        assert not _watched


def test_the_watch_would_see_an_unpickled_class() -> None:
    _watched.clear()
    pickle.loads(pickle.dumps(Path))
    assert _watched == ["pickle.find_class"]


@pytest.mark.parametrize("seed", [*SEEDS, "customers.first.skops", "attack.4.pkl"])
@quick
@given(data=st.data())
def test_a_damaged_file_gives_a_model_or_a_clear_error(
    models: Path, tmp_path: Path, seed: str, data: st.DataObject
) -> None:
    original = (models / seed).read_bytes()
    end = data.draw(st.integers(0, len(original)) | st.just(len(original)))
    changed = bytearray(original[:end])
    for place in data.draw(st.lists(st.integers(0, max(end - 1, 0)), max_size=4)) if end else ():
        changed[place] = data.draw(st.integers(0, 255))
    found = outcome(tmp_path, seed, bytes(changed))
    assert isinstance(found, (ModelSpec, UserError))
    if seed.startswith("attack") and b"posix" in changed and b"system" in changed:
        assert isinstance(found, UserError)


@quick
@given(data=st.binary(max_size=200))
def test_any_bytes_give_a_clear_error(tmp_path: Path, data: bytes) -> None:
    assert isinstance(outcome(tmp_path, "model.pkl", b"\x80\x04" + data), UserError)


@quick
@given(data=st.data())
def test_a_damaged_mlmodel_gives_a_model_or_a_clear_error(models: Path, tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "model"
    folder.mkdir(exist_ok=True)
    for file in (models / "mlflow-skops-first").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    original = (folder / "MLmodel").read_bytes()
    start = data.draw(st.integers(0, len(original)))
    cut = data.draw(st.integers(0, 40))
    filling = data.draw(st.binary(max_size=8))
    (folder / "MLmodel").write_bytes(original[:start] + filling + original[start + cut :])
    cas = Cas(tmp_path / "cas")
    try:
        found: object = inspect(cas, stored(cas, folder))
    except UserError as error:
        found = error
    assert isinstance(found, (ModelSpec, UserError))


def test_a_pickle_that_holds_itself_is_read(space: Space) -> None:
    circle: list[object] = []
    circle.append(circle)
    assert space.refused(space.file(pickle.dumps(circle))).code == "unknown-flavor"


def test_code_that_came_with_the_model_is_named_and_not_trusted(space: Space) -> None:
    folder = space.root / "folder"
    (folder / "code").mkdir(parents=True)
    (folder / "code/features.py").write_text("class Ratio: ...\n")
    (folder / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.pkl\n")
    (folder / "model.pkl").write_bytes(b"cfeatures\nRatio\n.")
    refused = space.refused(folder)
    assert refused.code == "forbidden-pickle"
    assert refused.notes[-1].endswith("unless a copy of it is listed: code/features.py")
