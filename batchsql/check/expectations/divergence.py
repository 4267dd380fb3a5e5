"""How far a column's distribution is from an expected one: the Kullback-Leibler divergence, in nats.

The expected distribution is a `partition_object`: `values` and `weights` for categories; or `bins` (edges, of which the
outer may be infinite) and `weights` for numbers, `tail_weights` below and above them where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf, isclose, log
from typing import Any

from batchsql.check.expectations.finding import Finding, plain, whole
from batchsql.check.expectations.request import Request
from batchsql.check.metrics.base import ArgumentError
from batchsql.values import Check

_TOLERANCE = 1e-3


def divergence(observed: Sequence[float], expected: Sequence[float]) -> float | None:
    """Sum of p * log(p / q), each scaled to a sum of 1; None where it is infinite or there is nothing to compare."""
    total, expected_total = sum(observed), sum(expected)
    if not total or not expected_total:
        return None
    nats = 0.0
    for weight, reference in zip(observed, expected, strict=True):
        p, q = weight / total, reference / expected_total
        if p and not q:
            return None
        nats += p * log(p / q) if p else 0.0
    return nats


def divergence_requests(check: Check) -> tuple[Request, ...]:
    """Counts of values, or of numbers between the edges and beyond them. Raises ArgumentError."""
    partition = _partition(check)
    if "values" in partition:
        return (Request("column.value_counts", {"sort": "value"}),)
    bins = list(partition["bins"])
    return (
        Request("column.histogram", {"bins": bins}),
        Request("column_values.between.count", {"max_value": bins[0], "strict_max": True}),
        Request("column_values.between.count", {"min_value": bins[-1], "strict_min": True}),
        Request("column.non_null_count"),
    )


def judge_divergence(check: Check, values: Sequence[Any]) -> Finding:
    """Met where the divergence is at most `threshold`; always, where there is no threshold."""
    partition, threshold = _partition(check), check.arguments.get("threshold")
    judged = _categories(check, partition, values) if "values" in partition else _bins(check, partition, values)
    nats, observed, expected = judged
    success = threshold is None or (nats is not None and nats <= threshold)
    details = {"observed_partition": plain(observed), "expected_partition": plain(expected)}
    return whole(success, observed_value=nats, details=details)


def _partition(check: Check) -> Mapping[str, Any]:
    """The expected distribution, looked at for what makes no sense in it."""
    partition = check.arguments.get("partition_object")
    if not isinstance(partition, Mapping):
        raise ArgumentError("needs a 'partition_object', with 'values' or 'bins', and 'weights'")
    weights, values, bins = partition.get("weights"), partition.get("values"), partition.get("bins")
    expected_length = len(values) if values is not None else len(bins or ()) - 1
    if not isinstance(weights, list | tuple) or len(weights) != expected_length or not weights:
        raise ArgumentError("'partition_object' needs a weight for each of its values, or between each two of its bins")
    tails = partition.get("tail_weights") or ()
    if not isclose(sum(weights) + sum(tails), 1, abs_tol=_TOLERANCE):
        raise ArgumentError("the weights of 'partition_object' must add up to 1")
    tail_holdout, internal_holdout = _holdouts(check)
    if values is not None:
        if internal_holdout:
            raise ArgumentError("'internal_weight_holdout' is for bins, not for values")
        return partition
    _refuse_bins(list(bins or ()), bool(tails), tail_holdout)
    return partition


def _refuse_bins(bins: list[float], has_tails: bool, tail_holdout: float) -> None:
    if any(low >= high for low, high in pairwise(bins)):
        raise ArgumentError("the bins of 'partition_object' must increase")
    open_ends = (bins[0] == -inf) + (bins[-1] == inf)
    if has_tails and tail_holdout:
        raise ArgumentError("'tail_weight_holdout' must be 0 where 'partition_object' has tail_weights")
    if open_ends and has_tails:
        raise ArgumentError("there are no tail_weights beyond bins that end in infinity")
    if open_ends == 2 and tail_holdout:
        raise ArgumentError("there is nothing beyond bins that end in infinity for 'tail_weight_holdout'")


def _holdouts(check: Check) -> tuple[float, float]:
    found = []
    for name in ("tail_weight_holdout", "internal_weight_holdout"):
        value = check.arguments.get(name) or 0
        if not 0 <= value <= 1:
            raise ArgumentError(f"'{name}' must be between 0 and 1")
        found.append(float(value))
    return found[0], found[1]


_Judged = tuple[float | None, dict[str, Any], dict[str, Any]]


def _categories(check: Check, partition: Mapping[str, Any], values: Sequence[Any]) -> _Judged:
    counts = {each["value"]: each["count"] for each in values[0]}
    total = sum(counts.values())
    expected = dict(zip(partition["values"], partition["weights"], strict=True))
    others = [value for value in counts if value not in expected]
    if others:
        holdout, _ = _holdouts(check)
        expected = {value: weight * (1 - holdout) for value, weight in expected.items()}
        expected |= {value: holdout / len(others) for value in others}
    observed = [counts.get(value, 0) / total if total else 0.0 for value in expected]
    names = list(expected)
    return (
        divergence(observed, list(expected.values())),
        {"values": names, "weights": observed},
        {"values": names, "weights": list(expected.values())},
    )


def _bins(check: Check, partition: Mapping[str, Any], values: Sequence[Any]) -> _Judged:
    counts, below, above, known = values
    bins = list(partition["bins"])
    tail_holdout, internal_holdout = _holdouts(check)
    expected = [weight * (1 - tail_holdout - internal_holdout) for weight in partition["weights"]]
    zeros = expected.count(0)
    if internal_holdout and zeros:
        expected = [weight or internal_holdout / zeros for weight in expected]
    observed = [count / known if known else 0.0 for count in counts or ()]
    closed = [bins[0] != -inf, bins[-1] != inf]
    tails = partition.get("tail_weights") or [tail_holdout / (sum(closed) or 1)] * 2
    beyond = [below / known if known else 0.0, above / known if known else 0.0]
    inner = slice(0 if closed[0] else 1, len(expected) if closed[1] else len(expected) - 1)
    sides = [(beyond[0], tails[0], observed[0], expected[0]), (beyond[1], tails[1], observed[-1], expected[-1])]
    ends = [side[:2] if is_closed else side[2:] for side, is_closed in zip(sides, closed, strict=True)]
    edges = bins[0 if closed[0] else 1 : len(bins) if closed[1] else len(bins) - 1]
    nats = divergence(
        [ends[0][0], *observed[inner], ends[1][0]],
        [ends[0][1], *expected[inner], ends[1][1]],
    )
    return (
        nats if known else None,
        {"bins": edges, "weights": observed[inner], "tail_weights": [ends[0][0], ends[1][0]]},
        {"bins": edges, "weights": expected[inner], "tail_weights": [ends[0][1], ends[1][1]]},
    )
