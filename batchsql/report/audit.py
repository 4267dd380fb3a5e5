"""The history of checks, a line each: how it stands, what failed when, as a sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from batchsql.report.table import json_text
from batchsql.report.words import Paint, count, duration, first_line, fold, plain, shortened
from batchsql.values import Interval
from batchsql.values.audit import CheckHistory, Judgement, State

_BARS = "▁▂▃▄▅▆▇█"
_PASSED, _BROKEN = "·", "×"
_RANK: dict[str, int] = {"pass": 0, "warn": 1, "fail": 2, "error": 3}
_STYLE = {"pass": "good", "warn": "warn", "fail": "bad", "error": "bad", "never": "dim", "gone": "dim"}
_WIDTH = 100
_SPARK = (24, 48)
_LONGEST_COLUMNS = 24
_LONGEST_VALUE = 40
_UNDER = 6
_LONGEST_SAMPLE = 160


class Tick(Struct, frozen=True):
    """A place of a sparkline: the worst state, and most failures, of the verdicts that share it."""

    state: State
    failures: int


def ticks(states: Sequence[State], failures: Sequence[int], most: int) -> list[Tick]:
    """The verdicts, oldest first, in at most `most` places: neighbours share one, as evenly as can be."""
    places = min(most, len(states))
    edges = [len(states) * place // places for place in range(places + 1)] if places else [0]
    return [
        Tick(max(states[start:end], key=_RANK.__getitem__), max(failures[start:end])) for start, end in pairwise(edges)
    ]


def sparkline(places: Sequence[Tick], paint: Paint = plain) -> str:
    """`···▁·█·×`: a dot passed, a bar as high as the failures, against the most there were; × was not evaluated."""
    top = max((place.failures for place in places if place.state != "pass"), default=0)
    return "".join(
        paint(_mark(place, top), "dim" if place.state == "pass" else _STYLE[place.state]) for place in places
    )


def _mark(place: Tick, top: int) -> str:
    if place.state in ("pass", "error"):
        return _PASSED if place.state == "pass" else _BROKEN
    return _BARS[round((len(_BARS) - 1) * place.failures / top)] if top else _BARS[0]


def audit_text(model: str, histories: Sequence[CheckHistory], *, width: int | None = None, paint: Paint = plain) -> str:
    """A line for each check, and below those that were ever amiss, when, how much, and the newest sample."""
    if not histories:
        return f"{model} has no checks"
    width = width or _WIDTH
    table = _Table.fitting(histories, width)
    lines = [paint(fold(_headline(model, histories), width, 2), "strong"), paint(table.head(), "dim")]
    for each in histories:
        lines.append(table.line(each, paint))
        below = [*_measured(each, table.spark), *_below(each)]
        lines += [paint(fold(" " * _UNDER + text, width, _UNDER), "dim") for text in below]
    return "\n".join(lines)


def history_record(history: CheckHistory) -> dict[str, object]:
    """For a JSON log."""
    record = {name: getattr(history, name) for name in history.__struct_fields__}
    return record | {end: _judgement_record(record[end]) for end in ("first", "last")}


def _judgement_record(judgement: Judgement | None) -> dict[str, object] | None:
    return {name: getattr(judgement, name) for name in judgement.__struct_fields__} if judgement else None


def _headline(model: str, histories: Sequence[CheckHistory]) -> str:
    amiss = [each for each in histories if each.now not in ("pass", "never") and each.in_project]
    judged = sum(len(each.states) for each in histories)
    return f"{model}: {count(len(histories), 'check')}, {count(judged, 'verdict')}, {len(amiss)} amiss now"


class _Table(Struct, frozen=True):
    """Widths of the columns: the check's name, what it looks at, the sparkline, how often it was amiss."""

    name: int
    columns: int
    spark: int
    amiss: int

    @classmethod
    def fitting(cls, histories: Sequence[CheckHistory], width: int) -> _Table:
        name = max([len("check"), *(len(each.check) for each in histories)])
        columns = max([len("columns"), *(len(", ".join(each.columns)) for each in histories)])
        amiss = max([len("not ok"), *(len(_amiss(each)) for each in histories)])
        judged = max([len("failures"), *(len(each.states) for each in histories)])
        shortest, spark = min(_SPARK[0], judged), min(_SPARK[1], judged)
        room = width - len("  never    ") - amiss
        columns = min(columns, _LONGEST_COLUMNS)
        columns = columns if name + columns + shortest + 4 <= room else 0
        room -= columns + 2 if columns else 0
        name = min(name, max(len("check"), room - shortest - 2))
        return cls(name, columns, max(shortest, min(spark, room - name - 2)), amiss)

    def head(self) -> str:
        """Names of the columns."""
        return self._joined("check", "columns", "now", "failures", "not ok").rstrip()

    def line(self, each: CheckHistory, paint: Paint) -> str:
        """The line of a check; the middle of a name that is too long is left out."""
        now = each.now if each.in_project else "gone"
        places = ticks(each.states, each.failures, self.spark)
        filler = " " * (self.spark - len(places))
        columns = shortened(", ".join(each.columns), self.columns) if self.columns else ""
        name = paint(_middle_out(each.check, self.name).ljust(self.name), "name")
        return self._joined(
            name, columns, paint(now.ljust(5), _STYLE[now]), sparkline(places, paint) + filler, _amiss(each)
        )

    def _joined(self, name: str, columns: str, now: str, spark: str, amiss: str) -> str:
        cells = [name.ljust(self.name)]
        cells += [columns.ljust(self.columns)] if self.columns else []
        return "  ".join([*cells, now.ljust(5), spark.ljust(self.spark), amiss.rjust(self.amiss)])


def _amiss(each: CheckHistory) -> str:
    return f"{each.amiss:,} of {len(each.states):,}" if each.states else ""


def _measured(each: CheckHistory, most: int) -> list[str]:
    """What a check measured, as a line of bars, from the least to the most; neighbours that share one are averaged."""
    if not any(each.observed):
        return []
    places = min(most, len(each.observed))
    edges = [len(each.observed) * place // places for place in range(places + 1)]
    means = [sum(each.observed[start:end]) / (end - start) for start, end in pairwise(edges)]
    low, high = min(means), max(means)
    bars = "".join(
        _BARS[round((len(_BARS) - 1) * (mean - low) / (high - low))] if high > low else "▄" for mean in means
    )
    figure = duration if each.measure.startswith("age of ") else _figure
    said = f"{each.measure} {bars} {figure(min(each.observed))} to {figure(max(each.observed))}"
    if not each.expected:
        return [said]
    bounds = ["any" if bound is None else figure(bound) for bound in each.expected]
    return [f"{said}; expected last: {bounds[0]} to {bounds[1]}"]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.4g}"


def _below(each: CheckHistory) -> list[str]:
    """What is said of a check that was ever amiss."""
    if each.first is None or each.last is None:
        return []
    when = f"on {_when(each.last)}"
    if each.first != each.last:
        when = f"first on {_when(each.first)}, last on {_when(each.last)}, {each.most_failures:,} at most"
    stands = f"; {each.amiss_now:,} of {each.standing:,} intervals so now" if each.standing > 1 else ""
    said = [when + stands, first_line(each.last.message)]
    if each.last.sample:
        said.append("such as " + shortened(_row(each.last.sample[0], each.columns), _LONGEST_SAMPLE))
    return [text for text in said if text]


def _row(row: dict[str, object], first: Sequence[str]) -> str:
    """A row of a sample, what the check looked at first: `carrier UA, day 2013-01-01`."""
    wanted = {name.lower() for name in first}
    row = dict(sorted(row.items(), key=lambda item: item[0].lower() not in wanted))
    return ", ".join(
        f"{name} {'∅' if value is None else shortened(_value(value), _LONGEST_VALUE)}" for name, value in row.items()
    )


def _value(value: object) -> str:
    return value if isinstance(value, str) else json_text(value)


def _when(judgement: Judgement) -> str:
    batch = f"batch {judgement.batch_id}"
    if judgement.slice_start and judgement.slice_end:
        return f"{Interval(judgement.slice_start, judgement.slice_end)} ({batch})"
    return f"{_minute(judgement.judged_at)} ({batch})"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _middle_out(name: str, most: int) -> str:
    if len(name) <= most:
        return name
    front = (most - 1) // 2
    return f"{name[:front]}…{name[len(name) - (most - 1 - front) :]}"
