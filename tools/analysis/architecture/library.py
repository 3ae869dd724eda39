"""What numpy and pandas calls do to units and shapes, as tables. Sources: the two libraries' references."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Names set down as running text."""
    return frozenset(text.split())


#: Methods and functions whose result is in the unit of the input.
KEEP = words(
    """
    abs fabs absolute mean nanmean median nanmedian std nanstd sum nansum min max amin amax nanmin
    nanmax cumsum cummax cummin diff shift ffill bfill pad backfill fillna quantile percentile
    nanpercentile nanquantile clip to_numpy to_list tolist astype copy round rint dropna reindex
    reindex_like asfreq interpolate sort_values sort sort_index asarray array ascontiguousarray
    asanyarray roll convolve nan_to_num head tail sample iloc loc item squeeze ravel flatten reshape
    first last nth agg aggregate transform combine_first add_prefix rename set_axis set_index
    reset_index tz_convert tz_localize to_frame Series DataFrame float abs_ sorted reversed list tuple
    deque accumulate ptp hstack vstack concatenate column_stack stack concat merge join merge_asof
    append get pop items itertuples iterrows to_dict unstack savgol_filter filtfilt medfilt
    gaussian_filter1d uniform_filter1d detrend lfilter gradient ediff1d flip flipud deepcopy pipe sem
    average tail at take apply_ explode values infer_objects convert_dtypes nlargest nsmallest mode
    between_time at_time truncate drop interp sma ema wma rma smma rolling_mean SMA EMA WMA DEMA TEMA
    KAMA
    """
)
#: Results that do not scale: ranks, ratios, signs, truth values, counts.
RATIO_RESULT = words(
    """
    rank pct_change sign signbit corr corrcoef skew kurt kurtosis autocorr isna notna isnull notnull
    isnan isfinite isinf any all count nunique argmax argmin idxmax idxmin zscore cut qcut logical_and
    logical_or logical_not logical_xor astype_bool duplicated isin len range arange argsort rankdata
    spearmanr pearsonr bool int_ enumerate count_nonzero searchsorted digitize is_monotonic_increasing
    equals RSI rsi ADX MFI WILLR CCI STOCH tanh arctan expit fit_transform hour minute dayofweek weekday
    timestamp
    """
)
SQUARED = frozenset(("var", "nanvar", "square"))
LOGS = frozenset(("log", "log10", "log2", "log1p"))
#: Openers of windows; their aggregates are series again.
WINDOWS = frozenset(("rolling", "ewm", "expanding", "groupby"))
#: One number (or a value that depends on all bars) out of a whole series.
WHOLE = words(
    """
    mean nanmean median nanmedian std nanstd var nanvar min max amin amax nanmin nanmax sum nansum
    quantile nanquantile percentile nanpercentile ptp average
    """
)
#: Those, and what returns several of them.
SUMMARIES = WHOLE | frozenset(["agg", "aggregate", "describe"])
#: Elementwise functions of two arguments that choose between them.
CHOICES = frozenset(("maximum", "minimum", "fmax", "fmin", "max", "min"))
OPERATORS = {
    "add": "+", "subtract": "-", "sub": "-", "multiply": "*", "mul": "*", "divide": "/", "true_divide": "/",
    "div": "/", "truediv": "/", "radd": "+", "rmul": "*",
}  # fmt: skip
COMPARISONS = {
    "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!=", "greater": ">", "greater_equal": ">=",
    "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=",
}  # fmt: skip
CONSTRUCTED = frozenset(("zeros", "ones", "zeros_like", "ones_like", "empty", "empty_like"))
#: Calls that look at later bars whatever their arguments.
FORWARD = {
    "bfill": "backfill", "backfill": "backfill", "filtfilt": "two_sided_filter", "sosfiltfilt": "two_sided_filter",
    "savgol_filter": "two_sided_filter", "medfilt": "two_sided_filter", "gaussian_filter1d": "two_sided_filter",
    "uniform_filter1d": "two_sided_filter", "detrend": "whole_sample", "hilbert": "whole_sample",
    "find_peaks": "two_sided_filter", "argrelextrema": "two_sided_filter", "gradient": "two_sided_filter",
    "zscore": "whole_sample", "minmax_scale": "whole_sample", "fit_transform": "whole_sample",
    "rankdata": "whole_sample", "qcut": "whole_sample", "seasonal_decompose": "two_sided_filter",
}  # fmt: skip
CLOCKS = words(
    """
    datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today time.time
    time.time_ns time.localtime time.gmtime pandas.Timestamp.now pandas.Timestamp.utcnow
    pandas.Timestamp.today
    """
)
RANDOM_MODULES = ("random.", "numpy.random.", "secrets.", "uuid.uuid4", "os.urandom")
SEEDED = frozenset(["seed", "default_rng", "RandomState", "Generator", "SeedSequence", "PCG64", "Random"])
#: Method names too general to guess a program's method by.
GENERAL = (
    KEEP
    | RATIO_RESULT
    | WHOLE
    | WINDOWS
    | frozenset(["run", "update", "add", "remove", "set", "load", "save", "read", "write"])
)
