"""What is said at the end of a run: failures with their places, warnings with their counts, totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from batchsql.report.failure import block
from batchsql.report.lines import failures
from batchsql.report.table import as_text
from batchsql.report.words import Paint, count, duration, indent, plain
from batchsql.values import Check, Outcome, RunResult, Verdict


class Written(Struct, frozen=True):
    """What people wrote and a failure points to: checks by their names, and the text of a line of a project file."""

    checks: Mapping[str, Check]
    line: Callable[[str, int], str | None]

    def place(self, path: str, line: int) -> dict[str, Any]:
        """A place in a project file, as `block` shows it."""
        return {"path": path, "line": line or None, "source_line": self.line(path, line) if path and line else None}


def summary(result: RunResult, written: Written, *, command: str = "build", paint: Paint = plain) -> str:
    """The end of a run as text. command: what was run."""
    parts = [*_failures(result, written, paint), *_warnings(result, written, paint)]
    if result.interrupted:
        parts.append(interruption(result, paint))
    parts.append(totals(result, command, paint))
    following = next_step(result, command)
    if following:
        parts[-1] += f"\n{paint('next:', 'strong')} {following}"
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
    kept = sum(outcome.state == "committed" for outcome in result.outcomes)
    text = f"rolled back: {', '.join(stopped)}" if stopped else "nothing was running, nothing is rolled back"
    return f"{paint('Interrupted', 'warn')}; {text}. {count(kept, 'batch', 'batches')} committed before stay."


def next_step(result: RunResult, command: str) -> str:
    """The command to run after the cause is mended."""
    wrong = [o.batch.model for o in result.outcomes if o.state in ("failed", "check_failed")]
    if result.interrupted:
        return f"`batchsql {command}` goes on where this run stopped"
    if not wrong:
        return ""
    models = list(dict.fromkeys(wrong))
    if command == "check":
        return f"mend the rows or the check, then `batchsql check --select {' '.join(models[:3])}`"
    selection = " ".join(f"{model}+" for model in models[:3]) if len(models) <= 3 else ""
    chosen = f" --select {selection}" if len(models) == 1 else ""
    return f"mend it, then `batchsql {command}{chosen}` runs what is missing, and nothing else"


def _failures(result: RunResult, written: Written, paint: Paint) -> list[str]:
    """A block for each failed batch; batches of one model that failed of the same cause share one."""
    groups: dict[tuple[Any, ...], list[Outcome]] = {}
    for outcome in result.outcomes:
        if outcome.state == "failed":
            groups.setdefault((outcome.batch.model, outcome.error), []).append(outcome)
        elif outcome.state == "check_failed":
            failed = tuple(verdict.check for verdict in outcome.verdicts if verdict.state in ("fail", "error"))
            groups.setdefault((outcome.batch.model, failed), []).append(outcome)
    parts = []
    for outcomes in groups.values():
        first = outcomes[0]
        texts = (
            [_failed_batch(first, written, paint)] if first.state == "failed" else _failed_checks(first, written, paint)
        )
        more = len(outcomes) - 1
        if more:
            texts[-1] += f"\n  {paint('and the same in', 'dim')} {count(more, 'more batch', 'more batches')}"
        parts += texts
    return parts


def _failed_batch(outcome: Outcome, written: Written, paint: Paint) -> str:
    where = dict(outcome.error_report)
    if where.get("path") and where.get("line") and not where.get("source_line"):
        where |= written.place(where["path"], where["line"])
    kind = where.get("kind") or where.get("label") or "Failed"
    return block(f"{kind} in {outcome.batch}", outcome.error, where, paint)


def _failed_checks(outcome: Outcome, written: Written, paint: Paint) -> list[str]:
    found = [_failed_check(v, outcome, written, paint) for v in outcome.verdicts if v.state in ("fail", "error")]
    return found or [_failed_batch(outcome, written, paint)]


def _failed_check(verdict: Verdict, outcome: Outcome, written: Written, paint: Paint) -> str:
    check = written.checks.get(verdict.check)
    where = written.place(check.path, check.line) if check else {}
    found = verdict.message if verdict.state == "fail" and verdict.message else failures(verdict)
    said = f"{verdict.check} in {outcome.batch}: {found}"
    text = block("Check failed", said, where, paint)
    return f"{text}\n{indent(_sample(verdict.sample, paint), '    ')}" if verdict.sample else text


def _sample(rows: Sequence[Mapping[str, Any]], paint: Paint) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return as_text(names, [[row.get(name) for name in names] for row in rows], width=110, paint=paint)


def _warnings(result: RunResult, written: Written, paint: Paint) -> list[str]:
    """Checks that warned, with the rows they found over all batches."""
    found: dict[str, int] = {}
    for outcome in result.outcomes:
        for verdict in outcome.verdicts:
            if verdict.state == "warn":
                found[verdict.check] = found.get(verdict.check, 0) + verdict.failures
    if not found:
        return []
    width = max(len(name) for name in found)
    lines = [paint("Warnings", "warn")]
    for name, number in found.items():
        check = written.checks.get(name)
        place = f"  {check.path}:{check.line}" if check and check.path else ""
        lines.append(f"  {name.ljust(width)}  {count(number, 'row'):>14}{paint(place, 'dim')}")
    return ["\n".join(lines)]
