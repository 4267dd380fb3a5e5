"""Errors name the file and the line as written, show it, and say what to try."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from template_helpers import COMPILING, model, renderer

from batchsql.errors import EngineError, TemplateError
from batchsql.template import RenderContext

MACROS = {
    "macros/good.sql": (
        "\n{% macro bad_inside(x) %}\n  {{ x }}\n  {{ colum }}\n{% endmacro %}{% macro one(a) %}{{ a }}{% endmacro %}"
    ),
    "macros/loop.sql": "{% macro ping() %}{{ pong() }}{% endmacro %}{% macro pong() %}{{ ping() }}{% endmacro %}",
    "macros/broken.sql": "\n\n{% macro broken() %}{{ }}{% endmacro %}",
    "macros/twice_a.sql": "{% macro twice() %}{% endmacro %}{# {% macro one(x) %} #}",
    "macros/twice_b.sql": "{% macro twice() %}{% endmacro %}",
    "macros/raise.sql": (
        "{% macro refuse() %}\n{{ exceptions.raise_compiler_error('not on ' ~ target.name) }}{% endmacro %}"
    ),
}


def failure(text: str, *, first_line: int = 1, context: RenderContext = COMPILING) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        renderer(macros=MACROS, variables={"late": 1}).render(model(text, first_line=first_line), context)
    return caught.value


@pytest.mark.parametrize(
    ("text", "message", "line", "hint"),
    [
        ("a\n{{ rf('x') }}", "'rf' is undefined", 2, "did you mean 'ref'?"),
        ("{{ bad_insid(1) }}", "'bad_insid' is undefined", 1, "did you mean 'bad_inside'?"),
        ("{% if x\n%}{% endif %}\n{{ nothing_like_it }}", "'x' is undefined", 1, "names come from the dialect"),
        ("\n\n{% if is_incremental() %}", "Unexpected end of template", 3, None),
        ("\n{{ ref('a' }}", "unexpected '}'", 2, None),
        ("\n{% fro x in y %}", "Encountered unknown tag 'fro'", 2, "did you mean "),
        ("{{ 'a' | uper }}", "No filter named 'uper'", 1, "did you mean 'upper'?"),
        ("{{ 1 is evn }}", "No test named 'evn'", 1, "did you mean 'even'?"),
        ("\n{{ ref() }}", "ref() takes one or two names, not 0", 2, "write {{ ref('orders') }}"),
        ("{{ ref(orders) }}", "orders has no value here", 1, "are quotes missing? ref('orders')"),
        (
            "{{ dbt_utils.star(ref('a')) }}",
            "'dbt_utils' is undefined",
            1,
            "in a dbt project, name the package in packages.yml",
        ),
        ("{{ ref(1) }}", "ref() takes names as text, not int", 1, "write {{ ref('orders') }}"),
        (
            "{{ source('a') }}",
            "source() takes a group and a table, not 1 names",
            1,
            "write {{ source('shop', 'orders') }}",
        ),
        ("{{ config('table') }}", "config() takes keys and values", 1, "write {{ config(materialized='table') }}"),
        ("{{ 'a' + 1 }}", "can only concatenate str", 1, "`~` joins values"),
        ("{{ 1 / 0 }}", "division by zero", 1, None),
        ("{{ target.nam }}", "has no attribute 'nam'", 1, "did you mean 'name'"),
        ("{{ {'carrier': 1}['carier'] }}", "has no attribute 'carier'", 1, "did you mean 'carrier'?"),
        ("{{ config.gett('x') }}", "has no attribute 'gett'", 1, "did you mean 'get'?"),
        ("{{ one(1, 2) }}", "takes not more than 1 argument(s)", 1, None),
        ("{{ one() }}", "parameter 'a' was not provided", 1, "called from models/orders.sql, line 1"),
        ("{{ ref(names=1) }}", "unexpected keyword argument 'names'", 1, None),
        ("{{ return(1) }}", "return() was called outside of a macro", 1, "return() belongs in a macro"),
        ("{{ modules.re.sub('(', '', 'x') }}", "the pattern '(' cannot be read", 1, None),
        ("{{ modules.pytz.timezone('Mars') }}", "there is no time zone 'Mars'", 1, "names are like"),
        (
            "{% import 'macros/god.sql' as m %}",
            "there is no macro file 'macros/god.sql'",
            1,
            "did you mean 'good.sql' or",
        ),
        ("\n{{ twice() }}", "macro 'twice' is defined in macros/twice_a.sql and in macros/twice_b.sql", 2, "rename"),
        ("{{ f(a=1, a=2) }}", "the template cannot be compiled: keyword argument repeated: a", 1, None),
        ("{{ " + "(" * 2000 + ")" * 2000 + " }}", "the template is nested too deeply", 1, None),
    ],
)
def test_errors_name_the_line_and_what_to_try(text: str, message: str, line: int, hint: str | None) -> None:
    error = failure(text, first_line=11)
    assert message in error.message
    if "called from" not in (hint or ""):
        assert (error.path, error.line) == ("models/orders.sql", line + 10)
        assert error.source_line in {text.splitlines()[line - 1], None}
    assert (hint or "") in (error.hint or "")


def test_an_error_in_a_macro_names_its_file_and_the_caller() -> None:
    error = failure("select\n{{ bad_inside(1) }}")
    assert error.message == "'colum' is undefined"
    assert (error.path, error.line, error.source_line) == ("macros/good.sql", 4, "  {{ colum }}")
    assert error.hint is not None
    assert error.hint.endswith("called from models/orders.sql, line 2")


@pytest.mark.parametrize("text", ["\n{{ broken() }}", "\n{% set x = broken() %}", "\n{% import 'broken.sql' as b %}"])
def test_a_syntax_error_in_a_macro_file_names_it(text: str) -> None:
    error = failure(text)
    assert (error.path, error.line) == ("macros/broken.sql", 3)
    assert error.source_line == "{% macro broken() %}{{ }}{% endmacro %}"
    assert error.hint == "called from models/orders.sql, line 2"


def test_the_message_of_raise_compiler_error_passes_through() -> None:
    error = failure("{% if true %}{{ refuse() }}{% endif %}")
    assert error.message == "not on dev"
    assert (error.path, error.line) == ("macros/raise.sql", 2)
    error = failure("\n{{ exceptions.raise_compiler_error('no') }}")
    assert (error.message, error.path, error.line) == ("no", "models/orders.sql", 2)


def test_macros_that_call_one_another_without_end() -> None:
    error = failure("\n{{ ping() }}")
    assert "ping -> pong -> ping" in error.message
    assert error.hint is not None
    assert error.hint.endswith("called from models/orders.sql, line 2")


def test_a_failed_query_keeps_its_kind_and_gets_a_place() -> None:
    def refuse(_sql: str) -> NoReturn:
        raise EngineError("no such table")

    context = RenderContext(execute=True, run_query=refuse)
    with pytest.raises(EngineError, match="no such table") as caught:
        renderer().render(model("\n\n{% set x = run_query('select 1') %}"), context)
    assert (caught.value.path, caught.value.line) == ("models/orders.sql", 3)


@pytest.mark.parametrize(
    "text", ["{% if target.nothing %}x{% endif %}", "{% macro m(a) %}{% if a %}x{% endif %}{% endmacro %}{{ m() }}"]
)
def test_missing_attributes_and_arguments_may_be_tested(text: str) -> None:
    assert renderer().render(model(text), COMPILING).sql == ""


@pytest.mark.parametrize("text", ["{{ 'x' if nam is defined }}", "{{ nam | default('') }}", "{{ {}.x | default('') }}"])
def test_undefined_names_may_be_asked_for(text: str) -> None:
    assert renderer().render(model(text), COMPILING).sql == ""


def test_errors_are_the_same_on_the_short_and_the_long_way() -> None:
    long_way: Any = "{% set long = 1 %}"
    for text in (
        "{{ ref() }}",
        "{{ nothing }}",
        "{{ var('x') }}",
        "{{ one() }}",
        "{{ this.nothing }}",
        "{{ refuse() }}",
    ):
        short, long = failure("\n" + text), failure(long_way + "\n" + text)
        assert (short.message, short.path, short.line, short.hint) == (long.message, long.path, long.line, long.hint)
