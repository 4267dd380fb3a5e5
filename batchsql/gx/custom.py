"""Expectations that somebody wrote in Python, run by Great Expectations on the rows of a batch.

They are asked on the connection that the batch is written on, in its open transaction, through DuckDBExecutionEngine.
Great Expectations is not made for threads: one batch at a time asks.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from batchsql.check.expectations import plain
from batchsql.check.threshold import state_of
from batchsql.errors import ProjectError
from batchsql.gx.installed import require
from batchsql.values import Check, Verdict

_ONE_AT_A_TIME = Lock()
_NUMBERS = count()
_BROKEN = (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, LookupError, OSError)
"""What a module that somebody wrote can raise when it is imported, and is told as a mistake of the project."""


def judge_custom(checks: Sequence[Check], query: str, connection: Any, root: Path) -> tuple[Verdict, ...]:
    """The verdicts of custom expectations on the rows of a query, in the order of the checks.

    root: the folder of the project, in which their files are. Raises UsageError where Great Expectations is not
    installed, and ProjectError for a check whose module, class or arguments are wrong.
    """
    require()
    with _ONE_AT_A_TIME:
        context = _context()
        for check in checks:
            _import(check, root)
        expectations = [_expectation(check, number) for number, check in enumerate(checks)]
        suite = import_module("great_expectations").ExpectationSuite(name="batch", expectations=expectations)
        name = f"batch {next(_NUMBERS)}"
        try:
            source = context.data_sources.add_duckdb(name).bind(connection)
            batch = source.add_query_asset("batch", query).add_batch_definition_whole_table("all").get_batch()
            found = batch.validate(suite).to_json_dict()["results"]
        finally:
            context.data_sources.delete(name)
    results = {each["expectation_config"]["meta"]["number"]: each for each in found}
    return tuple(_verdict(check, results[number]) for number, check in enumerate(checks))


@cache
def _context() -> Any:
    import_module("batchsql.gx").register()
    context = import_module("great_expectations").get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def _import(check: Check, root: Path) -> None:
    """Import the module that a check is from, which registers the expectations in it; a file again when it changed."""
    name = str(check.arguments["from"])
    try:
        if not name.endswith(".py"):
            import_module(name)
            return
        file = root / name
        text = file.read_bytes()
        module_name = f"batchsql_expectations_{blake2b(str(file).encode() + text, digest_size=8).hexdigest()}"
        if module_name in sys.modules:
            return
        spec = spec_from_file_location(module_name, file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{name} cannot be imported")
        module = module_from_spec(spec)
        with _quietly():
            spec.loader.exec_module(module)
        sys.modules[module_name] = module
    except _BROKEN as error:
        hint = "`from` is a file of the project (expectations/primes.py) or a module that can be imported"
        raise _wrong(check, f"{name} cannot be imported: {type(error).__name__}: {error}", hint) from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Great Expectations warns when a name is registered again, as it is when a file has changed."""
    logger = logging.getLogger("great_expectations.expectations.registry")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _expectation(check: Check, number: int) -> Any:
    """The expectation with its arguments. meta: the number by which its result is found again."""
    registry = import_module("great_expectations.expectations.registry")
    missing = import_module("great_expectations.exceptions").ExpectationNotFoundError
    name, source = check.arguments["expectation"], check.arguments["from"]
    try:
        made = registry.get_expectation_impl(name)
    except missing as error:
        words = "".join(word.capitalize() for word in name.split("_"))
        raise _wrong(check, f"{source} defines no {name}", f"write `class {words}(...)` in it") from error
    try:
        return made(**check.arguments["kwargs"], meta={"number": number})
    except (TypeError, ValueError) as error:  # pydantic's ValidationError is a ValueError
        said = "; ".join(line.strip() for line in str(error).splitlines()[1:]) or str(error)
        raise _wrong(check, f"the arguments of {name} are wrong: {said}", None) from error


def _verdict(check: Check, found: Mapping[str, Any]) -> Verdict:
    raised = _raised(found.get("exception_info") or {})
    result = {key: value for key, value in (found.get("result") or {}).items() if value is not None}
    success = bool(found["success"])
    failures = 0 if success else int(result.get("unexpected_count") or 1)
    said = _said(check, failures, result)
    if raised:
        message = f"could not be evaluated: {check.arguments['expectation']}: {raised}"
        return _told(check, "error", 0, message, {})
    return _told(check, state_of(check, failures), failures, said, {"success": success, **result})


def _told(check: Check, state: Any, failures: int, message: str, result: dict[str, Any]) -> Verdict:
    values = result.get("partial_unexpected_list") or []
    sample = [value if isinstance(value, dict) else {check.columns[0]: value} for value in values if check.columns]
    return Verdict(
        check=check.name,
        kind=check.kind,
        state=state,
        failures=failures,
        columns=check.columns,
        severity=check.severity,
        message=message,
        sample=tuple(plain(each) for each in sample[:5]) if state != "error" else (),
        result=plain(result),
    )


def _said(check: Check, failures: int, result: Mapping[str, Any]) -> str:
    what = str(check.arguments["expectation"]).replace("_", " ")
    of = f" of {', '.join(check.columns)}" if check.columns else ""
    if not failures:
        return f"{what}{of}"
    if "element_count" in result:
        return f"{failures:,} of {result['element_count']:,} rows: {what}{of}"
    return f"{result.get('observed_value', 'not met')}: {what}{of}"


def _raised(info: Mapping[str, Any]) -> str:
    """What an expectation raised; in one of two shapes: flat, or by the id of the metric."""
    entries = [info] if "raised_exception" in info else [each for each in info.values() if isinstance(each, Mapping)]
    return next((str(each.get("exception_message")) for each in entries if each.get("raised_exception")), "")


def _wrong(check: Check, what: str, hint: str | None) -> ProjectError:
    return ProjectError(f"check {check.name}: {what}", path=check.path or None, line=check.line or None, hint=hint)
