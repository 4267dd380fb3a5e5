"""What is said at the end of a run: failures with their places, warnings with their counts, totals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from batchsql.report.failure import block
from batchsql.report.lines import failing, failures
from batchsql.report.table import as_text
from batchsql.report.words import Paint, count, duration, fold, indent, plain, visible
from batchsql.values import Check, Outcome, RunResult, Verdict

_MOST_BLOCKS = 3
_NUMBERS = re.compile(r"\d(?:[\d\W]*\d)?")  # and what stands between them, as in dates, intervals and lists
_WIDEST_SAMPLE = 110


class Written(Struct, frozen=True):
    """What people wrote and a failure points to: checks by their names, and the text of a line of a project file."""

    checks: Mapping[str, Check]
    line: Callable[[str, int], str | None]

    def place(self, path: str, line: int) -> dict[str, Any]:
        """A place in a project file, as `block` shows it."""
        return {"path": path, "line": line or None, "source_line": self.line(path, line) if path and line else None}


class _Page(Struct, frozen=True):
    """What all parts of the text need."""

    written: Written
    paint: Paint
    width: int | None


def summary(
    result: RunResult,
    written: Written,
    *,
    command: str = "build",
    width: int | None = None,
    paint: Paint = plain,
) -> str:
    """The end of a run as text. command: what was run. width: characters a line may have."""
    page = _Page(written, paint, width)
    parts = [*_failures(result, page), *_warnings(result, page)]
    if result.interrupted:
        parts.append(fold(interruption(result, paint), width))
    parts.append(fold(totals(result, command, paint), width, 6))
    following = next_step(result, command)
    if following:
        parts[-1] += "\n" + fold(f"{paint('next:', 'strong')} {following}", width, 6)
    return "\n\n".join(parts)


def totals(result: RunResult, command: str = "build", paint: Paint = plain) -> str:
    """One line: batches, rows, checks, seconds."""
    states: Counter[str] = Counter(outcome.state for outcome in result.outcomes)
    words = {"committed": "done", "failed": "failed", "check_failed": "failed a check"}
    words |= {"skipped": "skipped", "interrupted": "rolled back"}
    said = [count(len(result.outcomes), *(("batch", "batches") if command == "build" else ("model", "models")))]
    if set(states) - {"committed"}:
        said[0] += " (" + ", ".join(f"{states[state]:,} {word}" for state, word in words.items() if states[state]) + ")"
    if command == "build":
        said.append(count(sum(o.rows_written for o in result.outcomes if o.state == "committed"), "row"))
    verdicts = Counter(verdict.state for outcome in result.outcomes for verdict in outcome.verdicts)
    if verdicts:
        passed, warned, failed = verdicts["pass"], verdicts["warn"], verdicts["fail"] + verdicts["error"]
        said.append(f"checks: {passed:,} passed, {warned:,} warned, {failed:,} failed")
    word, style = ("done", "good") if result.exit_code == 0 else ("not all well", "bad")
    if result.interrupted:
        word, style = "stopped", "warn"
    run = f" (run {result.run_id})" if result.run_id else ""
    return f"{paint(word + ':', style)} {', '.join(said)}, in {duration(result.seconds)}{run}"


def interruption(result: RunResult, paint: Paint = plain) -> str:
    """What an interruption rolled back, and that the rest stays."""
    stopped = [str(outcome.batch) for outcome in result.outcomes if outcome.state == "interrupted"]
    text = f"rolled back: {', '.join(stopped)}" if stopped else "nothing was running, nothing is rolled back"
    kept = sum(outcome.state == "committed" for outcome in result.outcomes)
    stay = f"The {kept:,} batches committed before that stay." if kept > 1 else "The batch committed before that stays."
    return f"{paint('Interrupted', 'warn')}; {text}.{' ' + stay if kept else ''}"


def next_step(result: RunResult, command: str) -> str:
    """The command to run after the cause is mended."""
    failed = [o for o in result.outcomes if o.state in ("failed", "check_failed")]
    wrong = [outcome.batch for outcome in failed]
    if result.interrupted:
        return f"`batchsql {command}` goes on where this run stopped"
    if not wrong:
        return ""
    models = list(dict.fromkeys(batch.model for batch in wrong))
    if command == "build" and all(o.state == "check_failed" and o.batch.judges != "batch" for o in failed):
        again = "--full-refresh loads anew, --start and --end load a range"
        return f"mend the check, or the rows that are there ({again}); `batchsql build` checks them again"
    if command == "release":
        rows = f"quarantine.{models[0]}"
        return f"correct the rows in {rows}, or the check, then `batchsql quarantine release {models[0]}`"
    if command == "check":
        return f"mend the rows or the check, then `batchsql check --select {' '.join(models[:3])}`"
    selection = " ".join(f"{model}+" for model in models[:3]) if len(models) <= 3 else ""
    chosen = f" --select {selection}" if len(models) == 1 else ""
    return f"mend it, then `batchsql {command}{chosen}` runs what is missing, and nothing else"


def _failures(result: RunResult, page: _Page) -> list[str]:
    """A block for each failed batch; batches of one model that failed of the same cause share one."""
    groups: dict[str, dict[object, list[Outcome]]] = {}
    for outcome in result.outcomes:
        if outcome.state in ("failed", "check_failed"):
            groups.setdefault(outcome.batch.model, {}).setdefault(_cause(outcome), []).append(outcome)
    ledger = f": `batchsql history --run {result.run_id} --failed`" if result.run_id else ""
    parts = []
    for model, causes in groups.items():
        shown, hidden = list(causes.values())[:_MOST_BLOCKS], list(causes.values())[_MOST_BLOCKS:]
        for outcomes in shown:
            texts = _failed(outcomes[0], page)
            texts[-1] += _alike(outcomes, ledger, page)
            parts += texts
        if hidden:
            more = count(sum(map(len, hidden)), "more batch", "more batches")
            parts.append(fold(f"And {more} of {model} failed of other causes{ledger}", page.width, 2))
    return parts


def _cause(outcome: Outcome) -> object:
    """What is the same for batches that failed alike: the checks, or the error without the numbers and dates in it."""
    if outcome.state == "failed":
        return _NUMBERS.sub("0", outcome.error)
    return tuple(verdict.check for verdict in outcome.verdicts if verdict.state in ("fail", "error"))


def _alike(outcomes: Sequence[Outcome], ledger: str, page: _Page) -> str:
    """How many more batches failed of the same cause."""
    if len(outcomes) == 1:
        return ""
    same = outcomes[0].state == "failed" and len({outcome.error for outcome in outcomes}) == 1
    said = page.paint("and the same in" if same else "and much the same in", "dim")
    more = count(len(outcomes) - 1, "more batch", "more batches")
    return "\n" + fold(f"  {said} {more}{'' if same else ledger}", page.width, 4)


def _failed(outcome: Outcome, page: _Page) -> list[str]:
    found = [_failed_check(v, outcome, page) for v in outcome.verdicts if v.state in ("fail", "error")]
    if outcome.state == "failed" or not found:
        return [_failed_batch(outcome, page)]
    return found


def _failed_batch(outcome: Outcome, page: _Page) -> str:
    where = dict(outcome.error_report)
    if where.get("path") and where.get("line") and not where.get("source_line"):
        where |= page.written.place(where["path"], where["line"])
    kind = where.get("kind") or where.get("label") or "Failed"
    return block(f"{kind} in {outcome.batch}", outcome.error, where, page.paint, width=page.width)


def _failed_check(verdict: Verdict, outcome: Outcome, page: _Page) -> str:
    check = page.written.checks.get(verdict.check)
    where = page.written.place(check.path, check.line) if check else {}
    found = verdict.message if verdict.state == "fail" and verdict.message else failures(verdict)
    said = f"{verdict.check} in {outcome.batch}: {found}"
    text = block("Check failed", said, where, page.paint, width=page.width)
    if verdict.sample:
        text += f"\n{indent(_sample(verdict.sample, page), '    ')}"
    return f"{text}\n    all that fails is in {verdict.stored_in}" if verdict.stored_in else text


def _sample(rows: Sequence[Mapping[str, Any]], page: _Page) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    width = page.width - 4 if page.width else _WIDEST_SAMPLE
    return as_text(names, [[row.get(name) for name in names] for row in rows], width=width, paint=page.paint)


def _warnings(result: RunResult, page: _Page) -> list[str]:
    """Checks that warned, with the rows they found over all batches."""
    found: dict[str, list[int]] = {}
    nouns: dict[str, str] = {}
    for outcome in result.outcomes:
        for verdict in outcome.verdicts:
            if verdict.state == "warn":
                found.setdefault(verdict.check, []).append(verdict.failures)
                nouns[verdict.check] = failing(verdict)
    if not found:
        return []
    times = sum(map(len, found.values()))
    several = f": {count(len(found), 'check')} warned, {times:,} times in all" if times > len(found) else ""
    rows = [(name, count(sum(each), nouns[name]), len(each), _place(name, page)) for name, each in found.items()]
    name, number = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    lines = [page.paint("Warnings", "warn") + several]
    for row in rows:
        said = f"  {row[0].ljust(name)}  {row[1].rjust(number)}"
        aside = f"{row[3]}  in {row[2]:,} batches".strip() if row[2] > 1 else row[3]
        if page.width and visible(said) + 2 + len(aside) > page.width:
            lines += [fold(said, page.width, 4), f"    {page.paint(aside, 'dim')}"]
        else:
            lines.append(f"{said}  {page.paint(aside, 'dim')}".rstrip())
    return ["\n".join(lines)]


def _place(name: str, page: _Page) -> str:
    """Where a check is written."""
    check = page.written.checks.get(name)
    return f"{check.path}:{check.line}" if check and check.path else ""
