"""Classes and functions of Python, numpy, scipy and pandas that a pickled model may name, one by one, and why no more.

Loading a pickle calls what it names with arguments of the file's choice, so a name is here only if calling it with
anything makes data and nothing else. Whole packages are never allowed: a package's modules hold what they import
(`os`, `subprocess`), file readers and functions that call functions. What is left out on purpose:

* builtins: eval, exec, getattr, __import__, open, type, map, ...: they run or reach anything.
* functools.partial, operator.attrgetter, itemgetter and methodcaller: they turn an allowed name into one that is not.
  The readers pass over the one partial call that scikit-learn's own boosters hold.
* numpy.load, fromfile, memmap, DataSource: they read files. numpy.core._ufunc_reconstruct imports any module.
* scipy.stats' distributions: their state holds source text that is executed when they are unpickled.
* joblib.Memory, Parallel, delayed: they read further pickles, or run functions. cloudpickle's builders: they hold code.
* pandas.read_*, eval: they read files, run text.
"""

from __future__ import annotations

_UFUNCS = (
    "abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh "
    "bitwise_and bitwise_not bitwise_or bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide "
    "equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod greater greater_equal heaviside hypot "
    "invert isfinite isinf isnan isnat less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and "
    "logical_not logical_or logical_xor maximum minimum mod multiply negative not_equal positive pow power rad2deg "
    "radians reciprocal remainder rint sign signbit sin sinh sqrt square subtract tan tanh true_divide trunc"
)
_SCALARS = (
    "bool bool_ bytes_ clongdouble complex128 complex64 datetime64 float16 float32 float64 int16 int32 int64 int8 "
    "longdouble longlong object_ str_ timedelta64 uint16 uint32 uint64 uint8 ulonglong void"
)
_DTYPES = (
    "BoolDType BytesDType CLongDoubleDType Complex128DType Complex64DType DateTime64DType Float16DType Float32DType "
    "Float64DType Int16DType Int32DType Int64DType Int8DType LongDoubleDType LongLongDType ObjectDType StrDType "
    "TimeDelta64DType UInt16DType UInt32DType UInt64DType UInt8DType ULongLongDType VoidDType"
)
_BUILTINS = "object bool bytearray bytes complex dict float frozenset int list range set slice str tuple"
_SPARSE = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
_PANDAS = "DataFrame Series Index RangeIndex MultiIndex CategoricalDtype StringDtype DatetimeTZDtype Categorical NA"
_PANDAS_NULLABLE = " ".join(f"{sign}Int{bits}Dtype" for sign in ("", "U") for bits in (8, 16, 32, 64))

_BY_MODULE = {
    "builtins": f"{_BUILTINS} Ellipsis NotImplemented",
    "copyreg": "_reconstructor __newobj__ __newobj_ex__",
    # pickle writes bytes this way in protocols 0 to 2; the walker lets no other encoding through
    "_codecs": "encode",
    "collections": "OrderedDict defaultdict deque Counter",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "uuid": "UUID",
    # what stands in for an array in joblib's files; the walker lets it be used in joblib's own way only
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "numpy": f"ndarray dtype matrix {_SCALARS} {_UFUNCS}",
    "numpy.dtypes": _DTYPES,
    "numpy.matrixlib.defmatrix": "matrix",
    "numpy.ma": "MaskedArray",
    "numpy.random._pickle": "__randomstate_ctor __bit_generator_ctor __generator_ctor",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "numpy.random.mtrand": "RandomState",
    "numpy.random._generator": "Generator",
    "numpy.random.bit_generator": "__pyx_unpickle_SeedSequence SeedSequence",
    "scipy.special._ufuncs": "expit logit xlogy boxcox inv_boxcox",
    "scipy.special._special_ufuncs": "expit logit",
    "scipy.interpolate._bsplines": "BSpline",
    # an attribute of every BSpline since scipy 1.15
    "scipy._lib.array_api_compat.numpy._aliases": "asarray",
    "pandas": f"{_PANDAS} {_PANDAS_NULLABLE}",
    "pandas.arrays": "StringArray ArrowStringArray DatetimeArray IntegerArray FloatingArray BooleanArray",
    "pandas.core.frame": "DataFrame",
    "pandas.core.series": "Series",
    "pandas.core.indexes.base": "_new_Index Index",
    "pandas.core.indexes.range": "RangeIndex",
    "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.numeric": "Int64Index UInt64Index Float64Index",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pandas.core.internals.blocks": "new_block",
    "pandas.core.dtypes.dtypes": "CategoricalDtype DatetimeTZDtype",
    "pandas.core.arrays.categorical": "Categorical",
    "pandas.core.arrays.datetimes": "DatetimeArray",
    "pandas.core.arrays.string_": "StringDtype StringArray",
    "pandas.core.arrays.integer": f"IntegerArray {_PANDAS_NULLABLE}",
    "pandas._libs.arrays": "__pyx_unpickle_NDArrayBacked",
    "pandas._libs.internals": "_unpickle_block",
    "pandas._libs.missing": "NAType _unpickle_na",
    "pandas._libs.tslibs.timestamps": "_unpickle_timestamp",
    **{f"numpy.{core}.multiarray": "_reconstruct scalar" for core in ("core", "_core")},
    **{f"numpy.{core}.numeric": "_frombuffer" for core in ("core", "_core")},
    **{f"numpy.{core}._multiarray_umath": _UFUNCS for core in ("core", "_core")},
    "numpy.ma.core": "_mareconstruct MaskedArray MaskedConstant",
    **{f"scipy.sparse.{old}{k}": f"{k}_matrix {k}_array" for k in _SPARSE for old in ("", "_")},
}

SAFE_NAMES = frozenset(f"{module}.{name}" for module, names in _BY_MODULE.items() for name in names.split())
