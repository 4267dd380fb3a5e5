"""Writes docs/reference.md from the program itself: `python docs/reference.py`. A test sees that it is up to date.

Each function of SECTIONS gives one chapter.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click
import msgspec

from batchsql import errors
from batchsql.cli.app import batchsql
from batchsql.cli.commands import Command, Commands
from batchsql.cli.options import common_options
from batchsql.ledger import TABLES
from batchsql.selection import parse_term
from batchsql.values import Check, Config, Step

PAGE = Path(__file__).parent / "reference.md"

EXIT_CODES = {
    0: "All is well; or there was nothing to do.",
    1: "A batch failed, or the run was interrupted. What failed is rolled back; what was committed before stays.",
    2: "The project or the command is wrong. Nothing was run.",
    3: "A check of severity `error` failed. Its batch is rolled back, and what is downstream of it was skipped.",
}

VARIABLES = {
    "NO_COLOR": "Any value: no colours.",
    "FORCE_COLOR": "Any value: colours although the output is not a terminal.",
    "DBT_ENV_SECRET_*, BATCHSQL_SECRET_*": "Values of variables so named, and of those whose names hold PASSWORD, "
    "SECRET or TOKEN, are printed as `*****`.",
}

SELECTION = {
    "delays_daily": "The model of this name; also a seed, a snapshot, a check that is a file.",
    "stg_*": "All whose names match.",
    "+delays_daily": "It, and all it reads, directly or not.",
    "delays_daily+": "It, and all that read it, directly or not.",
    "2+delays_daily+1": "The same, but at most two steps up and one step down.",
    "@stg_flights": "It, all that read it, and all that those read.",
    "tag:daily": "All with this tag.",
    "path:models/marts": "All in this folder or file.",
    "source:landing": "All sources of this group; `source:landing.flights` is one of them.",
    "config.materialized:view": "All with this value of a config key.",
    "tag:daily stg_*": "What either selects.",
    "tag:daily,path:models/marts": "What both select.",
}

CONFIG = {
    "enabled": "`false` leaves the model out of the project.",
    "materialized": "How the model lands.",
    "schema": "The schema it lands in, if not the target's. In a dbt project: `<target's schema>_<this>`.",
    "alias": "Name of the relation, if not the model's.",
    "tags": "Words to select it by: `tag:daily`.",
    "meta": "Whatever else is to be noted; batchsql does not look at it.",
    "full_refresh": "`false` protects it from --full-refresh; `true` makes it anew each time.",
    "pre_hook": "Statements to run before the batch is written, in its transaction; "
    "`{sql: ..., transaction: false}` runs before the transaction begins.",
    "post_hook": "Statements to run after the batch is written and before it is committed, in its transaction; "
    "`{sql: ..., transaction: false}` runs when it is committed.",
    "incremental_strategy": "How an incremental batch lands. If not set: `microbatch` with a `batch_size`, else "
    "`delete+insert` with a `unique_key`, else `append`.",
    "unique_key": "The columns that identify a row, for `merge` and `delete+insert`, and for snapshots.",
    "on_schema_change": "What to do when the query's columns differ from the table's.",
    "max_quarantined": "How many rows of a batch checks of severity quarantine may put aside: a number, or a share "
    "such as 5%.",
    "keep_history": "For how many runs the rows that a batch replaces are kept, for `batchsql rollback`; 0 keeps none.",
    "profile": "`true`: a few figures of each column of each batch go into the ledger, for `batchsql.column_profile`.",
    "contract": "`true`, or `{enforced: true}`: each batch must give exactly the columns that the property file "
    "declares, each with its `data_type`.",
    "on_change": "What to do with the rows that are there when the code changes: keep them, or load all anew.",
    "on_volatile": "What to do about calls to now(), random() and the like, whose value changes by itself: run again "
    "each time, or not.",
    "on_input_change": "What to do with an interval model's loaded intervals when an input changes that it reads as a "
    "whole, for want of an `event_time`: keep them, or load all again.",
    "event_time": "The column that says when a row happened: by it, an interval model and what it reads are cut.",
    "begin": "Where an interval model's first interval begins, UTC.",
    "end": "Where its last interval ends, UTC; it goes on with time if there is none.",
    "batch_size": "The length of an interval: `hour`, `day`, `15 minutes`, `5 days`, `month`, ...",
    "lookback": "How many intervals before the newest to load again each time; 1 for microbatch models of dbt's.",
    "until_now": "Whether the interval that is still going on is loaded too, and again while its input changes; "
    "`true` in a dbt project.",
    "coalesce": "How many neighbouring intervals may be loaded in one pass and one transaction, where their query "
    "means the same for all of them as for each.",
    "strategy": "How a snapshot sees that a row changed: by `updated_at`, or by comparing `check_cols`.",
    "updated_at": "The column that says when a row was last changed.",
    "check_cols": "The columns to compare; `all` for every one.",
    "hard_deletes": "What a snapshot does when a row is gone: nothing, close its version, or add one that says so.",
    "target_schema": "The schema a snapshot lands in, taken as it is.",
    "column_types": "Types of a seed's columns; the others are found from the values.",
    "delimiter": "What stands between the fields of a seed.",
    "severity": "For a check that is a file in `tests/`: `error` rolls back, `warn` commits and says so.",
    "warn_if": "For such a check: with which counts of rows to warn, `!= 0` if not set.",
    "error_if": "For such a check: with which counts of rows to fail, `!= 0` if not set.",
    "fail_calc": "The number of failures of a check, an aggregate over what fails; `count(*)` if not set.",
    "limit": "Of how many failing rows at most failures are counted.",
    "store_failures": "Whether failing rows of checks are kept in the warehouse.",
    "store_failures_as": "How they are kept: `table`, `view`, or `ephemeral` for not at all.",
}

NOT_WRITTEN = {"extra", "pre_hook_outside", "post_hook_outside"}  # fields that other keys are put into

CHECK = {
    "name": "Name of the check; made of kind, model and columns if there is none.",
    "severity": "`error` (or `critical`) rolls the batch back; `warn` (`warning`) commits it and says so; `quarantine` "
    "puts refused rows aside and commits the rest; `info` only notes what was found.",
    "where": "A condition in SQL; other rows are not looked at.",
    "warn_if": "With which counts of failures to warn.",
    "error_if": "With which counts of failures to fail, where the severity is `error`.",
    "fail_calc": "The number of failures, an aggregate over what fails: `sum(n_records)`; `count(*)` if not set.",
    "limit": "Of how many failing rows at most failures are counted.",
    "store_failures_as": "How the failing rows are kept in the warehouse: `table`, as `store_failures: true` means "
    "too, `view`, or `ephemeral` for not at all.",
    "alias": "The name of the table that they are kept in, the check's name if not set.",
    "schema": "Its schema, `<schema of the target>_dbt_test__audit` if not set.",
    "description": "What it is for.",
}


def reference() -> str:
    """The whole page, in Markdown."""
    chapters = [f"## {title}\n\n{chapter()}" for title, chapter in SECTIONS.items()]
    contents = "\n".join(f"- [{title}](#{_anchor(title)})" for title in SECTIONS)
    head = "# Reference\n\nMade from the program itself by `python docs/reference.py`; changes made here are lost."
    return "\n\n".join([head, contents, *chapters]) + "\n"


def commands() -> str:
    """Every command with its options and examples."""
    common = _table(("Option", "Meaning"), [_option_row(option) for option in common_options(with_environment=True)])
    intro = f"{_paragraphs(batchsql.help)}\n\nEvery command takes these options, after its name or before:\n\n{common}"
    return "\n\n".join([intro, *(_command(command) for command in _every(batchsql.commands.values()))])


def selection() -> str:
    """What --select and --exclude understand; each example is read by the program itself."""
    rows = []
    for example, meaning in SELECTION.items():
        for part in example.replace(",", " ").split():
            parse_term(part)
        rows.append((f"`{example}`", meaning))
    intro = "`--select` and `--exclude` take names and more. Without `--select`, everything is selected."
    return f"{intro}\n\n{_table(('Selection', 'Selects'), rows)}"


def exit_codes() -> str:
    """What the exit code says, and which errors end with it."""
    kinds: dict[int, list[str]] = {code: [] for code in EXIT_CODES}
    for error in _subclasses(errors.BatchsqlError):
        kinds[error.exit_code].append(error.label)
    rows = [(str(code), meaning, ", ".join(dict.fromkeys(kinds[code]))) for code, meaning in EXIT_CODES.items()]
    return _table(("Code", "Meaning", "Errors"), rows)


def environment() -> str:
    """Variables that the program looks at."""
    options = [(option.envvar, option.opts[-1]) for option in common_options(with_environment=True) if option.envvar]
    rows = [(f"`{variable}`", f"Stands for {_code(name)}.") for variable, name in options]
    rows += [(", ".join(f"`{name}`" for name in names.split(", ")), text) for names, text in VARIABLES.items()]
    return _table(("Variable", "Meaning"), rows)


def config() -> str:
    """The keys that config() in a model, `config:` beside it and `+key:` in the project file take."""
    intro = (
        "These keys stand in `config(...)` in a model, under `config:` in the YAML beside it, and with a `+` before "
        "them in `batchsql.yml`, for a folder. The most specific wins."
    )
    return f"{intro}\n\n{_fields(Config, CONFIG)}"


def checks() -> str:
    """What every check takes beside its own arguments."""
    return f"Every check takes these keys beside its own arguments:\n\n{_fields(Check, CHECK)}"


def ledger() -> str:
    """The ledger's tables, column by column."""
    parts = [
        "The ledger is in the warehouse, in the schema `batchsql`, for everyone to query. Its times are in UTC. "
        "Rows are added, and never changed."
    ]
    for name, (kind, meaning, columns) in TABLES.items():
        rows = [(f"`{column}`", f"`{type_name}`", text) for column, (type_name, text) in columns.items()]
        parts.append(f"### `batchsql.{name}`\n\nA {kind}. {meaning}\n\n{_table(('Column', 'Type', 'Meaning'), rows)}")
    return "\n\n".join(parts)


SECTIONS: dict[str, Callable[[], str]] = {
    "Commands": commands,
    "Selection": selection,
    "Exit codes": exit_codes,
    "Environment": environment,
    "Config": config,
    "Checks": checks,
    "The ledger": ledger,
}


def _every(commands: Iterable[click.Command], group: str = "") -> Iterator[tuple[str, click.Command]]:
    """The commands with their whole names, those of a group behind it."""
    for command in commands:
        yield f"{group}{command.name}", command
        if isinstance(command, click.Group):
            yield from _every(command.commands.values(), f"{group}{command.name} ")


def _command(named: tuple[str, click.Command]) -> str:
    name, command = named
    if isinstance(command, Commands):
        return f"### `batchsql {name}`\n\n{_paragraphs(command.help)}"
    assert isinstance(command, Command), f"{command.name} is not one of our commands"
    assert command.help, f"{command.name} has no help"
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    own = [p for p in command.params if isinstance(p, click.Option) and p.expose_value]
    usage = " ".join(["batchsql", name, *(p.make_metavar(click.Context(command)) for p in arguments)])
    parts = [f"### `{usage}`", _paragraphs(command.help)]
    if own:
        parts.append(_table(("Option", "Meaning"), [_option_row(option) for option in own]))
    parts.append("```sh\n" + "\n".join(command.examples) + "\n```")
    return "\n\n".join(parts)


def _option_row(option: click.Option) -> tuple[str, str]:
    assert option.help, f"{option.opts} has no help"
    names = ", ".join(_code(name) for name in option.opts)
    value = "" if option.is_flag else f" {_code(option.make_metavar(click.Context(batchsql)))}"
    return names + value, option.help


def _fields(kind: type[msgspec.Struct], meanings: dict[str, str]) -> str:
    """Keys, values and defaults of a struct's fields. Those of Config must all have a meaning."""
    hints = get_type_hints(kind)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    if kind is Config:
        described = meanings.keys() | NOT_WRITTEN
        assert fields.keys() == described, f"not described, or gone: {fields.keys() ^ described}"
    rows = [
        (f"`{name}`", ", ".join(_values(hints[name])), _default(fields[name]), meaning)
        for name, meaning in meanings.items()
    ]
    return _table(("Key", "Value", "Default", "Meaning"), rows)


def _values(hint: Any) -> list[str]:
    """What may be written for a type, in words."""
    if get_origin(hint) is tuple:
        return ["text or list of texts"]
    if get_origin(hint) is dict:
        return ["mapping"]
    words = {str: "text", bool: "true or false", int: "whole number", Step: "a step of time"}
    if hint in words:
        return [words[hint]]
    found = []
    for part in get_args(hint):
        if part is not type(None):
            found += [f"`{part}`"] if isinstance(part, str) else _values(part)
    return found or [re.sub(r"^.*\.", "", getattr(hint, "__name__", str(hint))).replace("datetime", "date or time")]


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default
    if value in (msgspec.NODEFAULT, None, (), ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n"))


def _code(text: str) -> str:
    return f"`{text}`"


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _subclasses(kind: type[errors.BatchsqlError]) -> Iterator[type[errors.BatchsqlError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    sys.stdout.write(f"{PAGE} written\n")
