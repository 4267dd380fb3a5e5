"""Values given with --vars stay values: whatever they hold, the structure of the SQL is the author's."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.tokens import Token
from template_helpers import COMPILING, model, render, renderer, sql

from batchsql.errors import TemplateError
from batchsql.template import RenderContext
from batchsql.template.lexical import check_supplied
from batchsql.template.supplied import Supplied, join, origins, pieces, supply, whole

ATTACK = "x' or '1'='1"


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("where a = '{{ var('v') }}'", "plain words; and - marks", "where a = 'plain words; and - marks'"),
        ("where a = '{{ var('v') }}'", "it''s", "where a = 'it''s'"),
        ("where a = '{{ var('v') }}' or b", "", "where a = '' or b"),
        ('select "{{ var("v") }}"', "it's a column", 'select "it\'s a column"'),
        ("from {{ var('v') }}", "schema_1.orders", "from schema_1.orders"),
        ("from orders_{{ var('v') }}", "2024", "from orders_2024"),
        ("limit {{ var('v') }}", "-1.5e3", "limit -1.5e3"),
        ("where a = {{ var('v') | literal }}", ATTACK, "where a = 'x'' or ''1''=''1'"),
        ("where a in {{ var('v') | literal }}", ["a'b", 1], "where a in ('a''b', 1)"),
        ("limit {{ var('v') | int }}", "12; drop", "limit 0"),
        ("select {{ var('v') | join(', ') }}", ["a", "b"], "select a, b"),
        ("{% for c in var('v') %}{{ c.name }},{% endfor %}", [{"name": "a"}, {"name": "b"}], "a,b,"),
        ("-- {{ var('v') }}\nselect 1", "anything 'at' all", "-- anything 'at' all\nselect 1"),
        ("{% if var('v') == 'full' %}1{% endif %}{{ 'ul' in var('v') }}{{ var('v') | length }}", "full", "1True4"),
        ("{{ {'full': 'f'}[var('v')] }} {{ var('v') in ['full'] }}", "full", "f True"),
        ("{% if var('v') %}{{ 7 }}{% endif %}", ATTACK, "7"),
        ("$${{ var('v') }}$$", "it's; --", "$$it's; --$$"),
        ("{{ ref(var('v')) }}", "orders", '"__ref__"."orders"'),
        ("{{ modules.datetime.date.fromisoformat(var('v')) }}", "2024-01-02", "2024-01-02"),
        ("'{{ modules.re.match('(a+).*', var('v')).group(1) }}'", "aab'", "'aa'"),
        ("'{{ var('v')[1:-1] }}'", "'inside'", "'inside'"),
        ("'{{ var('v').split(',') | join(' / ') }}'", "a,b", "'a / b'"),
    ],
)
def test_values_that_are_fine(text: str, value: Any, expected: str) -> None:
    assert sql(text, supplied={"v": value}) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("where a = '{{ var('v') }}'", ATTACK),
        ("where a = '{{ var('v') }}'", "it's"),
        ("where a = '{{ var('v') }}'", "'''"),
        ('select "{{ var("v") }}"', 'a", b as "c'),
        ("from {{ var('v') }}", "a; drop table b"),
        ("from {{ var('v') }}", "read_csv('/etc/passwd')"),
        ("limit {{ var('v') }}", "1 union all select 2"),
        ("where a = {{ var('v') }}", "1 or true"),
        ("where a = {{ var('v') }}", "'x'"),
        ("where a = {{ var('v') }}", "$$x$$"),
        ("where a = {{ var('v') }}", ""),
        ("where a = 5-{{ var('v') }}", "-1"),
        ("where a = 5-{{ var('v') }}- 1", ""),
        ("where a = -{{ var('v') }}", "- b"),
        ("-- {{ var('v') }}\nselect 1", "x\n drop table y"),
        ("/* {{ var('v') }} */ select 1", "*/ drop table y /*"),
        ("/* {{ var('v') }}/ */ select 1", "*"),
        ("/* *{{ var('v') }}/ select 1 */", ""),
        ("/{{ var('v') }}* select 1", ""),
        ("e'{{ var('v') }}'", "a\\"),
        ("select {{ var('v') }}'a\\' or 1 --'", "e"),
        ("select ''{{ var('v') }}'a'", ""),
        ("select ''{{ var('v') }}'a'", "''"),
        ("$${{ var('v') }}$$", "a$$; drop"),
        ("${{ var('v') }}$ x $a$", "a"),
        ("${{ var('v') }}$ x $$", ""),
        ("where a = '{{ var('v') | literal }}'", "b"),
        ('select "{{ var("v") | literal }}"', "b"),
        ("select e{{ var('v') | literal }}", "a\\"),
        ("select 'a'{{ var('v') | literal }}", "b"),
        ("-- {{ var('v') | literal }}", "b"),
        ("select {{ (var('v') | literal)[1:] }}", "b"),
        ("select {{ var('v') | literal | upper | replace(\"'\", '') }}", "b; drop"),
        ("{{ var('v') }}", "a\0b"),
        ("{{ '' ~ 1 ~ var('v') }}", "; drop"),
        ("{{ 'select ' + var('v') }}", "1; drop"),
        ("{{ var('v') + '' }}", "1; drop"),
        ("{{ var('v') * 2 }}", "1; drop"),
        ("{{ '%s' % var('v') }}", "1; drop"),
        ("{{ '%s %s' % (1, var('v')) }}", "1; drop"),
        ("{{ '%(a)s' % {'a': var('v')} }}", "1; drop"),
        ("{{ '%-10s' | format(var('v')) }}", "1; drop"),
        ("{{ '{}'.format(var('v')) }}", "1; drop"),
        ("{{ '{a:>20}'.format(a=var('v')) }}", "1; drop"),
        ("{{ '{a}'.format_map({'a': var('v')}) }}", "1; drop"),
        ("{{ var('v').format(1) }}", "{}; drop"),
        ("{{ var('v') % 1 }}", "%s; drop"),
        ("{{ var('v') | upper }}", "1; drop"),
        ("{{ var('v').lower() }}", "1; DROP"),
        ("{{ var('v') | trim }}", " 1; drop "),
        ("{{ var('v') | replace('a', 'b') }}", "1; drop"),
        ("{{ 'a' | replace('a', var('v')) }}", "1; drop"),
        ("{{ 'a'.replace('a', var('v')) }}", "1; drop"),
        ("{{ 'abc' | replace(var('v')[0], 'x') ~ var('v') }}", "1; drop"),
        ("{{ var('v') | title }}", "1; drop"),
        ("{{ var('v') | indent(2) }}", "1;\ndrop"),
        ("{{ var('v') | center(30) }}", "1; drop"),
        ("{{ var('v') | truncate(8) }}", "1; drop table x"),
        ("{{ var('v') | string }}", "1; drop"),
        ("{{ var('v') | tojson }}", 'a", "b'),
        ("{{ tojson(var('v')) }}", "1; drop"),
        ("{{ fromjson(var('v'))['a'] }}", '{"a": "1; drop"}'),
        ("{{ fromjson(var('v'))[0] }}", '["1; drop"]'),
        ("{{ var('v') | list | join }}", "1; drop"),
        ("{{ var('v') | reverse }}", "1; drop"),
        ("{{ var('v')[::-1] }}", "1; drop"),
        ("{{ var('v') | wordwrap(3) }}", "1; drop"),
        ("{{ var('v') | urlencode }}", "1; %drop"),
        ("{{ var('v') | safe }}", "1; drop"),
        ("{{ [var('v')] | join(' ') }}", "1; drop"),
        ("{{ ''.join([var('v')]) }}", "1; drop"),
        ("{{ var('v').join(['a', 'b']) }}", "; drop "),
        ("{{ ['a', 'b'] | join(var('v')) }}", "; drop "),
        ("{{ {'a': var('v')}.values() | join }}", "1; drop"),
        ("{{ {'a': var('v')}.items() | map('last') | join }}", "1; drop"),
        ("{{ {'a': var('v')} | dictsort | map('last') | first }}", "1; drop"),
        ("{{ [{'a': var('v')}] | map(attribute='a') | join }}", "1; drop"),
        ("{{ [var('v')] | map('upper') | first }}", "1; drop"),
        ("{{ [var('v')] }}", "1; drop"),
        ("{{ {'a': var('v')} }}", "1; drop"),
        ("{{ [[var('v')]] ~ '' }}", "1; drop"),
        ("{{ namespace(a=var('v')).a }}", "1; drop"),
        ("{{ dict(a=var('v')).a }}", "1; drop"),
        ("{{ zip([var('v')], [1])[0][0] }}", "1; drop"),
        ("{{ set([var('v')]) | first }}", "1; drop"),
        ("{{ modules.itertools.chain([var('v')]) | first }}", "1; drop"),
        ("{{ modules.itertools.product(var('v')) | map('first') | join }}", "1; drop"),
        ("{{ modules.re.sub('x', 'y', var('v')) }}", "1; drop"),
        ("{{ modules.re.sub('x', var('v'), 'x') }}", "1; drop"),
        ("{{ modules.re.findall('.*', var('v')) | first }}", "1; drop"),
        ("{{ modules.re.split('zz', var('v')) | first }}", "1; drop"),
        ("{{ modules.re.compile('.*').search(var('v')).group() }}", "1; drop"),
        ("{{ modules.re.match('.*', var('v'))[0] }}", "1; drop"),
        ("{{ modules.re.match('(?P<a>.*)', var('v')).groupdict().a }}", "1; drop"),
        ("{{ modules.re.escape(var('v')) }}", "1; drop"),
        ("{{ modules.datetime.date(2024, 1, 1).strftime(var('v')) }}", "1; drop"),
        ("{{ var('v').split('zz')[0] }}", "1; drop"),
        ("{{ var('v').partition('zz')[0] }}", "1; drop"),
        ("{{ var('v').removesuffix('zz') }}", "1; drop"),
        ("{{ var('v').zfill(20) }}", "1; drop"),
        ("{{ var('other', var('v')) }}", "1; drop"),
        ("{{ env_var('NOPE', var('v')) }}", "1; drop"),
        ("{{ var('v') | default('x') }}", "1; drop"),
        ("{{ none | default(var('v'), true) }}", "1; drop"),
        ("{% set x %}{{ var('v') }}{% endset %}{{ x }}", "1; drop"),
        ("{% set x = var('v') %}{{ x }}", "1; drop"),
        ("{% filter upper %}{{ var('v') }}{% endfilter %}", "1; drop"),
        ("{% macro m(a) %}{{ a }}{% endmacro %}{{ m(var('v')) }}", "1; drop"),
        ("{% macro m(a) %}{{ return(a) }}{% endmacro %}{{ m(var('v')) }}", "1; drop"),
        ("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ var('v') }}{% endcall %}", "1; drop"),
        ("{% for c in var('v') %}{{ c }}{% endfor %}", "1; drop"),
        ("{{ cycler(var('v')).next() }}", "1; drop"),
        ("{% set j = joiner(var('v')) %}{{ j() }}{{ j() }}", "; drop"),
        ("{{ config(alias=var('v')) }}{{ config.get('alias') }}", "1; drop"),
        ("{{ config(post_hook='grant x to ' ~ var('v')) }}", "a; drop"),
        ("{{ config(post_hook=['grant x to ' ~ var('v')]) }}", "{{ x }}"),
        ("{{ config(post_hook=\"select '\" ~ var('v') ~ \"'\") }}", "{{ run_query() }}"),
        ("{% do run_query('select ' ~ var('v')) %}", "1; drop"),
        ("{{ var('nested').deep[0] }}", "unused"),
    ],
)
def test_values_that_would_change_the_sql(text: str, value: str) -> None:
    project = {"v": value, "nested": {"deep": ["1; drop"]}}
    context = RenderContext(execute=True, run_query=lambda _: ((), []))
    with pytest.raises(TemplateError, match="would change the SQL around it") as caught:
        render(text, context, supplied=project)
    assert "variable 'v'" in caught.value.message or "variable 'nested'" in caught.value.message
    assert caught.value.hint is not None
    assert "| literal" in caught.value.hint
    assert caught.value.line is not None


def test_the_error_names_the_line() -> None:
    text = "select *\nfrom {{ ref('x') }}\n{% if true %}\nwhere a = '{{ var('v') }}'\n{% endif %}"
    with pytest.raises(TemplateError) as caught:
        renderer(supplied={"v": ATTACK}).render(model(text, first_line=5), COMPILING)
    assert (caught.value.path, caught.value.line) == ("models/orders.sql", 8)
    assert caught.value.source_line == "where a = '{{ var('v') }}'"


def test_values_of_the_projects_own_files_are_its_own() -> None:
    assert sql("{{ var('v') }}", variables={"v": "a and b = 'c'"}, supplied={"w": "x"}) == "a and b = 'c'"


def test_texts_that_are_no_sql_take_any_value() -> None:
    shared = renderer(supplied={"v": ATTACK})
    text = shared.render_text("about {{ var('v') }}", path="m.yml", first_line=1, context=COMPILING, is_sql=False)
    assert text == f"about {ATTACK}"
    with pytest.raises(TemplateError):
        shared.render_text("select {{ var('v') }}", path="m.yml", first_line=1, context=COMPILING)


def test_what_goes_out_are_plain_strings() -> None:
    found = render(
        "{{ config(alias=var('v'), tags=[var('v')]) }}{{ ref(var('v')) }} {{ var('v') }}", supplied={"v": "x"}
    )
    assert {type(text) for text in (found.sql, *found.refs, found.config["alias"], *found.config["tags"])} == {str}


# --- properties -----------------------------------------------------------------------------------------------------

TEMPLATES = [
    "select a from t where b = {} and c = 'd' -- e\n",
    "select a from t where b = '{}' and c = 'd' -- e\n",
    "select a from t where b = 'x{}y' and c = 'd' -- e\n",
    'select a as "{}" from t -- e\n',
    "select a -- {}\nfrom t",
    "select a /* {} */ from t",
    "select a from s_{} where b",
    "select a from {}.t order by 1",
    "select 1 -{} from t",
    "select 'a{}' || '{}b' from t",
    "select {}, {} from t",
]
NASTY = st.text(alphabet="ab1 .'\"-/*\\;$\n(),eE+", max_size=8)


def _shape(text: str) -> list[str]:
    """The tokens of the SQL: kinds, and the text of all but literals, numbers and names."""

    def kind(token: Token) -> str:
        return "value" if token.token_type.name in {"VAR", "NUMBER", "STRING", "IDENTIFIER"} else token.text.lower()

    shape: list[str] = []
    for token in sqlglot.tokenize(text, read="duckdb"):
        shape.append(kind(token))
        if shape[-3:] == ["value", ".", "value"]:  # a dotted name is one value
            del shape[-2:]
    return [k for i, k in enumerate(shape) if not (k in "+-" and i + 1 < len(shape) and shape[i + 1] == "value")]


@given(st.sampled_from(TEMPLATES), st.sampled_from(["", " | literal", " | replace('a', 'b')", " | upper"]), NASTY)
@settings(max_examples=400, deadline=None)
def test_an_accepted_value_leaves_the_tokens_as_they_are(template: str, filters: str, value: str) -> None:
    text = template.replace("{}", f"{{{{ var('v'){filters} }}}}")
    try:
        rendered = sql(text, supplied={"v": value})
    except TemplateError:
        return
    harmless = sql(text, supplied={"v": "harmless"})
    assert _shape(rendered) == _shape(harmless)


PIECES = ["a", "1", " ", "'", '"', "--", "/*", "*/", "\n", "$", "$$", "e'", "\\", "-", ".", "(", "''", "+", ","]
around = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@given(around, NASTY, around)
@settings(max_examples=400, deadline=None)
def test_an_accepted_value_leaves_duckdbs_tokens_around_it_as_they_are(before: str, value: str, after: str) -> None:
    def outside(text: str) -> tuple[list[tuple[int, object]], list[tuple[int, object]]] | None:
        try:
            check_supplied(join([before, whole(text, ("v",)), after]))
        except TemplateError:
            return None
        end = len(before) + len(text)
        tokens = duckdb.tokenize(before + text + after)
        return [t for t in tokens if t[0] < len(before)], [(at - end, kind) for at, kind in tokens if at >= end]

    given_value, harmless = outside(value), outside("harmless")
    assert given_value is None or harmless is None or given_value == harmless


@given(st.lists(st.tuples(st.text(max_size=5), st.booleans()), max_size=6), st.integers(-9, 30), st.integers(-9, 30))
def test_joining_and_slicing_keep_count(parts: list[tuple[str, bool]], start: int, stop: int) -> None:
    """Each character of a slice has the origin that it had."""
    joined = join([whole(text, ("v",)) if supplied else text for text, supplied in parts])
    expected = [(character, supplied) for text, supplied in parts for character in text]
    for text, characters in ((joined, expected), (joined[start:stop], expected[start:stop])):
        found = [(character, piece.origin is not None) for piece in pieces(text) for character in piece.text]
        assert found == characters


def test_a_supplied_string_compares_as_a_plain_one() -> None:
    text = supply("abc", "v")
    assert isinstance(text, Supplied)
    assert (text == "abc", hash(text) == hash("abc"), len(text), "b" in text) == (True, True, 3, True)
    assert origins(text + "x") == origins("x" + text) == {"v"}
