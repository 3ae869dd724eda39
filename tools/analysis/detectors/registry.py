"""All static detectors, and the one call that runs them."""

from __future__ import annotations

from tools.analysis.architecture.report import Architecture
from tools.analysis.detectors import (
    absolute_threshold,
    cumulative_origin,
    duplicated_logic,
    environment_unset,
    float_equality,
    import_side_effect,
    lookahead,
    module_state,
    mutable_default,
    nan_as_zero,
    price_epsilon,
    swallowed_exception,
    unreachable_rule,
    unwired_setting,
    wall_clock,
)
from tools.analysis.detectors.base import Code, Detect, to_findings
from tools.analysis.source import SourceTree
from tools.contracts import Finding

DETECTORS: dict[str, Detect] = {
    "absolute_threshold": absolute_threshold.detect,
    "price_epsilon": price_epsilon.detect,
    "lookahead": lookahead.detect,
    "unwired_setting": unwired_setting.detect,
    "swallowed_exception": swallowed_exception.detect,
    "mutable_default": mutable_default.detect,
    "module_state": module_state.detect,
    "unreachable_rule": unreachable_rule.detect,
    "wall_clock": wall_clock.detect,
    "nan_as_zero": nan_as_zero.detect,
    "cumulative_origin": cumulative_origin.detect,
    "float_equality": float_equality.detect,
    "environment_unset": environment_unset.detect,
    "import_side_effect": import_side_effect.detect,
    "duplicated_logic": duplicated_logic.detect,
}


def detect_suspects(tree: SourceTree, arch: Architecture) -> tuple[Finding, ...]:
    """Every suspect of every detector, by file and line. None has a counterexample: a probe must convict."""
    code = Code(tree, arch)
    return to_findings(suspect for detect in DETECTORS.values() for suspect in detect(code))
