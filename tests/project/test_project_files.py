"""What belongs to a project, how it is stamped, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from batchsql.errors import ProjectError
from batchsql.project import fast_stamps, find_project, read_project
from batchsql.project.files import IgnorePatterns
from batchsql.values import Project

Read = Callable[..., Project]
Write = Callable[[dict[str, str]], Path]


SHOP = {
    "models/a.sql": "select 1",
    "models/marts/b.sql": "select 2",
    "models/a.yml": "models: [{name: a}]",
    "seeds/c.csv": "id\n1\n",
    "macros/m.sql": "{% macro m() %}{% endmacro %}",
    "tests/no_gap.sql": "select 1 where false",
}


def test_find_project(write: Write, tmp_path: Path) -> None:
    root = write(SHOP)
    assert find_project(root / "models" / "marts") == root
    assert find_project(root) == root
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path)
    assert "batchsql init" in str(caught.value.hint)


def test_what_belongs_to_a_project(read: Read) -> None:
    project = read(
        SHOP
        | {
            "models/.hidden/x.sql": "select 1",
            "models/notes.md": "",
            "tests/test_x.py": "",
            "tests/cases.yml": "- not: [a, property, file]",
            "target/compiled.sql": "",
            "seeds/readme.sql": "",
        }
    )
    assert [(model.kind, model.name) for model in project.models] == [
        ("model", "a"),
        ("model", "b"),
        ("seed", "c"),
        ("test", "no_gap"),
    ]
    assert [macro.path for macro in project.macros] == ["macros/m.sql"]
    assert project.warnings == ()


def test_the_whole_folder_as_model_path(read: Read) -> None:
    project = read({"batchsql.yml": "name: shop\nmodel-paths: ['.']\n"} | SHOP | {"target/run/x.sql": "select 1"})
    assert [(model.kind, model.name) for model in project.models] == [
        ("model", "a"),
        ("model", "b"),
        ("seed", "c"),
        ("test", "no_gap"),
    ]


def test_stamps_tell_every_change(write: Write) -> None:
    root = write(SHOP)
    project = read_project(root, environment={})
    assert fast_stamps(project) == project.files
    assert {stamp.path for stamp in project.files if stamp.size >= 0} == {"batchsql.yml", *SHOP}

    (root / "README.md").write_text("no matter")
    (root / "tests" / "test_x.py").write_text("no matter")
    assert fast_stamps(project) == project.files

    for path in ("models/new.sql", "models/deep/new.yml", "dbt_project.yml", ".dbtignore"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("")
        assert fast_stamps(project) != project.files, path
        (root / path).unlink()
        assert fast_stamps(project) == project.files

    (root / "models" / "a.sql").write_text("select 1 ")
    assert fast_stamps(project) != project.files


def test_a_touched_file_is_a_change(write: Write) -> None:
    root = write(SHOP)
    project = read_project(root, environment={})
    os.utime(root / "seeds" / "c.csv", ns=(0, 1))
    assert fast_stamps(project) != project.files


@pytest.mark.parametrize(
    ("patterns", "ignored", "kept"),
    [
        ("*.bak.sql", ["a.bak.sql", "models/a.bak.sql"], ["models/a.sql"]),
        ("models/old", ["models/old", "models/old/a.sql"], ["models/older.sql", "seeds/models/old"]),
        ("/draft.sql", ["draft.sql"], ["models/draft.sql"]),
        ("old/", ["old/a.sql", "models/old/a.sql"], ["models/old.sql"]),
        ("models/**/x.sql", ["models/x.sql", "models/a/b/x.sql"], ["x.sql"]),
        ("*.sql\n!keep.sql", ["a.sql"], ["keep.sql", "models/keep.sql"]),
        ("# a comment\n\na?.sql", ["ab.sql"], ["a.sql", "abc.sql"]),
        ("build/", ["models/build/x.sql", "build/y.sql"], ["models/build"]),
        ("models/[ab].sql\n[!a]x.sql", ["models/a.sql", "bx.sql"], ["models/c.sql", "ax.sql"]),
        ("models/*\n!models/keep/", ["models/x.sql"], ["models/keep/k.sql"]),
        ("\\#a.sql\n\\!b.sql", ["models/#a.sql", "models/!b.sql"], ["a.sql", "b.sql"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b/c.sql"], ["b"]),
    ],
)
def test_ignore_patterns(patterns: str, ignored: list[str], kept: list[str]) -> None:
    rules = IgnorePatterns(patterns)
    assert not [path for path in ignored if not rules.match(path)]
    assert not [path for path in kept if rules.match(path)]


def test_ignored_files_are_not_read(read: Read) -> None:
    project = read(SHOP | {".dbtignore": "marts/\n*.yml\n", "models/bad.yml": "\t"})
    assert [model.name for model in project.models] == ["a", "c", "no_gap"]


def test_a_file_of_an_ignored_folder_may_be_kept(read: Read) -> None:
    project = read(SHOP | {".dbtignore": "marts\n!models/marts/kept.sql\n", "models/marts/kept.sql": "select 1"})
    assert "kept" in [model.name for model in project.models]


def test_encodings(write: Write) -> None:
    root = write(SHOP)
    (root / "models" / "a.sql").write_bytes("\ufeffselect 'é'\r\nfrom x\r\n".encode())
    (root / "models" / "a.yml").write_bytes("\ufeffmodels:\r\n  - name: a\r\n    description: é\r\n".encode())
    model = read_project(root, environment={}).models[0]
    assert model.text == "select 'é'\nfrom x\n"
    assert model.description == "é"


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"select 1\nfrom caf\xe9\n", "not UTF-8: byte 0xe9", 2),
        ("select 1".encode("utf-16"), "UTF-16", 1),
        (b"select 1\n\x00", "NUL", 2),
    ],
)
def test_wrong_encodings(write: Write, content: bytes, message: str, line: int) -> None:
    root = write(SHOP)
    for path in ("models/a.sql", "models/a.yml", "macros/m.sql", "batchsql.yml"):
        before = (root / path).read_bytes()
        (root / path).write_bytes(content)
        with pytest.raises(ProjectError, match=message) as caught:
            read_project(root, environment={})
        assert (caught.value.path, caught.value.line) == (path, line)
        (root / path).write_bytes(before)


def test_links_out_of_the_project_are_refused(write: Write, tmp_path: Path) -> None:
    root = write(SHOP)
    outside = tmp_path / "outside.sql"
    outside.write_text("select 1")
    (root / "models" / "link.sql").symlink_to(outside)
    with pytest.raises(ProjectError, match="leads out of the project") as caught:
        read_project(root, environment={})
    assert caught.value.path == "models/link.sql"

    (root / "models" / "link.sql").unlink()
    (root / "models" / "folder").symlink_to(tmp_path)
    with pytest.raises(ProjectError, match="leads out of the project"):
        read_project(root, environment={})


def test_links_inside_the_project(write: Write) -> None:
    root = write(SHOP)
    (root / "models" / "same.sql").symlink_to(root / "models" / "a.sql")
    assert "same" in {model.name for model in read_project(root, environment={}).models}
    (root / "models" / "marts" / "loop").symlink_to(root / "models")
    with pytest.raises(ProjectError, match="leads back"):
        read_project(root, environment={})


def test_a_whole_folder_that_is_a_link_out_is_refused(write: Write, tmp_path: Path) -> None:
    root = write({"batchsql.yml": "name: shop\n"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.sql").write_text("select 1")
    (root / "models").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProjectError, match="leads out of the project"):
        read_project(root, environment={})
