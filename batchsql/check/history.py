"""Checks that compare a batch with the batches before it: what is asked, and what is judged.

What earlier batches had comes with the check, in `arguments["past"]`, since it is the ledger's to know.

`within_history` expects a value within `tolerance` robust standard deviations of the median of the earlier ones. The
deviation is 1.4826 times the median absolute deviation from the median (MAD), the factor which makes it that of normal
data (Hampel, "The influence curve and its role in robust estimation", JASA 69, 1974); the tolerance is 3.5 where nobody
says otherwise (Iglewicz and Hoaglin, "How to detect and handle outliers", ASQC 1993). Up to half of the values may be
wrong without moving the range far. Where most values are the same, MAD is 0: so the range is never narrower than
`margin`, a share of the median.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import median
from typing import Any, Literal

from msgspec import Struct

from batchsql.check.history_words import age, amount, number
from batchsql.check.question import ROWS_TO_SHOW, Question, Relations, as_json, wrong
from batchsql.check.scope import enclosed, of_batch, of_history
from batchsql.check.threshold import state_of
from batchsql.values import Check, Scope, Verdict, literal, quote
from batchsql.values.history import MEASURES, Past

NORMAL = 1.4826
TOLERANCE, MARGIN = 3.5, "10%"
_MAY_BE_NEGATIVE = ("sum", "mean", "min", "max")
_COUNTS = ("rows", "nulls", "distinct")
MOST_VALUES = 1000
"""How many values of a column the ledger remembers; a relation that is loaded whole may not have more."""

_VALUES_TO_NAME = 5
_EPOCH = datetime(1970, 1, 1)


State = Literal["pass", "warn", "fail", "error"]


class Range(Struct, frozen=True):
    """What is expected, and the median that it lies around."""

    low: float
    high: float
    median: float


def past_of(check: Check) -> Past:
    """What the check was told of the past."""
    past = check.arguments.get("past")
    return past if isinstance(past, Past) else Past(aside="the past is not known here")


def measure_of(check: Check) -> str:
    """What a check measures, in words by which the ledger finds it again: `sum of amount where paid`."""
    where = f" where {' '.join(check.where.split())}" if check.where else ""
    what = check.arguments.get("measure", "rows")
    return f"{what}{f' of {check.columns[0]}' if check.columns else ''}{where}"


def expected_range(values: Sequence[float], tolerance: float = TOLERANCE, margin: str = MARGIN) -> Range:
    """Where the next value is expected, by earlier ones, of which there must be one at least.

    margin: the least that the range reaches to each side: a number, or a share of the median such as `10%`.
    """
    middle = median(values)
    deviation = NORMAL * median(abs(value - middle) for value in values)
    least = abs(middle) * float(margin[:-1]) / 100 if margin.endswith("%") else float(margin)
    reach = max(tolerance * deviation, least)
    return Range(middle - reach, middle + reach, middle)


# --- questions ------------------------------------------------------------------------------------------------------


def measured(check: Check, _scope: Scope, _relations: Relations) -> Question:
    """The value of `within_history` or `volume`, in the scan that all checks share."""
    what = check.arguments.get("measure", "rows")
    if what not in MEASURES or (what != "rows" and len(check.columns) != 1):
        raise wrong(check, "needs 'of', and of all but rows the column")
    where = enclosed(check.where)
    rows = f"count_if({where})" if where else "count(*)"
    if what == "rows":
        return Question(check=check, count=rows, sample=None)
    column = quote(check.columns[0])
    only = f" filter (where {where})" if where else ""
    nulls = f"count_if({where} and {column} is null)" if where else f"count_if({column} is null)"
    aggregates = {
        "nulls": nulls,
        "null_share": f"{nulls} / nullif({rows}, 0)",
        "distinct": f"approx_count_distinct({column}){only}",
        "sum": f"coalesce(sum({column}::double){only}, 0)",
        "mean": f"avg({column}::double){only}",
        "stdev": f"stddev_samp({column}::double){only}",
        "min": f"min({column}::double){only}",
        "max": f"max({column}::double){only}",
    }
    return Question(check=check, count=aggregates[what], sample=None)


def newest(check: Check, scope: Scope, _relations: Relations) -> Question:
    """The newest time in a column, in seconds since 1970: of the interval's rows, or else of the whole relation."""
    if len(check.columns) != 1:
        raise wrong(check, "looks at one column of times")
    value, where = f"epoch(max({quote(check.columns[0])}))", enclosed(check.where)
    if scope.predicate and not past_of(check).interval:
        rows = f"{scope.relation} where {where}" if where else scope.relation
        return Question(check=check, count=f"(select {value} from {rows})", sample=None, reads="again")
    value = f"epoch(max({quote(check.columns[0])}) filter (where {where}))" if where else value
    return Question(check=check, count=value, sample=None)


def new_values(check: Check, scope: Scope, _relations: Relations) -> Question:
    """The rows whose value no earlier batch had, and which values these are.

    The ledger remembers the values of columns that have few. History is asked only about those of the batch that the
    ledger does not know, so mostly about none; of a relation that is loaded whole it is gone.
    """
    if len(check.columns) != 1:
        raise wrong(check, "looks at one column")
    past, column, where = past_of(check), quote(check.columns[0]), enclosed(check.where)
    known = [str(value) for value in check.arguments.get("known") or ()]
    every = f"(select list(value) from (select distinct {column}::varchar as value from {{}} limit {MOST_VALUES + 1}))"
    present = of_batch(scope, where, f"{column} is not null")
    more = (every.format(present),)
    if past.aside or past.batches < max(past.needed, 1):
        return Question(check=check, count="0", more=more, sample=None, reads="again")
    listed = ", ".join(literal(value) for value in (*known, *past.values_seen))
    other = f"{column}::varchar not in ({listed})" if listed else ""
    conditions = [f"{column} is not null", other]
    if scope.history and not past.only_seen:
        asked = of_batch(scope, where, f"{column} is not null", other)
        there = of_history(scope, f"{column} in (select {column} from {asked})")
        conditions.append(f"{column} not in (select {column} from {there})")
    offending = " and ".join(filter(None, (where, *conditions)))
    rows = of_batch(scope, offending)
    values = f"list(distinct {column}::varchar)[1:{MOST_VALUES}]"
    return Question(
        check=check,
        count=f"(select {{'rows': count(*), 'values': {values}}} from {rows})",
        more=more,
        sample=as_json(f"select * from {rows} limit {ROWS_TO_SHOW}"),
        failing=f"select * from {rows}",
        reads="again",
        offending=offending,
    )


# --- verdicts -------------------------------------------------------------------------------------------------------


def judge_past(check: Check, values: Sequence[Any]) -> Verdict:
    """The verdict of a check that compares with the past, from what its question found."""
    if check.kind == "freshness":
        return _judge_age(check, values[0])
    if check.kind == "no_new_values":
        return _judge_values(check, *values)
    return _judge_measure(check, _number(values[0]))


def _judge_measure(check: Check, observed: float | None) -> Verdict:
    past, measure = past_of(check), measure_of(check)
    if past.aside:
        return _verdict(check, 0, f"{measure}: not judged: {past.aside}", {"measure": measure})
    result: dict[str, Any] = {"measure": measure, "observed_value": observed, "compared_with": len(past.values)}
    found = amount(check, observed)
    if len(past.values) < max(past.needed, 1):
        here, needed = number(len(past.values), "earlier batch"), max(past.needed, 1)
        return _verdict(check, 0, f"{measure} {found}: not judged yet, {here} of {needed} needed", result)
    expected = _expected(check, past.values)
    result["expected"] = [_number(expected.low), _number(expected.high)]
    within = observed is not None and expected.low <= observed <= expected.high
    message = (
        f"{measure} {found}: {amount(check, expected.low)} to {amount(check, expected.high)} expected "
        f"by {number(len(past.values), 'earlier batch')} (median {amount(check, expected.median)})"
    )
    return _verdict(check, int(not within), message, {"success": within, **result})


def _expected(check: Check, values: Sequence[float]) -> Range:
    """The range by MAD; or, of `volume` with changes, that far from the median."""
    arguments = check.arguments
    lowest, highest = (arguments.get(name) for name in ("min_change", "max_change"))
    if lowest is None and highest is None:
        found = expected_range(values, arguments.get("tolerance", TOLERANCE), arguments.get("margin", MARGIN))
    else:
        middle = median(values)
        low = -math.inf if lowest is None else middle * (1 + lowest)
        found = Range(low, math.inf if highest is None else middle * (1 + highest), middle)
    what = arguments.get("measure", "rows")
    low = found.low if what in _MAY_BE_NEGATIVE else max(found.low, 0.0)
    if what not in _COUNTS:
        return Range(low, min(found.high, 1.0) if what == "null_share" else found.high, found.median)
    return Range(math.ceil(low), found.high if math.isinf(found.high) else math.floor(found.high), found.median)


def _judge_age(check: Check, newest_at: Any) -> Verdict:
    past, column, at = past_of(check), check.columns[0], _number(newest_at)
    if past.now is None:
        return _verdict(check, 0, f"age of {column}: not judged: {past.aside}", {"measure": f"age of {column}"})
    seconds = None if at is None else (past.now - _EPOCH).total_seconds() - at
    limits = [(name, check.arguments[name]) for name in ("error_after", "warn_after") if name in check.arguments]
    result = {"measure": f"age of {column}", "observed_value": seconds}
    since = f"before {past.now:%Y-%m-%d %H:%M} UTC"
    found = f"no value of {column}" if seconds is None else f"the newest {column} is {age(seconds)} {since}"
    for name, limit in limits:
        if seconds is None or seconds > limit:
            message = f"{found}: at most {age(limit)} expected"
            state: State | None = "warn" if name == "warn_after" and check.severity == "error" else None
            return _verdict(check, 1, message, {"success": False, **result, "expected": [None, limit]}, state)
    longest = max(limit for _, limit in limits)
    return _verdict(check, 0, found, {"success": True, **result, "expected": [None, longest]})


def _judge_values(check: Check, found: Any, every: Sequence[str] | None = None) -> Verdict:
    """found: the rows with new values, and these; the rows alone where they are counted otherwise."""
    past, column = past_of(check), check.columns[0]
    rows, fresh = (found["rows"], sorted(found["values"] or ())) if isinstance(found, dict) else (int(found or 0), [])
    result: dict[str, Any] = {"measure": f"values of {column}", "observed_value": len(fresh)}
    if every is not None:
        if len(every) > MOST_VALUES and past.only_seen:
            message = f"could not be evaluated: {column} has more than {MOST_VALUES:,} values"
            return _verdict(check, 0, message, {}, "error")
        put_aside = set(fresh) if check.severity == "quarantine" else set()
        remembered = {*past.values_seen, *every} - put_aside
        if len(remembered) <= MOST_VALUES:
            result["values"] = sorted(remembered)
    if past.aside:
        return _verdict(check, 0, f"new values of {column}: not judged: {past.aside}", result)
    if past.batches < max(past.needed, 1):
        here, needed = number(past.batches, "earlier batch"), max(past.needed, 1)
        return _verdict(check, 0, f"new values of {column}: not judged yet, {here} of {needed} needed", result)
    if not rows:
        return _verdict(check, 0, f"{column} has no value that no earlier batch had", {"success": True, **result})
    named = ": " + ", ".join(repr(value) for value in fresh[:_VALUES_TO_NAME]) if fresh else ""
    rest = f" and {len(fresh) - _VALUES_TO_NAME} more" if len(fresh) > _VALUES_TO_NAME else ""
    message = f"{number(rows, 'row')} with a value of {column} that no earlier batch had{named}{rest}"
    return _verdict(check, rows, message, {"success": False, **result})


def _verdict(check: Check, failures: int, message: str, result: dict[str, Any], state: State | None = None) -> Verdict:
    return Verdict(
        check=check.name,
        kind=check.kind,
        state=state or state_of(check, failures),
        failures=failures,
        columns=check.columns,
        severity=check.severity,
        message=message,
        result=result,
    )


def _number(value: Any) -> float | None:
    """A finite number, as JSON can hold it; None for anything else."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)


QUESTIONS: dict[str, Callable[[Check, Scope, Relations], Question]] = {
    "within_history": measured,
    "volume": measured,
    "freshness": newest,
    "no_new_values": new_values,
}
