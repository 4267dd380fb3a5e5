"""Checks as property files write them, into `values.Check`.

A check is a word (`- not_null`), or one key with its arguments (`- accepted_range: {min_value: 0, severity: warn}`).
The arguments of a kind, and what every check takes (`severity`, `where`, `warn_if`, `fail_calc`, `name`, ...), stand
side by side, or in the blocks `arguments:` and `config:`. The arguments of the short kinds are in kinds.py, those of
expectations in expectations.py, and of what compares with the past in history_checks.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import Struct

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.check_names import check_name
from batchsql.project.config_values import threshold
from batchsql.project.custom import CUSTOM, custom_arguments, custom_columns, is_custom
from batchsql.project.expectations import COLUMN_KEYS, expectation_named, in_our_words, own_keys, read_arguments
from batchsql.project.failing import FAILING_KEYS, read_failing
from batchsql.project.fields import boolean, fail, mapping, optional_text, text, texts
from batchsql.project.generic_tests import (
    CORE,
    NO_TESTS,
    GenericTests,
    Tested,
    application,
    generic_test,
    has_template,
)
from batchsql.project.history_checks import read_history_check
from batchsql.project.kinds import ARGUMENTS, KINDS, OWN_KEYS
from batchsql.project.utilities import DBT_UTILS, read_utility, utility_keys, utility_named
from batchsql.project.versions import version_key
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items, plain
from batchsql.values import Check, Config, Model, quote
from batchsql.values.history import HISTORY_KINDS
from batchsql.values.utilities import UTILITIES
from batchsql.values.vocabulary import DBT_EXPECTATIONS, SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Iterator

SPELLINGS = ("checks", "tests", "data_tests")
_KNOWN_AS = {
    "dbt_utils.unique_combination_of_columns": "unique",
    "dbt_utils.accepted_range": "accepted_range",
    "dbt_utils.expression_is_true": "expression",
}
_COMMON = ("severity", "where", "warn_if", "error_if", "enabled", *FAILING_KEYS)
_NAMING = ("name", "description", "meta", "notes")
_SILENT = ("tags", "database", "group")
_COLUMN_KEYS = ("column_name", "column", "columns", "combination_of_columns")
_SEVERITIES = {"error": "error", "critical": "error", "warn": "warn", "warning": "warn", "info": "info"}
_SEVERITIES |= {"quarantine": "quarantine"}


class Owner(Struct, frozen=True):
    """Whose checks are read: the relation's name in check names, and the column they stand under, if any.

    source: the key of a source; without one it is a model, seed or snapshot.
    version: of a model that has versions; its name is the bare one then.
    quoted: whether generic tests are given the column in quotes.
    """

    name: str
    column: str | None = None
    source: str | None = None
    version: int | float | str | None = None
    quoted: bool = False

    @property
    def called(self) -> str:
        """The name as it stands in the names of checks."""
        return self.name if self.version is None else f"{self.name}_v{self.version}"

    @property
    def tested(self) -> Tested:
        """The same for generic tests."""
        column = quote(self.column) if self.quoted and self.column is not None else self.column
        if self.version is not None:
            expression = f"ref({self.name!r}, version={str(self.version)!r})"
            return Tested(expression, self.called, version_key(self.name, self.version), column)
        if self.source is None:
            return Tested(f"ref({self.name!r})", self.name, self.name, column)
        group, _, table = self.source.partition(".")
        return Tested(f"source({group!r}, {table!r})", self.name, self.source, column, is_source=True)


class CheckReader:
    """Reads the checks of one relation, gives each a name, and gathers warnings.

    defaults: what holds for a check that does not say: enabled, severity, warn_if, error_if.
    generic: the tests that macros define, which come before those that are native; they are added to `tests`.
    """

    def __init__(
        self, path: str, defaults: Config, generic: GenericTests = NO_TESTS, tests: list[Model] | None = None
    ) -> None:
        self._path = path
        self._defaults = defaults
        self._generic = generic
        self.warnings: list[str] = []
        self._tests = [] if tests is None else tests

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
        core = self._generic.is_dbt and spelled in CORE
        if spelled in self._generic.names or (core and _is_expressed(given, owner)):
            self._tests.append(generic_test(spelled, given, owner.tested, self._generic.package))
            return None
        short = _KNOWN_AS.get(spelled, spelled.removeprefix("dbt."))
        utility = utility_named(spelled, given)
        kind = short if short in KINDS else utility or expectation_named(spelled)
        if kind is None and is_custom(given):
            return self._custom(spelled, _flatten(given, spelled), line, owner)
        if kind is None:
            self._fail(line, f"there is no check '{spelled}'", _nearest(spelled))
        flat = _flatten(given, kind)
        arguments = flat if utility else in_our_words(flat, spelled, kind)
        if not boolean(arguments, "enabled", self._defaults.enabled):
            return None
        columns = _columns(arguments, owner, kind)
        _refuse_others(arguments, kind)
        if utility:
            values = read_utility(arguments, spelled, utility, columns)
        elif kind in HISTORY_KINDS:
            values = read_history_check(arguments, kind, columns)
        elif kind in KINDS:
            _check_columns(arguments, kind, columns)
            values = ARGUMENTS[kind](arguments)
        else:
            _check_expected_columns(arguments, kind, columns)
            values = read_arguments(arguments, kind)
        if spelled == "dbt_utils.expression_is_true" and owner.column is not None:
            values["expression"] = f"{quote(owner.column)} {values['expression']}"
        check = self._made(arguments, kind, columns, values, line, owner)
        if not self._generic.is_dbt or spelled not in CORE:
            return check
        applied, short = application(spelled, given, owner.tested)
        alias = check.alias or (short if short != applied.title else None)
        return msgspec.structs.replace(check, name=applied.title, test=applied, alias=alias)

    def _custom(self, spelled: str, arguments: Block, line: int, owner: Owner) -> Check | None:
        """A check that is written in Python: what it takes, only that can tell."""
        if not boolean(arguments, "enabled", self._defaults.enabled):
            return None
        values = custom_arguments(arguments, spelled, owner.column, (*_COMMON, *_NAMING, *_SILENT))
        return self._made(arguments, CUSTOM, custom_columns(arguments, owner.column), values, line, owner)

    def _made(
        self,
        arguments: Block,
        kind: str,
        columns: tuple[str, ...],
        values: dict[str, Any],
        line: int,
        owner: Owner,
    ) -> Check:
        """The check, with what every check takes."""
        stated = values["expectation"] if kind == CUSTOM else kind
        return Check(
            name=text(arguments, "name") or check_name(stated, owner.called, columns, values),
            kind=kind,
            columns=columns,
            arguments=values,
            severity=_severity(arguments, self._defaults.severity),
            where=optional_text(arguments, "where"),
            warn_if=_threshold(arguments, "warn_if", self._defaults.warn_if),
            error_if=_threshold(arguments, "error_if", self._defaults.error_if),
            **read_failing(arguments, self._defaults),
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
            takes = OWN_KEYS[name] if name in KINDS else own_keys(expected) if expected else ()
            hint = f"the check {name} takes {', '.join(takes)}" if takes else None
            self._fail(line, f"what '{kind}' is given must be a mapping, not {describe(given)}", hint)
        block[key] = given
        block.lines[key] = line
        return block

    def _fail(self, line: int, message: str, hint: str | None) -> NoReturn:
        raise ProjectError(message, path=self._path, line=line, hint=hint)


_SHORT_FORM = {
    "not_null": "columns",
    "unique": "columns",
    "accepted_values": "values",
    "row_count": "equals",
    "expression": "expression",
    "within_history": "of",
    "freshness": "max_age",
}


def _flatten(given: Block, kind: str) -> Block:
    """All that is given to a check at one level, whatever blocks it stood in."""
    flat = Block(given.path, given.line)
    config_keys = (*_COMMON, "meta", *_SILENT)
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


def _is_expressed(given: Block, owner: Owner) -> bool:
    """Whether a test of a dbt project looks at an expression: of a template, or of SQL in the place of a column."""
    column = given.get("column_name") or owner.column or ""
    return has_template(given) or re.fullmatch(r"\w*", str(column)) is None


def _nearest(spelled: str) -> str:
    """What to write instead of a name that is no check."""
    if "." in spelled and not spelled.startswith(DBT_EXPECTATIONS):
        near = did_you_mean(spelled.removeprefix(DBT_UTILS), UTILITIES) if spelled.startswith(DBT_UTILS) else None
        return near or f"known: {', '.join((*KINDS, *_KNOWN_AS))}, and dbt_expectations.expect_..."
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
    own = OWN_KEYS[kind] if kind in KINDS else utility_keys(kind) if kind in UTILITIES else own_keys(kind)
    known = {*own, *(_COLUMN_KEYS if kind in KINDS else ()), *_COMMON, *_NAMING}
    for key in arguments:
        if key not in known and key not in _SILENT:
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
