"""The constraints of a contract, as dbt writes them, into checks.

```yaml
columns:
  - name: id
    data_type: bigint
    constraints: [{type: not_null}, {type: primary_key}, {type: check, expression: "id > 0"}]
constraints:                                   # of several columns, beside `columns:`
  - {type: unique, columns: [origin, flight_date]}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchsql.errors import ProjectError
from batchsql.project.check_names import check_name
from batchsql.project.fields import blocks, check_keys, fail, name, text, texts
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items
from batchsql.values import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = ("not_null", "unique", "primary_key", "check")
_UNUSED_TYPES = ("foreign_key", "custom")
_KEYS = ("type", "expression", "name", "columns", "to", "to_columns", "warn_unenforced", "warn_unsupported")


def read_constraints(entry: Block, owner: str, warnings: list[str]) -> Iterator[Check]:
    """The constraints of an entry and of its columns, as checks of severity error; what is not one goes to warnings."""
    seen = set()
    listed = [(column, (name(column, f"a column of '{owner}'"),)) for column in blocks(entry, "columns", "column")]
    for block, columns in (*listed, (entry, ())):
        for constraint in _constraints(block):
            for check in _checks(constraint, owner, columns, warnings):
                if check.name not in seen:
                    seen.add(check.name)
                    yield check


def _constraints(block: Block) -> Iterator[Block]:
    listed = block.get("constraints")
    if listed is None:
        return
    if not isinstance(listed, Items):
        fail(block, "constraints", f"'constraints' must be a list, not {describe(listed)}", "write `- type: not_null`")
    for line, each in listed.with_lines():
        if not isinstance(each, Block):
            message = f"a constraint must be a mapping, not {describe(each)}"
            raise ProjectError(message, path=block.path, line=line, hint="write `- type: not_null`")
        yield each


def _checks(block: Block, owner: str, columns: tuple[str, ...], warnings: list[str]) -> Iterator[Check]:
    check_keys(block, _KEYS, "a constraint")
    kind = text(block, "type").lower()
    if kind in _UNUSED_TYPES:
        warnings.append(f"{block.path}:{block.line}: a constraint of type {kind} has no effect; `relationships` checks")
        return
    if kind not in _TYPES:
        fail(block, "type", f"there is no constraint of type '{kind}'", hint_for(kind, _TYPES))
    columns = columns or texts(block, "columns")
    if kind == "check":
        expression = text(block, "expression")
        if not expression:
            fail(block, "type", "this constraint has no expression", 'write `expression: "amount >= 0"`')
        yield _check(block, "expression", owner, (), {"expression": expression})
        return
    if not columns:
        fail(block, "type", f"this constraint does not say which columns are {kind}", "add `columns: [...]`")
    if kind in ("not_null", "primary_key"):
        for column in columns:
            yield _check(block, "not_null", owner, (column,), {})
    if kind in ("unique", "primary_key"):
        yield _check(block, "unique", owner, columns, {})


def _check(block: Block, kind: str, owner: str, columns: tuple[str, ...], arguments: dict[str, Any]) -> Check:
    return Check(
        name=f"contract_{check_name(kind, owner, columns, arguments)}",
        kind=kind,
        columns=columns,
        arguments=arguments,
        path=block.path,
        line=block.line,
    )
