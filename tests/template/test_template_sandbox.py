"""The sandbox, attacked: no template reaches Python behind the values, or makes more than it may."""

from __future__ import annotations

import pytest
from template_helpers import COMPILING, model, render, renderer

from batchsql.errors import TemplateError
from batchsql.template import RenderContext

FORBIDDEN = [
    # walks over classes and functions
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ().__class__.__bases__[0] }}",
    "{{ ''['__class__'] }}",
    "{{ ''[('__cl', 'ass__') | join] }}",
    "{{ '' | attr('__class__') }}",
    "{{ [''] | map(attribute='__class__') | first }}",
    "{{ [''] | map('attr', '__class__') | first }}",
    "{{ ref.__globals__ }}",
    "{{ ref.__code__ }}",
    "{{ ref.__closure__ }}",
    "{{ config.__init__.__globals__ }}",
    "{{ config._state }}",
    "{{ config['_state'] }}",
    "{{ ref('x')._physical }}",
    "{{ var._known }}",
    "{{ batch._state.facts }}",
    "{{ exceptions._members }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ namespace.__init__ }}",
    "{{ joiner.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self.__init__.__globals__ }}",
    "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "{% macro m() %}{% endmacro %}{{ m._environment }}",
    "{% macro m() %}{{ caller.__class__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "{% for x in [1] %}{{ loop._iterator }}{% endfor %}",
    "{{ ([1] | map('string')).gi_frame }}",
    "{{ tojson.__globals__ }}",
    "{{ range.__self__ }}",
    "{{ none.__class__ }}",
    "{{ 1 .__class__ }}",
    # format strings
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '{0[__class__]}'.format('') }}",
    "{{ '{x.__class__.__mro__}'.format(x=1) }}",
    "{{ '{x._state}'.format_map({'x': config}) }}",
    "{{ ('{0.__cl' ~ 'ass__}').format(1) }}",
    "{{ ['{0.__class__}'.format] | first | string if false else '{0.__class__}'.format(ref) }}",
    "{% set f = '{0.__globals__}'.format %}{{ f(ref) }}",
    # modules are not there
    "{{ modules.os }}",
    "{{ modules.sys }}",
    "{{ modules.datetime.sys }}",
    "{{ modules.re.sys }}",
    "{{ modules.re._compiler }}",
    "{{ modules.re.compile('a')._pattern }}",
    "{{ modules.re.match('a', 'a')._match.re }}",
    "{{ modules.itertools.__loader__ }}",
    "{{ modules.pytz.open_resource('x') }}",
    "{{ modules.pytz.sys }}",
    "{{ modules.datetime.datetime.__init__ }}",
    "{{ __import__('os') }}",
    "{{ __builtins__ }}",
    "{{ builtins.open('x') }}",
    "{{ open('/etc/passwd') }}",
    "{{ eval('1') }}",
    "{{ getattr('', 'upper') }}",
    "{{ environment }}",
    "{{ context._state }}",
    "{{ context[' state'] }}",
    "{{ lipsum.__globals__ }}",
    "{% include '/etc/passwd' %}",
    "{% import '../../etc/passwd' as x %}",
    "{% extends 'base.html' %}",
    "{{ 'x'.encode('utf-8') }}",
    # what comes from outside is not the template's to change
    "{% do target.update({'schema': 'x'}) %}",
    "{% do target.clear() %}",
    "{% do model.pop('name') %}",
]


@pytest.mark.parametrize("text", FORBIDDEN)
@pytest.mark.parametrize("supplied", [{}, {"x": "text"}], ids=["plain", "followed"])
def test_no_way_out(text: str, supplied: dict[str, str]) -> None:
    with pytest.raises(TemplateError):
        render(text, supplied=supplied)


def test_a_forbidden_access_has_a_hint() -> None:
    with pytest.raises(TemplateError, match="unsafe") as caught:
        render("\n{{ ''.__class__ }}")
    assert caught.value.line == 2
    assert caught.value.hint is not None
    assert "sandbox" in caught.value.hint


NESTED = "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
TOO_MUCH = [
    "{{ 'x' * 10 ** 9 }}",
    "{{ 10 ** 9 * 'x' }}",
    "{{ [0] * 10 ** 9 }}",
    "{{ 10 ** (10 ** 10) }}",
    "{{ 2 ** 100000000 }}",
    "{% set ns = namespace(n=10) %}{% for i in range(60) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
    "{{ range(10 ** 9) }}",
    "{{ range(0, 1000000) | list }}",
    "{% set ns = namespace(x='xx') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='xx') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    NESTED + "{{ ns.x }}",
    NESTED + "{{ ns.x | tojson }}",
    NESTED + "{{ '%s' % ns.x }}",
    NESTED + "{{ ns.x | string }}",
    NESTED + "{{ ns.x | join }}",
    NESTED + "{{ log(ns.x) }}",
    "{% set x = [1] %}{% do x.append(x) %}{{ x }}",
    "{% set x = [1] %}{% for i in x %}{% do x.append(i) %}{% endfor %}",
    "{% set x = [1] %}{% for i in range(60) %}{% do x.extend(x) %}{% endfor %}",
    "{{ 'x'.ljust(10 ** 9) }}",
    "{{ 'x'.center(10 ** 9) }}",
    "{{ 'x' | center(10 ** 9) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{w}}'.format(1, w=1000000000) }}",
    "{{ ('x\n' * 1000) | indent(1000000000) }}",
    "{{ ('x' * 100000).replace('x', 'y' * 100000) }}",
    "{{ ('x' * 100000) | replace('x', 'y' * 100000) }}",
    "{{ ('x' * 100000).replace('', 'y' * 100000) }}",
    "{{ ['x' * 1000000] * 1000 | int }}",
    "{{ (['x' * 1000000] * 100) | join }}",
    "{{ ''.join(['x' * 1000000] * 100) }}",
    "{{ ('x' * 1000000).join(['y'] * 100) }}",
    "{{ [1] | batch(1000000000, 0) | list }}",
    "{{ [1] | slice(1000000000) | list }}",
    "{{ ([[1] * 1000] * 1000000) | sum(start=[]) }}",
    "{{ 1.5 | round(1000000000) }}",
    "{{ modules.itertools.product(range(10000), range(10000)) | length }}",
    "{{ modules.itertools.permutations(range(100)) | length }}",
    "{{ modules.itertools.repeat(1, 1000000000) | length }}",
    "{{ modules.re.sub('x', 'y' * 100000, 'x' * 100000) }}",
    "{{ modules.datetime.date.min.strftime('%1000000000Y') }}",
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
    "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "{% macro m(n) %}{% if n < 70 %}{{ m(n + 1) }}{{ m(n + 1) }}{% endif %}{% endmacro %}{{ m(1) }}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
]


@pytest.mark.parametrize("text", TOO_MUCH)
def test_no_more_than_it_may(text: str) -> None:
    with pytest.raises(TemplateError):
        render(text, RenderContext(on_log=lambda text, info: None))


def test_an_unused_walk_is_refused_too() -> None:
    """What is not there may be asked for with `is defined`; it is never handed out."""
    assert render("{{ ''.__class__ is defined }}").sql == "False"


def test_templates_share_nothing() -> None:
    shared = renderer(
        macros={"m.sql": "{% set x = [] %}{% macro add() %}{% do x.append(1) %}{{ x | length }}{% endmacro %}"}
    )
    for _ in range(2):
        assert shared.render(model("{{ add() }}{{ add() }}"), COMPILING).sql == "12"
