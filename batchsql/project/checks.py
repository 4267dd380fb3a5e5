"""Checks as property files write them, into `values.Check`.

A check is a word (`- not_null`), or one key with its arguments (`- accepted_range: {min_value: 0, severity: warn}`).
The arguments of a kind, and what every check takes (`severity`, `where`, `warn_if`, `error_if`, `name`, `description`),
stand side by side, or in the blocks `arguments:` and `config:`. The arguments a Check holds are these:

not_null            {}
unique              {}                                     the columns together are unique
accepted_values     {"values": [...], "quote": bool}       quote: compare as text
relationships       {"to": name or group.table, "field": column}
accepted_range      {"min_value", "max_value": number or SQL expression, where given; "inclusive": bool}
row_count           {"min", "max", "equals": int, where given}
expression          {"expression": SQL condition that every row satisfies}
expect_...          as values/vocabulary.py has them, under the names of Great Expectations
"""

from __future__ import annotations

import re
from datetime import date, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct, json

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.config_values import threshold
from batchsql.project.expectations import COLUMN_KEYS, expectation_named, in_our_words, own_keys, read_arguments
from batchsql.project.fields import boolean, fail, mapping, optional_text, text, texts
from batchsql.project.relations import relation_key
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items, plain
from batchsql.values import Check, Config, literal, quote
from batchsql.values.vocabulary import DBT_EXPECTATIONS, SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = ("not_null", "unique", "accepted_values", "relationships", "accepted_range", "row_count", "expression")
SPELLINGS = ("checks", "tests", "data_tests")
_KNOWN_AS = {
    "dbt_utils.unique_combination_of_columns": "unique",
    "dbt_utils.accepted_range": "accepted_range",
    "dbt_utils.expression_is_true": "expression",
}
_COMMON = ("severity", "where", "warn_if", "error_if", "enabled")
_NAMING = ("name", "description", "meta", "notes")
_SILENT = ("tags", "alias", "schema", "database", "group", "store_failures", "store_failures_as")
_UNUSED = ("limit", "fail_calc")
_COLUMN_KEYS = ("column_name", "column", "columns", "combination_of_columns")
_SEVERITIES = {"error": "error", "critical": "error", "warn": "warn", "warning": "warn", "info": "info"}
_SEVERITIES |= {"quarantine": "quarantine"}
_LONGEST_NAME = 90


class Owner(Struct, frozen=True):
    """Whose checks are read: the relation's name in check names, and the column they stand under, if any."""

    name: str
    column: str | None = None


class CheckReader:
    """Reads the checks of one relation, gives each a name, and gathers warnings.

    defaults: what holds for a check that does not say: enabled, severity, warn_if, error_if.
    """

    def __init__(self, path: str, defaults: Config) -> None:
        self._path = path
        self._defaults = defaults
        self.warnings: list[str] = []

    def read(self, block: Block, key: str, owner: Owner) -> Iterator[Check]:
        """The checks listed under a key of a model's, source's or column's block."""
        listed = block.get(key)
        if listed is None:
            return
        if not isinstance(listed, Items):
            fail(block, key, f"'{key}' must be a list, not {describe(listed)}", "begin each check with `- `")
        for line, entry in listed.with_lines():
            check = self._check(entry, line, owner)
            if check is not None:
                yield check

    def _check(self, entry: Any, line: int, owner: Owner) -> Check | None:
        spelled, given = self._kind_and_arguments(entry, line)
        short = _KNOWN_AS.get(spelled, spelled.removeprefix("dbt."))
        kind = short if short in KINDS else expectation_named(spelled)
        if kind is None:
            self._fail(line, f"there is no check '{spelled}'", _nearest(spelled))
        arguments = in_our_words(_flatten(given, kind), spelled, kind)
        if not boolean(arguments, "enabled", self._defaults.enabled):
            return None
        self._note_unused(arguments, kind)
        columns = _columns(arguments, owner, kind)
        _refuse_others(arguments, kind)
        if kind in KINDS:
            _check_columns(arguments, kind, columns)
            values = _ARGUMENTS[kind](arguments)
        else:
            _check_expected_columns(arguments, kind, columns)
            values = read_arguments(arguments, kind)
        if spelled == "dbt_utils.expression_is_true" and owner.column is not None:
            values["expression"] = f"{quote(owner.column)} {values['expression']}"
        return Check(
            name=text(arguments, "name") or check_name(kind, owner.name, columns, values),
            kind=kind,
            columns=columns,
            arguments=values,
            severity=_severity(arguments, self._defaults.severity),
            where=optional_text(arguments, "where"),
            warn_if=_threshold(arguments, "warn_if", self._defaults.warn_if),
            error_if=_threshold(arguments, "error_if", self._defaults.error_if),
            description=text(arguments, "description"),
            meta=plain(mapping(arguments, "meta")),
            notes="\n".join(texts(arguments, "notes")),
            path=self._path,
            line=line,
        )

    def _kind_and_arguments(self, entry: Any, line: int) -> tuple[str, Block]:
        """The kind as written, and what is given to it, each as a block: a word alone has an empty one."""
        if isinstance(entry, str):
            return entry, Block(self._path, line)
        if not isinstance(entry, Block):
            self._fail(line, f"a check must be a word or a mapping, not {describe(entry)}", "`- not_null`")
        if "test_name" in entry:
            given = Block(self._path, line)
            for key, value in entry.items():
                if key != "test_name":
                    given[key] = value
            given.lines = entry.lines
            return text(entry, "test_name"), given
        if len(entry) != 1:
            keys = ", ".join(f"'{key}'" for key in entry)
            self._fail(
                line,
                f"a check has one key, its kind; here are {keys}",
                "indent the arguments below the kind by two more",
            )
        ((kind, given),) = entry.items()
        return kind, self._as_block(kind, given, entry)

    def _as_block(self, kind: str, given: Any, entry: Block) -> Block:
        """The short forms (`expression: "a > b"`, `accepted_values: [a, b]`, ...) as the long ones."""
        if isinstance(given, Block):
            return given
        line = entry.line_of(kind)
        block = Block(self._path, line)
        if given is None:
            return block
        name = _KNOWN_AS.get(kind, kind)
        key = _SHORT_FORM.get(name)
        if key is None or isinstance(given, bool):
            expected = expectation_named(kind)
            takes = _OWN_KEYS[name] if name in KINDS else own_keys(expected) if expected else ()
            hint = f"the check {name} takes {', '.join(takes)}" if takes else None
            self._fail(line, f"what '{kind}' is given must be a mapping, not {describe(given)}", hint)
        block[key] = given
        block.lines[key] = line
        return block

    def _note_unused(self, arguments: Block, kind: str) -> None:
        self.warnings.extend(
            f"{self._path}:{arguments.line_of(key)}: '{key}' of the check {kind} has no effect yet"
            for key in _UNUSED
            if key in arguments
        )

    def _fail(self, line: int, message: str, hint: str | None) -> NoReturn:
        raise ProjectError(message, path=self._path, line=line, hint=hint)


_SHORT_FORM = {
    "not_null": "columns",
    "unique": "columns",
    "accepted_values": "values",
    "row_count": "equals",
    "expression": "expression",
}


def _flatten(given: Block, kind: str) -> Block:
    """All that is given to a check at one level, whatever blocks it stood in."""
    flat = Block(given.path, given.line)
    config_keys = (*_COMMON, "meta", *_SILENT, *_UNUSED)
    for key, value in given.items():
        if key in ("config", "arguments"):
            inner = mapping(given, key)
            for each in inner:
                if key == "config" and each not in config_keys:
                    fail(inner, each, f"the config of a check has no key '{each}'", hint_for(each, config_keys))
                _put(flat, each, inner[each], inner.line_of(each), kind)
        else:
            _put(flat, key, value, given.line_of(key), kind)
    return flat


def _put(flat: Block, key: str, value: Any, line: int, kind: str) -> None:
    if key in flat:
        message = f"'{key}' of the check {kind} is given twice"
        raise ProjectError(message, path=flat.path, line=line, hint="keep one of them")
    flat[key] = value
    flat.lines[key] = line


def _nearest(spelled: str) -> str:
    """What to write instead of a name that is no check."""
    if "." in spelled and not spelled.startswith(DBT_EXPECTATIONS):
        return f"known: {', '.join((*KINDS, *_KNOWN_AS))}, and dbt_expectations.expect_..."
    known = (*KINDS, *_KNOWN_AS, *SIGNATURES)
    return did_you_mean(spelled.removeprefix(DBT_EXPECTATIONS), known) or f"known: {', '.join(KINDS)}, and expect_..."


def _columns(arguments: Block, owner: Owner, kind: str) -> tuple[str, ...]:
    """The columns a check looks at: the one it stands under, or those it names."""
    if kind in SIGNATURES and (domain := SIGNATURES[kind].domain) != "column":
        if domain == "pair":
            return (text(arguments, "column_A") or owner.column or "", text(arguments, "column_B"))
        return tuple(name for key in COLUMN_KEYS[domain] for name in texts(arguments, key))
    named = [key for key in _COLUMN_KEYS if arguments.get(key) is not None]
    if owner.column is not None:
        if named:
            hint = "a check of several columns stands under the model's own `checks:`"
            fail(arguments, named[0], f"this check stands under the column '{owner.column}' and names others", hint)
        return (owner.column,)
    if len(named) > 1:
        fail(arguments, named[1], f"'{named[0]}' and '{named[1]}' both name the columns", "keep one of the two")
    return texts(arguments, named[0]) if named else ()


_ONE_COLUMN = ("not_null", "accepted_values", "relationships", "accepted_range")


def _check_columns(arguments: Block, kind: str, columns: tuple[str, ...]) -> None:
    if len({column.lower() for column in columns}) < len(columns):
        fail(arguments, "columns", f"the check {kind} names a column twice")
    if kind == "unique" and not columns:
        fail(arguments, "columns", "the check unique has no column", "write `unique: {columns: [a, b]}`")
    if kind in _ONE_COLUMN and len(columns) != 1:
        hint = "put it under a column, or name the column: `column: ...`"
        named = f"{len(columns)} are" if columns else "none is"
        fail(arguments, "columns", f"the check {kind} looks at one column, and {named} named", hint)


def _check_expected_columns(arguments: Block, kind: str, columns: tuple[str, ...]) -> None:
    """One column, a pair, or several, as the expectation wants it."""
    domain = SIGNATURES[kind].domain
    if domain == "column" and len(columns) != 1:
        fail(arguments, "columns", f"{kind} looks at one column", "put it under a column, or write `column: ...`")
    if domain == "pair" and not all(columns):
        fail(arguments, "column_A", f"{kind} needs 'column_A' and 'column_B'")
    if domain == "columns" and len(columns) < 2:
        fail(arguments, "column_list", f"{kind} needs a 'column_list' of two columns or more")
    if len({column.lower() for column in columns}) < len(columns):
        fail(arguments, "columns", f"{kind} names a column twice")


def _refuse_others(arguments: Block, kind: str) -> None:
    own = _OWN_KEYS[kind] if kind in KINDS else own_keys(kind)
    known = {*own, *(_COLUMN_KEYS if kind in KINDS else ()), *_COMMON, *_NAMING}
    for key in arguments:
        if key not in known and key not in _SILENT and key not in _UNUSED:
            fail(arguments, key, f"the check {kind} takes no '{key}'", hint_for(key, (*own, *_COMMON, *_NAMING)))


def _severity(arguments: Block, default: str) -> Any:
    value = text(arguments, "severity", default).lower()
    if value not in _SEVERITIES:
        fail(arguments, "severity", f"'severity' must be error, warn, info or quarantine, not '{value}'")
    return _SEVERITIES[value]


def _threshold(arguments: Block, key: str, default: str) -> str:
    value = arguments.get(key)
    if value is None:
        return default
    try:
        return threshold(value)
    except ValueError as error:
        fail(arguments, key, f"'{key}' {error}", 'write for example "> 10" or "!= 0"')


# --- the arguments of each kind -------------------------------------------------------------------------------------


def _none(_: Block) -> dict[str, Any]:
    return {}


def _accepted_values(arguments: Block) -> dict[str, Any]:
    values = plain(arguments.get("values"))
    if not isinstance(values, list) or not values or any(isinstance(each, dict | list) for each in values):
        fail(arguments, "values", "accepted_values needs a list of values", "write `accepted_values: {values: [a, b]}`")
    if None in values:
        fail(arguments, "values", "null is not a value that can be accepted", "rows without a value always pass")
    return {"values": values, "quote": boolean(arguments, "quote", True)}


def _relationships(arguments: Block) -> dict[str, Any]:
    to, field = text(arguments, "to"), text(arguments, "field")
    if not to or not field:
        fail(
            arguments, "to", "relationships needs 'to' and 'field'", "write `relationships: {to: ref('x'), field: id}`"
        )
    return {"to": relation_key(arguments, "to"), "field": field}


def _accepted_range(arguments: Block) -> dict[str, Any]:
    bounds = {key: _bound(arguments, key) for key in ("min_value", "max_value") if arguments.get(key) is not None}
    if not bounds:
        fail(arguments, "min_value", "accepted_range needs 'min_value' or 'max_value'", None)
    low, high = bounds.get("min_value"), bounds.get("max_value")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        fail(arguments, "min_value", f"'min_value' {low} is above 'max_value' {high}: no row can pass")
    return {**bounds, "inclusive": boolean(arguments, "inclusive", True)}


def _bound(arguments: Block, key: str) -> Any:
    """A number as it is; a date or time as a SQL literal; any other text is an SQL expression."""
    value = arguments[key]
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        fail(arguments, key, f"'{key}' must be a number, a date or an SQL expression, not {describe(value)}")
    if not isinstance(value, str):
        return value
    for kind, read in (("date", date.fromisoformat), ("timestamp", datetime.fromisoformat)):
        try:
            read(value)
        except ValueError:
            continue
        return f"{kind} {literal(value)}" if "-" in value else value
    return value


def _row_count(arguments: Block) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for key in ("min", "min_value", "max", "max_value", "equals"):
        value = arguments.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            fail(arguments, key, f"'{key}' of row_count must be a whole number, 0 or more, not {describe(value)}")
        if counts.setdefault(key.removesuffix("_value"), value) is not value:
            fail(arguments, key, f"'{key}' and '{key.removesuffix('_value')}' are two names of one thing")
    if not counts:
        fail(arguments, "min", "row_count needs 'min', 'max' or 'equals'", "write `row_count: {min: 1}`")
    if "equals" in counts and len(counts) > 1:
        fail(arguments, "equals", "row_count takes either 'equals', or 'min' and 'max'")
    if counts.get("min", 0) > counts.get("max", counts.get("min", 0)):
        fail(arguments, "min", "'min' is above 'max': no count can pass")
    return counts


def _expression(arguments: Block) -> dict[str, Any]:
    expression = text(arguments, "expression").strip()
    if not expression:
        fail(arguments, "expression", "expression needs an SQL condition", 'write `expression: "a >= b"`')
    return {"expression": expression}


_ARGUMENTS: dict[str, Callable[[Block], dict[str, Any]]] = {
    "not_null": _none,
    "unique": _none,
    "accepted_values": _accepted_values,
    "relationships": _relationships,
    "accepted_range": _accepted_range,
    "row_count": _row_count,
    "expression": _expression,
}
_OWN_KEYS = {
    "not_null": ("column",),
    "unique": ("columns",),
    "accepted_values": ("values", "quote"),
    "relationships": ("to", "field"),
    "accepted_range": ("min_value", "max_value", "inclusive"),
    "row_count": ("min", "max", "equals", "min_value", "max_value"),
    "expression": ("expression",),
}


# --- names ----------------------------------------------------------------------------------------------------------


def check_name(kind: str, owner: str, columns: tuple[str, ...], arguments: dict[str, Any]) -> str:
    """`<kind>_<relation>_<columns>`, and for what has no column, or another relation in it, a word of that too."""
    parts = [kind, owner, *columns]
    if kind == "relationships":
        parts.extend((arguments["to"], arguments["field"]))
    elif kind == "expression":
        parts.append(arguments["expression"])
    name = re.sub(r"\W+", "_", "_".join(parts)).strip("_")
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 9]}_{_digest(name)}"


def distinct_names(checks: list[Check], owner: str) -> tuple[Check, ...]:
    """The checks of one relation with distinct names: those that would share one get a digest of what they state.

    Raises ProjectError where two state exactly the same, or where two were given the same name.
    """
    sharing: dict[str, list[Check]] = {}
    for check in checks:
        sharing.setdefault(check.name, []).append(check)
    if len(sharing) == len(checks):
        return tuple(checks)
    renamed: list[Check] = []
    seen: dict[str, Check] = {}
    for check in checks:
        name = check.name
        if len(sharing[name]) > 1 and name == check_name(check.kind, owner, check.columns, check.arguments):
            name = f"{name}_{_digest_of(check)}"
        if name in seen:
            message = f"this check is stated twice, first in line {seen[name].line}"
            raise ProjectError(message, path=check.path, line=check.line, hint="remove one, or give it a `name:`")
        seen[name] = check
        renamed.append(check if name == check.name else _renamed(check, name))
    return tuple(renamed)


def _renamed(check: Check, name: str) -> Check:
    values: dict[str, Any] = {field: getattr(check, field) for field in check.__struct_fields__}
    return Check(**{**values, "name": name})


def _digest_of(check: Check) -> str:
    stated = (check.arguments, check.where, check.severity, check.warn_if, check.error_if)
    return _digest(json.encode(stated, order="sorted").decode())


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()
