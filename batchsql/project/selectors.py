"""selectors.yml: selections that a project names, as dbt writes them.

```yaml
selectors:
  - name: nightly
    default: true                       # meant where nothing is asked for
    definition:
      union:
        - method: tag
          value: nightly
          children: true
        - intersection: ["path:models/marts", {config.materialized: table}]
        - exclude: [{method: fqn, value: slow}]
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchsql.errors import ProjectError, UsageError
from batchsql.project.expressions import Scope, evaluate_tree
from batchsql.project.fields import blocks, boolean, fail, name
from batchsql.project.files import read_text
from batchsql.project.yaml import Block, Items, load_yaml
from batchsql.values.selection import Criterion, Definition, Selectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from batchsql.values.selection import Indirect

SELECTORS_FILE = "selectors.yml"
_SETS = ("union", "intersection")


class Reading:
    """What reading a definition needs of the room of selections.

    term: reads a word of the command line. method: says what the name of a method means, and its arguments.
    indirect: checks a way to select tests.
    """

    def __init__(
        self,
        term: Callable[[str], Criterion],
        method: Callable[[str, Any, str], tuple[str, tuple[str, ...]]],
        indirect: Callable[[str], Indirect],
    ) -> None:
        self.term = term
        self.method = method
        self.indirect = indirect


def read_selectors(
    root: Path, reading: Reading, environment: Mapping[str, str], variables: Mapping[str, Any]
) -> Selectors:
    """The selectors of a project; none where it has no such file. Raises ProjectError."""
    if not (root / SELECTORS_FILE).is_file():
        return Selectors()
    top = load_yaml(read_text(str(root), SELECTORS_FILE), SELECTORS_FILE)
    if not isinstance(top, Block):
        hint = "write `selectors:` and below it a list of `- name: ...`"
        raise ProjectError(f"{SELECTORS_FILE} is a mapping", path=SELECTORS_FILE, line=1, hint=hint)
    scope = Scope(environment=environment, vars=variables, supplied=tuple(variables), lenient=True)
    definitions: dict[str, Definition] = {}
    defaults: list[str] = []
    for entry in blocks(evaluate_tree(top, scope, SELECTORS_FILE, 1), "selectors", "selector"):
        called = name(entry, "a selector")
        if "definition" not in entry:
            fail(entry, "name", f"the selector '{called}' has no definition", "write `definition: ...`")
        definitions[called] = _Reader(reading, definitions).definition(entry["definition"], entry)
        if boolean(entry, "default"):
            defaults.append(called)
            if len(defaults) > 1:
                fail(entry, "default", f"'{defaults[0]}' and '{called}' are both the default", "keep one of the two")
    return Selectors(definitions=definitions, default=defaults[0] if defaults else None)


class _Reader:
    """Reads one definition; known: the selectors before it, which it may name."""

    def __init__(self, reading: Reading, known: Mapping[str, Definition]) -> None:
        self._reading = reading
        self._known = dict(known)

    def definition(self, value: Any, around: Block) -> Definition:
        """A text, a mapping with one set, or a term."""
        if not isinstance(value, str | Block):
            hint = "write `method:` and `value:`, or `union:`"
            fail(around, "definition", "a definition is a text or a mapping", hint)
        try:
            if isinstance(value, str):
                return self._named(self._reading.term(value))
            found = [key for key in _SETS if key in value]
            return self._set(value, found[0]) if found else self._mapping(value)
        except UsageError as error:
            line = value.line if isinstance(value, Block) else around.line_of("definition")
            raise ProjectError(error.message, path=SELECTORS_FILE, line=line, hint=error.hint) from None

    def _set(self, value: Block, operator: str) -> Definition:
        if len(value) > 1:
            fail(value, operator, f"beside '{operator}' nothing else can stand", "put it into the list")
        listed = value[operator]
        if not isinstance(listed, Items):
            fail(value, operator, f"'{operator}' is a list", "begin each part with `- `")
        parts: list[Definition] = []
        excluded: Definition | None = None
        for each in listed:
            if isinstance(each, Block) and list(each) == ["exclude"]:
                if excluded is not None:
                    fail(each, "exclude", "'exclude' is here twice", "put both into one list")
                excluded = self._excluded(each)
            else:
                parts.append(self.definition(each, value))
        together = Definition(operator="union" if operator == "union" else "intersection", parts=tuple(parts))
        return _without(together, excluded)

    def _excluded(self, value: Block) -> Definition:
        listed = value["exclude"]
        if not isinstance(listed, Items):
            fail(value, "exclude", "'exclude' is a list", "begin each part with `- `")
        return Definition(operator="union", parts=tuple(self.definition(each, value) for each in listed))

    def _mapping(self, value: Block) -> Definition:
        """`tag: nightly`, or `method:` and `value:` with what goes with them."""
        if len(value) == 1 and "method" not in value:
            written, given = next(iter(value.items()))
            return self._named(self._criterion(value, str(written), given))
        if "method" not in value or "value" not in value:
            fail(value, next(iter(value), "method"), "a term has a method and a value", "write `method:` and `value:`")
        term = self._named(self._criterion(value, str(value["method"]), value["value"]))
        return _without(term, self._excluded(value) if value.get("exclude") else None)

    def _criterion(self, value: Block, written: str, given: Any) -> Criterion:
        method, arguments = self._reading.method(written, given, written)
        told = value.get("indirect_selection")
        return Criterion(
            text=f"{written}:{given}",
            method=method,
            arguments=arguments,
            value=given,
            up=_depth(value, "parents"),
            down=_depth(value, "children"),
            around=boolean(value, "childrens_parents"),
            indirect=self._reading.indirect(str(told)) if told is not None else None,
        )

    def _named(self, term: Criterion) -> Definition:
        """The term; or the selector that it names."""
        if term.method != "selector":
            return Definition(operator="term", term=term)
        known = self._known.get(str(term.value))
        if known is None:
            hint = f"defined before it are: {', '.join(self._known) or 'none'}"
            raise UsageError(f"there is no selector '{term.value}'", hint=hint)
        return known


def _without(definition: Definition, excluded: Definition | None) -> Definition:
    return definition if excluded is None else Definition(operator="difference", parts=(definition, excluded))


def _depth(value: Block, key: str) -> int | None:
    """How many steps; all where only `parents: true` says so."""
    if not boolean(value, key):
        return 0
    depth = value.get(f"{key}_depth")
    return int(depth) if depth else None
