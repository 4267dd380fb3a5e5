"""For each line of the rendered SQL, the file and line it was written at."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from template_helpers import COMPILING, model, renderer

from batchsql.errors import EngineError
from batchsql.template import RenderContext

MACROS = {
    "macros/m.sql": "{% macro columns(names) %}\n{% for n in names %}\n    {{ n }} as c,\n{% endfor %}\n{% endmacro %}"
}
OWN = "models/orders.sql"


def lines(text: str, *, first_line: int = 1) -> list[tuple[str, str, int]]:
    shared = renderer(macros=MACROS)
    source = model(text, first_line=first_line)
    rendered = shared.render(source, COMPILING).sql.split("\n")
    found = shared.source_lines(source, COMPILING)
    assert len(found) == len(rendered)
    return [(line.strip(), path, number) for line, (path, number) in zip(rendered, found, strict=True) if line.strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1\n, 2", [("select 1", OWN, 1), (", 2", OWN, 2)]),
        (
            "{{ config(\n  materialized='table',\n) }}\n\nselect *\nfrom {{ ref('x') }}\n",
            [("select *", OWN, 5), ('from "__ref__"."x"', OWN, 6)],
        ),
        (
            "{%- set a = [\n 1,\n 2] -%}\n\nselect\n{%- for x in a %}\n  {{ x }},\n{%- endfor %}\nfrom t",
            [("select", OWN, 5), ("1,", OWN, 7), ("2,", OWN, 7), ("from t", OWN, 9)],
        ),
        (
            "select\n{{ columns(['a', 'b']) }}\n  1 {# note\n over lines #} as d\nfrom t",
            [
                ("select", OWN, 1),
                ("a as c,", "macros/m.sql", 3),
                ("b as c,", "macros/m.sql", 3),
                ("1  as d", OWN, 3),
                ("from t", OWN, 5),
            ],
        ),
        ("a\n{{ columns(['a']) | trim }}\nb", [("a", OWN, 1), ("a as c,", OWN, 2), ("b", OWN, 3)]),
    ],
)
def test_lines(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert lines(text) == expected
    assert lines(text, first_line=31) == [(t, p, n + 30 if p == OWN else n) for t, p, n in expected]


def test_where_marks_would_change_the_text_lines_are_aligned() -> None:
    text = "select\n  a,\n  {{ columns(['b']) | length }} as n,\n  c\nfrom t"
    found = renderer(macros=MACROS).source_lines(model(text, first_line=2), COMPILING)
    assert found == [(OWN, 2), (OWN, 3), (OWN, 4), (OWN, 5), (OWN, 6)]


def test_lines_of_a_text_that_cannot_be_rendered_again() -> None:
    asked: list[str] = []

    def run_query(text: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        asked.append(text)
        if len(asked) > 1:
            raise EngineError("the transaction is aborted")
        return ("n",), [(1,)]

    source = model("{% set n = run_query('select 1').rows[0][0] %}\nselect\n  a,\n  {{ n }} as n\nfrom t")
    context = RenderContext(execute=True, run_query=run_query)
    shared = renderer()
    sql = shared.render(source, context).sql
    assert shared.source_lines(source, context, sql=sql) == [(OWN, 1), (OWN, 2), (OWN, 3), (OWN, 4), (OWN, 5)]


def test_a_text_that_fails_has_its_own_lines() -> None:
    assert renderer().source_lines(model("a\n{{ nothing }}", first_line=3), COMPILING) == [(OWN, 3), (OWN, 4)]


tags = st.sampled_from(
    ["", "{% if true %}", "{%- if true -%}", "{# x\n y #}", "{#- x -#}", "{{ ref('a') }}", "{%- set x = 1 -%}"]
)


@given(st.lists(st.tuples(tags, st.sampled_from(["\n", "\n\n", " ", "\n  "])), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_every_written_word_is_found_on_its_line(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{tag}word{number}x{space}" for number, (tag, space) in enumerate(parts))
    text += "{% endif %}" * text.count("if true")
    for line, path, number in lines(text):
        word = line.split()[0]
        if "word" in word:
            word = word[word.index("word") :].split("x")[0] + "x"
            assert path == OWN
            assert number == text[: text.index(word)].count("\n") + 1
