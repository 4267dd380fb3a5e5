"""Writes docs/dbt-surface.md: python docs/dbt_surface.py.

The names are in docs/dbt_surface.txt, which says how it is written. Each is proved by a test: one whose title holds it,
or one that is named there; a name without a test, or with one that does not exist, is an error.
tests/test_house_surface.py keeps the page true.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).parent.parent
NAMES = HOUSE / "docs" / "dbt_surface.txt"
PAGE = HOUSE / "docs" / "dbt-surface.md"
TEMPLATES = HOUSE / "tests" / "template"
CASES = HOUSE / "tests" / "surface" / "cases"
LANDING = HOUSE / "tests" / "pipeline" / "cases"
HEAD = """# The surface of dbt, name by name

Made by `python docs/dbt_surface.py` from `docs/dbt_surface.txt` and the tests; changes made here are lost. A name is
supported where a test proves it, which is named beside it: a case in a text file, or a function. What they hold was
compared with dbt-core 1.11 and dbt-duckdb. How to use it all is told in [A folder of dbt's](dbt.md).
"""


def page() -> str:
    """The whole page, in Markdown."""
    sections = re.split(r"^# (.*)\n", NAMES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    chapters = []
    names = supported = 0
    for title, text in zip(sections[::2], sections[1::2], strict=True):
        rows = list(_rows(title, text))
        names, supported = names + len(rows), supported + sum(row[1] == "yes" for row in rows)
        lines = [("Name", "Supported", "Test"), ("---", "---", "---"), *rows]
        table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        chapters.append(f"## {title}\n\n{table}")
    count = (
        f"{supported} of {names} names are supported; of the others it is said why not, or what they are taken for.\n"
    )
    return "\n\n".join([HEAD + "\n" + count.rstrip("\n"), *chapters]) + "\n"


def _rows(title: str, text: str) -> Iterator[tuple[str, str, str]]:
    """A row for each name of a section: the name, whether it is supported, and the test."""
    settings = dict(re.findall(r"^(cases|prefix): (.*)\n", text, flags=re.MULTILINE))
    prefix, kind = settings.get("prefix", ""), settings.get("cases", "")
    for line in re.sub(r"^(cases|prefix): .*\n", "", text, flags=re.MULTILINE).strip().splitlines():
        name, equals, test = line.partition(" = ")
        unsupported, dash, why = line.partition(" - ")
        if dash and not equals:
            yield f"`{prefix}{unsupported}`", f"no: {why}", ""
        elif equals:
            shown = ", ".join(f"`{each}`" for each in re.split(r", (?!in |of )", name))
            yield shown, "yes", _named(test)
        else:
            for each in re.split(r",\s*(?!of a column)", line.strip(", ")):
                yield f"`{prefix}{each}`", "yes", _found(title, f"{prefix}{each}", kind)


def _found(title: str, name: str, kind: str) -> str:
    """The case whose title holds a name, or, of a macro that is built in, the one that calls it."""
    if kind == "builtin":
        for path, case, text in _builtin_cases():
            if re.search(rf"(?<![\w.])(?:dbt\.)?{re.escape(name)}\(", text):
                return _link(path, case)
    elif not kind and name in _surface_cases():
        return _link(*_surface_cases()[name])
    for path, case in _project_cases():
        family, _, names = case.partition(": ")
        if family == (kind or "adapter") and name.removeprefix("adapter.") in names.split(", "):
            return _link(path, case)
    raise SystemExit(f"{title}: no test has '{name}' in its title; write one, name one, or say why it is not supported")


def _named(test: str) -> str:
    """A test that the list names: `file::function`, or `file: the title of a case, or a part of it`."""
    file, colons, function = test.partition("::")
    if colons:
        path = HOUSE / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
        if function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            return _link(path, function)
    else:
        file, _, title = test.partition(": ")
        path = HOUSE / file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        titles = re.findall(r"^(?:###|==) (.*)$", text, re.MULTILINE)
        for each in titles:
            if each == title or f", {title}," in f", {each.partition(': ')[2] or each},":
                return _link(path, each)
    raise SystemExit(f"there is no test {test}")


def _link(path: Path, case: str) -> str:
    short = case if len(case) <= 60 else case[:57] + "..."
    return f"[{path.name}](../{path.relative_to(HOUSE).as_posix()}): {short}"


@cache
def _surface_cases() -> dict[str, tuple[Path, str]]:
    """The cases of templates by their titles."""
    found: dict[str, tuple[Path, str]] = {}
    for path in sorted((TEMPLATES / "surface").glob("*.txt")):
        for title in re.findall(r"^== (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            found.setdefault(title, (path, title))
    return found


@cache
def _builtin_cases() -> list[tuple[Path, str, str]]:
    """The cases of built-in macros: file, name of the case as tests call it, text."""
    return [
        (path, f"{path.stem}-{number}", block)
        for path in sorted((TEMPLATES / "builtin").glob("*.txt"))
        for number, block in enumerate(re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()), 1)
    ]


@cache
def _project_cases() -> list[tuple[Path, str]]:
    """The cases that are projects, by their titles."""
    return [
        (path, title)
        for path in sorted(CASES.glob("*.txt"))
        for title in re.findall(r"^### (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} written")
