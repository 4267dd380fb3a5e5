"""YAML is read as PyYAML reads it but for words that look like something else; and nothing makes it crash."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from batchsql.errors import ProjectError
from batchsql.project.yaml import Block, load_yaml, plain

texts = st.text(
    st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=200
)  # JSON's pairs of escapes are not YAML
numbers = st.integers() | st.floats(0.001, 1e9)  # in YAML 1.1, 1e-05 is no number
scalars = st.none() | st.booleans() | numbers | texts
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)


@given(trees)
def test_json_is_read_as_it_is(tree: object) -> None:
    assert plain(load_yaml(json.dumps(tree), "a.yml")) == tree


@given(st.dictionaries(st.text(min_size=1), trees, max_size=4))
def test_what_pyyaml_writes_is_read_back(tree: dict[str, object]) -> None:
    text = yaml.safe_dump(tree)
    assert plain(load_yaml(text, "a.yml")) == tree


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t\x00\u2028é", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ProjectError):
        load_yaml(text, "a.yml")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("-1_000", -1000),
        ("1.5", 1.5),
        ("1.0e+3", 1000.0),
        ("12e3", "12e3"),
        (".5", 0.5),
        ("yes", True),
        ("OFF", False),
        ("~", None),
        ("01234", "01234"),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("1.2.3", "1.2.3"),
        ("'1'", "1"),
        ("0x1F", "0x1F"),
        ("-", None),
        ("+", "+"),
        ("!!str 1", "1"),
    ],
)
def test_words(written: str, value: object) -> None:
    read = load_yaml(f"a: {written}" if written != "-" else "a:", "a.yml")
    assert read == {"a": value}
    assert type(read["a"]) is type(value)


def test_lines_and_anchors() -> None:
    top = load_yaml(
        "# first\nbase: &base\n  a: 1\n  b: 2\nmine:\n  <<: *base\n  b: 3\nlist:\n  - x\n  - y: 1\n", "a.yml"
    )
    assert plain(top) == {"base": {"a": 1, "b": 2}, "mine": {"b": 3, "a": 1}, "list": ["x", {"y": 1}]}
    assert top.lines == {"base": 2, "mine": 5, "list": 8}
    assert top["mine"].lines == {"a": 3, "b": 7}
    assert top["list"].lines == [9, 10]
    assert isinstance(top["list"][1], Block)


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 500 + "a", "a: &a [*a]"])
def test_deep_or_endless_nesting_is_refused(text: str) -> None:
    with pytest.raises(ProjectError):
        load_yaml(text, "a.yml")


def test_a_file_that_multiplies_itself_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ProjectError, match="too many values"):
        load_yaml("\n".join(lines), "a.yml")
