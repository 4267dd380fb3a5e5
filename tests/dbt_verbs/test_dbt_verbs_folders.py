"""What commands do with folders of a dbt project: clean-targets, and target/ shown to a browser."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from urllib.request import urlopen

from dbt_folder import DbtFolder

from batchsql.cli.listening import listening


def test_clean_takes_away_the_clean_targets(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    text = (tmp_path / "dbt_project.yml").read_text()
    folder.write("dbt_project.yml", text + "clean-targets: [target, dbt_packages, logs]\n")
    for name in ("target", "dbt_packages", "logs", "kept"):
        folder.write(f"{name}/file", "")
    assert folder.run("clean") == 0
    assert [name for name in ("target", "dbt_packages", "logs", "kept") if (tmp_path / name).exists()] == ["kept"]
    folder.write("dbt_project.yml", text + "clean-targets: [../elsewhere]\n")
    assert folder.run("clean") == 2


def test_docs_serve_gives_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with listening(tmp_path, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with urlopen(f"http://127.0.0.1:{server.server_address[1]}/manifest.json") as answer:
            assert answer.read() == b"{}"
        server.shutdown()


def test_docs_serve_wants_something_to_serve(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    assert folder.run("docs", "serve", "--port", "0") == 2
