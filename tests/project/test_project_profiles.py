"""Targets out of a profiles.yml: what dbt-duckdb's keys become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from batchsql.errors import ProjectError
from batchsql.values import Attachment, Extension, Project, Target

Read = Callable[..., Project]


@pytest.fixture
def target_of(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Target, Project]]:
    """The target of a profile whose only output has these lines."""
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")

    def read_target(lines: str, **environment: str) -> tuple[Target, Project]:
        output = "\n".join(f"      {line}" for line in ["type: duckdb", *lines.strip().split("\n")])
        project = read(
            {
                "dbt_project.yml": "name: shop\nprofile: shop\n",
                "profiles.yml": f"shop:\n  outputs:\n    default:\n{output}\n",
            },
            environment=environment,
        )
        return project.target, project

    return read_target


TargetOf = Callable[..., tuple[Target, Project]]

WHOLE = """
path: "{{ env_var('PLACE') }}/shop.v1.duckdb"
schema: analytics
threads: "{{ env_var('THREADS') }}"
extensions: [parquet, {name: h3, repo: community}]
settings: {memory_limit: 1GB, TimeZone: Asia/Tokyo}
config_options: {allow_unsigned_extensions: true}
secrets:
  - {type: s3, key_id: "{{ env_var('KEY') }}", secret: hush}
use_credential_provider: aws
attach:
  - {path: other.duckdb, alias: other, read_only: true}
  - path: dbname=x
    type: postgres
    options: {SCHEMA: public, secret: pg}
  - third.duckdb
filesystems: [{fs: memory}]
retries: {connect_attempts: 3}
external_root: out
keep_open: false
"""


def test_every_key_of_a_profile(target_of: TargetOf) -> None:
    target, project = target_of(WHOLE, PLACE="data", THREADS="4", KEY="abc")
    assert target.database == f"{project.root}/data/shop.v1.duckdb"
    assert (target.catalog, target.schema, target.threads) == ("shop", "analytics", 4)
    assert target.settings == {"memory_limit": "1GB", "TimeZone": "Asia/Tokyo"}
    assert target.config == {"allow_unsigned_extensions": "true"}
    assert target.extensions == (Extension("parquet"), Extension("h3", "community"))
    assert target.secrets == (
        {"type": "s3", "key_id": "abc", "secret": "hush"},
        {"type": "s3", "provider": "credential_chain"},
    )
    assert target.attach == (
        Attachment(path=f"{project.root}/other.duckdb", alias="other", read_only=True),
        Attachment(path="dbname=x", type="postgres", options={"schema": "public", "secret": "pg"}),
        Attachment(path=f"{project.root}/third.duckdb"),
    )
    assert target.filesystems == ({"fs": "memory"},)
    assert target.connect_attempts == 3
    assert target.external_access
    assert project.warnings == ()


def test_what_templates_see_of_it_holds_no_secret(target_of: TargetOf) -> None:
    target, _ = target_of(WHOLE, PLACE="data", THREADS="4", KEY="abc")
    assert target.attributes["path"] == "data/shop.v1.duckdb"
    assert target.attributes["database"] == "shop"
    assert target.attributes["external_root"] == "out"
    assert target.attributes["plugins"] is None
    assert "secrets" not in target.attributes
    assert "hush" not in str(target.attributes)


def test_paths_count_from_the_current_directory(
    target_of: TargetOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert target_of("path: a.duckdb")[0].database == f"{tmp_path}/elsewhere/a.duckdb"


def test_in_memory_when_nothing_is_said(target_of: TargetOf) -> None:
    target, _ = target_of("schema: x")
    assert (target.database, target.catalog) == (":memory:", "memory")


def test_models_may_land_in_an_attached_database(target_of: TargetOf) -> None:
    target, _ = target_of("path: a.duckdb\ndatabase: marts\nattach: [{path: b.duckdb, alias: marts}]")
    assert target.catalog == "marts"


def test_the_sandbox_closes_when_it_is_said(target_of: TargetOf) -> None:
    assert not target_of("external_access: false")[0].external_access


def test_what_has_no_effect_is_said(target_of: TargetOf) -> None:
    lines = "plugins: [{module: excel}]\nretries: {query_attempts: 2}\ndisable_transactions: true\nthread: 1"
    assert [sentence.partition(": ")[2] for sentence in target_of(lines)[1].warnings] == [
        "'plugins' of the target 'default' has no effect: plugins are Python code of dbt-duckdb and are not run; "
        "what reads or writes through one fails",
        "'disable_transactions' of the target 'default' has no effect: each batch is a transaction",
        "'thread' is not known of a target, so it has no effect; did you mean 'threads'?",
        "'query_attempts' has no effect: a batch that failed is due again in the next run",
    ]


WRONG = [
    ("path: md:my_db", "'md:my_db' is not a file on this machine"),
    ("path: a.duckdb\ndatabase: b", "there is no database 'b': 'path' makes one that is called 'a'"),
    ("remote: {host: x}", "'remote' has queries run on another machine"),
    ("motherduck_token: x", "'motherduck_token' is for databases of MotherDuck"),
    ("is_ducklake: true", "the warehouse itself cannot be a DuckLake"),
    ("attach: [{alias: x}]", "each entry under 'attach' has a path"),
    ("attach: [{path: x, type: sqlite, options: {type: duckdb}}]", "'type' is given twice, once under 'options'"),
    ("secrets: [{key_id: x}]", "each entry under 'secrets' has a type"),
    ("extensions: httpfs", "'extensions' must be a list"),
    ("filesystems: [{a: b}]", "each entry under 'filesystems' names one"),
    ("use_credential_provider: gcs", "the only provider known is aws"),
    ("settings: {lock_configuration: true}", "'lock_configuration' is not yours to set"),
]


@pytest.mark.parametrize(("lines", "message"), WRONG)
def test_what_cannot_work_is_an_error_with_its_line(target_of: TargetOf, lines: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message) as caught:
        target_of(lines)
    assert caught.value.path == "profiles.yml"
    assert caught.value.line in (5, 6)


def test_another_profile(read: Read) -> None:
    files = {
        "dbt_project.yml": "name: shop\nprofile: shop\n",
        "profiles.yml": "other: {outputs: {default: {type: duckdb, schema: theirs}}}\n",
    }
    assert read(files, environment={"DBT_PROFILE": "other"}).target.schema == "theirs"
