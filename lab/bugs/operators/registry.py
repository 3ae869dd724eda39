"""Every operator by name."""

from __future__ import annotations

from lab.bugs.operator import Operator
from lab.bugs.operators import (
    absolute_price_epsilon,
    absolute_volume_floor,
    always_true,
    backfill,
    centred_rolling,
    comparison_inverted,
    cooldown_never_armed,
    cumulative_origin,
    duplicated_entry,
    exit_unreachable,
    fee_not_counted,
    fee_sign,
    float_equality,
    flow_sign_flip,
    integer_division,
    interpolated,
    label_unfinished,
    last_value,
    min_periods_one,
    mutable_default,
    nan_as_zero,
    nearest_join,
    off_by_one_window,
    percent_for_fraction,
    positional_join,
    reversed_window,
    setting_unwired,
    shift_minus_one,
    size_over_one,
    spot_futures_swapped,
    stale_signal,
    stop_never_armed,
    swallowed_exception,
    symbol_state,
    timezone_shift,
    unfinished_bar,
    unit_x60,
    unseeded_chance,
    whole_rank,
    whole_sample,
    wrong_abs,
)
from lab.bugs.style import BugError

OPERATORS: dict[str, Operator] = {
    module.OPERATOR.name: module.OPERATOR
    for module in (
        absolute_price_epsilon,
        absolute_volume_floor,
        always_true,
        backfill,
        centred_rolling,
        comparison_inverted,
        cooldown_never_armed,
        cumulative_origin,
        duplicated_entry,
        exit_unreachable,
        fee_not_counted,
        fee_sign,
        float_equality,
        flow_sign_flip,
        integer_division,
        interpolated,
        label_unfinished,
        last_value,
        min_periods_one,
        mutable_default,
        nan_as_zero,
        nearest_join,
        off_by_one_window,
        percent_for_fraction,
        positional_join,
        reversed_window,
        setting_unwired,
        shift_minus_one,
        size_over_one,
        spot_futures_swapped,
        stale_signal,
        stop_never_armed,
        swallowed_exception,
        symbol_state,
        timezone_shift,
        unfinished_bar,
        unit_x60,
        unseeded_chance,
        whole_rank,
        whole_sample,
        wrong_abs,
    )
}


def operator_of(name: str) -> Operator:
    """The operator of that name. Raises BugError."""
    if name not in OPERATORS:
        raise BugError(f"no operator is called {name}: use {', '.join(OPERATORS)}")
    return OPERATORS[name]
