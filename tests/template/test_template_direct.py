"""Simple texts take a short way; it gives what the long way gives."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from template_helpers import model, renderer

from batchsql.errors import TemplateError
from batchsql.template import RenderContext
from batchsql.values import Rendered

MACROS = {
    "macros/a.sql": (
        "{% macro cents(x, places=2) %}\nround({{ x }}, {{ places }}){% endmacro %}"
        "{% macro pair(x) %}{{ return([x, ref('inner')]) }}{% endmacro %}"
        "{% macro asks() %}{% if is_incremental() %}{{ this }}{% endif %}{% endmacro %}"
        "{% macro fails() %}{{ nothing }}{% endmacro %}"
    )
}

literals = st.one_of(st.just("'a'"), st.just("'it''s'"), st.just("2"), st.just("none"), st.just("true"), st.just("1.5"))
expressions = st.one_of(
    st.just("ref('b')"),
    st.just("source('g', 't')"),
    st.just("this"),
    st.just("this.schema"),
    st.just("target.name"),
    st.just("asks()"),
    st.just("fails()"),
    st.just("nothing"),
    st.just("batch.start"),
    st.just("execute"),
    st.just("{'a': [1, ('b', 2)]}"),
    st.just("''.__class__"),
    literals,
    st.builds("config(materialized={}, meta={{'x': [{}]}})".format, literals, literals),
    st.builds("cents({}, places={})".format, literals, literals),
    st.builds("var({}, {})".format, st.sampled_from(["'late'", "'none'"]), literals),
    st.builds("pair({})".format, literals),
)
conditions = st.sampled_from(
    ["is_incremental()", "not is_incremental()", "execute", "target.name", "var('late')", "nope"]
)
data = st.text(alphabet="ab \n{}%#'", max_size=6)
texts = st.recursive(
    st.lists(st.one_of(data, st.builds("{{{{ {} }}}}".format, expressions), st.just("{# c #}")), max_size=5).map(
        "".join
    ),
    lambda inner: st.builds(
        "{}{{% if {} %}}{}{{%- else -%}}\n{}{{% endif %}}{}".format, data, conditions, inner, inner, data
    ),
    max_leaves=4,
)


def _outcome(text: str, incremental: bool, supplied: dict[str, Any]) -> Rendered | tuple[object, ...]:
    shared = renderer(macros=MACROS, variables={"late": 1}, supplied=supplied)
    try:
        return shared.render(model(text, first_line=4), RenderContext(incremental=incremental))
    except TemplateError as error:
        return error.message, error.path, error.line, error.source_line, error.hint


@given(texts, st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_short_way_gives_what_the_long_way_gives(text: str, incremental: bool, follows: bool) -> None:
    supplied = {"late": "it's"} if follows else {}
    short = _outcome(text, incremental, supplied)
    long = _outcome("{% set unused = 1 %}" + text, incremental, supplied)
    if isinstance(short, Rendered) or isinstance(long, Rendered):
        assert short == long
    else:
        assert short[:3] == long[:3]
