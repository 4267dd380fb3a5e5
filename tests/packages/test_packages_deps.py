"""`deps`, with a registry and repositories that are folders."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchsql.errors import ProjectError
from batchsql.packages.adding import add_package
from batchsql.packages.installing import Installed, install

Deps = Callable[..., Installed]


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def tarball(file: Path, files: dict[str, str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return file


@pytest.fixture
def hub(tmp_path: Path) -> Callable[..., None]:
    """Put versions of a package on the registry; what each asks for itself."""

    def publish(name: str, versions: dict[str, str], **record: Any) -> None:
        short = name.partition("/")[2]
        there = {}
        for version, packages in versions.items():
            files = {f"{short}-{version}/dbt_project.yml": f"name: {short}\n"}
            if packages:
                files[f"{short}-{version}/packages.yml"] = packages
            url = tarball(tmp_path / f"hub/{short}-{version}.tar.gz", files).as_uri()
            there[version] = {"name": short, "packages": [], "downloads": {"tarball": url}, **record}
        write(tmp_path / "hub", {f"api/v1/{name}.json": json.dumps({"name": short, "versions": there})})

    return publish


@pytest.fixture
def deps(tmp_path: Path) -> Deps:
    """Install what this packages.yml asks for; `told` has what was said."""
    root = write(tmp_path / "shop", {"dbt_project.yml": "name: shop\n"})

    def run(packages: str | None = None, told: list[str] | None = None, **options: Any) -> Installed:
        if packages is not None:
            write(root, {"packages.yml": packages})
        environment = {**os.environ, "DBT_PACKAGE_HUB_URL": (tmp_path / "hub").as_uri() + "/", "REVISION": "v1"}
        said = [] if told is None else told
        return install(root, environment=environment, variables={}, tell=said.append, **options)

    return run


def repository(folder: Path, name: str) -> Path:
    write(folder, {"deep/dbt_project.yml": f"name: {name}\n"})
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), (*author, "commit", "-qm", "first"), ("tag", "v1")):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder


def test_every_kind_of_package_and_what_they_ask_for(tmp_path: Path, deps: Deps, hub: Callable[..., None]) -> None:
    hub("acme/base", {"0.1.0": "", "0.2.0": ""})
    hub("acme/util", {"1.0.0": "", "1.1.0": "packages: [{package: acme/base, version: '<0.2.0'}]", "2.0.0": ""})
    write(
        tmp_path / "near",
        {
            "dbt_project.yml": "name: near\n",
            "dependencies.yml": "packages: [{package: acme/util, version: '<2.0.0'}]",
        },
    )
    place = repository(tmp_path / "far", "far").as_uri()
    loose = tarball(tmp_path / "loose.tar.gz", {"x/dbt_project.yml": "name: x\n"}).as_uri()
    told: list[str] = []
    done = deps(
        f"""
packages:
  - local: ../near
  - git: {place}
    revision: "{{{{ env_var('REVISION') }}}}"
    subdirectory: deep
  - package: acme/util
    version: ">=1.0.0"
  - tarball: {loose}
    name: loose
""",
        told,
    )
    commit = subprocess.run(
        ["git", "-C", str(tmp_path / "far"), "rev-parse", "v1"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert {package.name: package.version for package in done.packages} == {
        "near": "",
        "far": commit,
        "util": "1.1.0",
        "loose": "",
        "base": "0.1.0",
    }
    into = tmp_path / "shop/dbt_packages"
    assert sorted(each.name for each in into.iterdir()) == ["base", "far", "loose", "near", "util"]
    assert (into / "near").is_symlink()
    assert (into / "util/dbt_project.yml").read_text() == "name: util\n"
    assert told == [
        "acme/util 1.1.0 is not the newest, which is 2.0.0",
        "acme/base 0.1.0 is not the newest, which is 0.2.0",
    ]


# The hash as dbt 1.11 writes it into package-lock.yml for these packages.
HASHED = """
packages:
  - local: ../near
  - package: acme/util
    version: ">=1.0.0"
  - package: acme/base
    version: 0.1.0
    install_prerelease: true
"""
LOCK = """packages:
  - local: ../near
    name: near
  - name: util
    package: acme/util
    version: 1.0.0
  - name: base
    package: acme/base
    version: 0.1.0
sha1_hash: {fingerprint}
"""
FINGERPRINT = "7d44bfade29cc1d1c62769f0cecdf02e2446d79d"


def test_the_lock_file_is_that_of_dbt(tmp_path: Path, deps: Deps, hub: Callable[..., None]) -> None:
    hub("acme/base", {"0.1.0": ""})
    hub("acme/util", {"1.0.0": ""})
    write(tmp_path / "near", {"dbt_project.yml": "name: near\n"})
    assert deps(HASHED).resolved
    lock = tmp_path / "shop/package-lock.yml"
    assert lock.read_text() == LOCK.format(fingerprint=FINGERPRINT)


def test_a_lock_file_holds_until_it_is_told_otherwise(tmp_path: Path, deps: Deps, hub: Callable[..., None]) -> None:
    packages = "packages: [{package: acme/util, version: '>=1.0.0'}]"
    hub("acme/util", {"1.0.0": ""})
    assert deps(packages).resolved
    hub("acme/util", {"1.0.0": "", "1.1.0": ""})
    again = deps()
    assert (again.resolved, again.packages[0].version) == (False, "1.0.0")
    assert deps(upgrade=True).packages[0].version == "1.1.0"
    assert deps("packages: [{package: acme/util, version: '<1.1.0'}]").packages[0].version == "1.0.0"


def test_lock_alone_installs_nothing(tmp_path: Path, deps: Deps, hub: Callable[..., None]) -> None:
    hub("acme/util", {"1.0.0": ""})
    deps("packages: [{package: acme/util, version: '1.0.0'}]", lock_only=True)
    assert (tmp_path / "shop/package-lock.yml").exists()
    assert not (tmp_path / "shop/dbt_packages").exists()


def test_versions_for_another_dbt_are_not_taken(deps: Deps, hub: Callable[..., None]) -> None:
    hub("acme/util", {"1.0.0": "", "2.0.0": ""}, require_dbt_version=[">=1.0.0", "<2.0.0"])
    assert deps("packages: [{package: acme/util, version: '>=1.0.0'}]").packages[0].version == "2.0.0"
    hub("acme/util", {"1.0.0": "", "2.0.0": ""}, require_dbt_version=">=2.0.0")
    with pytest.raises(ProjectError, match="no version of acme/util for dbt"):
        deps(upgrade=True)


def test_nothing_is_asked_for(deps: Deps) -> None:
    assert deps().packages == ()
    assert deps("# nothing yet\n").packages == ()


def test_a_branch_is_not_pinned(tmp_path: Path, deps: Deps) -> None:
    place = repository(tmp_path / "far", "far").as_uri()
    told: list[str] = []
    deps(f"packages: [{{git: '{place}', revision: main, subdirectory: deep}}]", told)
    assert told == [f"warning: {place} is not pinned: name a tag or a commit as its revision"]
    told.clear()
    deps(f"packages: [{{git: '{place}', revision: main, subdirectory: deep, warn-unpinned: false}}]", told)
    assert not told


def test_a_failure_leaves_what_was_installed(tmp_path: Path, deps: Deps, hub: Callable[..., None]) -> None:
    hub("acme/util", {"1.0.0": ""})
    deps("packages: [{package: acme/util, version: '1.0.0'}]")
    (tmp_path / "hub/util-1.0.0.tar.gz").unlink()
    with pytest.raises(ProjectError, match="acme/util cannot be had"):
        deps()
    assert (tmp_path / "shop/dbt_packages/util/dbt_project.yml").exists()


WRONG = [
    ("- {package: util, version: '1.0.0'}", "'util' is not a name on the hub"),
    ("- {package: acme/util}", "there is no version of 'acme/util'"),
    ("- {package: acme/util, version: newest}", "'newest' is not a version"),
    ("- {package: acme/util, version: '>3.0.0'}", "no version of acme/util for dbt 1.11.0 satisfies >3.0.0"),
    ("- {package: acme/none, version: '1.0.0'}", "the package acme/none cannot be had"),
    ("- {private: acme/util}", "'private' packages need a service"),
    ("- {tarball: 'file:///x.tar.gz'}", "a tarball needs the name of its package"),
    ("- {tarball: '../x.tar.gz', name: x}", "is not an address that can be read"),
    ("- {local: ../nowhere}", "there is no folder"),
    ("- {local: ../hub}", "it holds no dbt_project.yml"),
    ("- {git: 'file:///nowhere/at/all'}", "git says"),
    ("- {git: 'file:///x', revision: '--upload-pack=x'}", "cannot be asked of git"),
    ("- {subdirectory: x}", "this entry names no package"),
]


@pytest.mark.parametrize(("entry", "message"), WRONG)
def test_what_cannot_be_had_says_where_it_is_asked_for(
    deps: Deps, hub: Callable[..., None], entry: str, message: str
) -> None:
    hub("acme/util", {"1.0.0": ""})
    with pytest.raises(ProjectError, match=message) as caught:
        deps(f"packages:\n  {entry}\n")
    assert (caught.value.path, caught.value.line) == ("packages.yml", 2)


def test_two_packages_of_one_name(tmp_path: Path, deps: Deps) -> None:
    for folder in ("one", "two"):
        write(tmp_path / folder, {"dbt_project.yml": "name: same\n"})
    with pytest.raises(ProjectError, match="is called 'same', as"):
        deps("packages: [{local: ../one}, {local: ../two}]")
    write(tmp_path / "one", {"dbt_project.yml": "name: shop\n"})
    with pytest.raises(ProjectError, match="is called 'shop', as this project is"):
        deps("packages: [{local: ../one}]")


def test_packages_are_installed_where_the_project_says(tmp_path: Path, deps: Deps) -> None:
    write(tmp_path / "one", {"dbt_project.yml": "name: one\n"})
    write(tmp_path / "shop", {"dbt_project.yml": "name: shop\npackages-install-path: vendor\n"})
    deps("packages: [{local: ../one}]")
    assert (tmp_path / "shop/vendor/one").is_symlink()
    write(tmp_path / "shop", {"dbt_project.yml": "name: shop\npackages-install-path: ..\n"})
    with pytest.raises(ProjectError, match="not a folder below the project"):
        deps()


def test_a_package_is_added_and_the_rest_stays(tmp_path: Path) -> None:
    write(tmp_path, {"packages.yml": "# mine\npackages:\n  - local: ../one   # near\n"})
    assert add_package(tmp_path, "package", "acme/util", ">=1.0.0,<2.0.0") == "packages.yml"
    assert (tmp_path / "packages.yml").read_text() == (
        "# mine\npackages:\n  - local: ../one   # near\n  - package: acme/util\n    version:\n"
        "      - '>=1.0.0'\n      - <2.0.0\n"
    )
    add_package(tmp_path, "git", "https://example.com/acme/util.git", "v1")
    assert "acme/util.git" in (tmp_path / "packages.yml").read_text()
    assert "package: acme/util" not in (tmp_path / "packages.yml").read_text()


def test_a_first_package_is_added(tmp_path: Path) -> None:
    add_package(tmp_path, "local", "../one", "")
    assert (tmp_path / "packages.yml").read_text() == "packages:\n  - local: ../one\n"
