from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.cli.app import batchsql
from batchsql.cli.boundary import run
from batchsql.cli.commands import Command, Commands
from batchsql.cli.invocation import Invocation, read_variables
from batchsql.cli.options import model_names, read_moment, spread, words
from batchsql.errors import UsageError

SEVERAL = frozenset({"-s", "--select", "--exclude"})


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("-s a b -x", "-s a -s b -x"),
        ("--select a --exclude b c", "--select a --exclude b --exclude c"),
        ("-x -s a", "-x -s a"),
        ("--threads 2 -s a b", "--threads 2 -s a -s b"),
        ("-s a -- b c", "-s a -- b c"),
        ("model -s", "model -s"),
    ],
)
def test_an_option_takes_the_words_after_it(typed: str, understood: str) -> None:
    assert spread(typed.split(), SEVERAL) == understood.split()


@given(st.lists(st.sampled_from(["-s", "--exclude", "-x", "--threads", "a", "b+", "3"])))
def test_spreading_adds_names_of_options_and_loses_nothing(arguments: list[str]) -> None:
    result = spread(arguments, SEVERAL)
    assert [word for word in result if not word.startswith("-")] == [w for w in arguments if not w.startswith("-")]
    assert spread(result, SEVERAL) == result


def test_quoted_selections_are_split() -> None:
    assert words(("a b", "c")) == ("a", "b", "c")


def moment(text: str) -> datetime | None:
    context = click.Context(batchsql)
    return read_moment(context, click.Option(["--start"]), text)


def test_moments_are_utc() -> None:
    assert moment("2013-02-10") == datetime(2013, 2, 10)
    assert moment("2013-02-10T06:00+02:00") == datetime(2013, 2, 10, 4)
    with pytest.raises(click.BadParameter, match="'soon' is not a time"):
        moment("soon")


def test_variables_are_yaml_or_json() -> None:
    assert read_variables("country: Peru") == {"country": "Peru"}
    assert read_variables("from: 2013-01-01") == {"from": "2013-01-01"}
    assert read_variables('{"limit": 10, "names": ["a"]}') == {"limit": 10, "names": ["a"]}
    for wrong in ("just words", "[1, 2]", "{a: ", "!!python/object/apply:os.getcwd []"):
        with pytest.raises(UsageError, match="--vars is not"):
            read_variables(wrong)


def heard(arguments: str, environment: dict[str, str]) -> dict[str, object]:
    """The common options as a command finds them."""
    invocation = Invocation(arguments.split(), environment)
    listen = Command("listen", callback=lambda: None)
    batchsql.add_command(listen)
    try:
        batchsql.main(arguments.split(), standalone_mode=False, obj=invocation)
    finally:
        del batchsql.commands["listen"]
    return invocation.options


def test_common_options_stand_before_or_after_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard("-t a listen", {}) == {"target": "a"}
    assert heard("listen --target b --quiet", {}) == {"target": "b", "quiet": True}
    assert heard("-t a -q listen -t b", {}) == {"target": "b", "quiet": True}
    monkeypatch.setenv("BATCHSQL_TARGET", "c")
    assert heard("listen", {}) == {"target": "c"}
    assert heard("-t a listen", {}) == {"target": "a"}
    assert heard("listen -t b", {}) == {"target": "b"}


@pytest.mark.parametrize("command", batchsql.commands.values(), ids=lambda command: command.name)
def test_every_command_has_help_and_an_example_that_can_be_typed(command: click.Command) -> None:
    if isinstance(command, Commands):
        assert command.help
        assert all(isinstance(each, Command) and each.help and each.examples for each in command.commands.values())
        return
    assert isinstance(command, Command)
    assert command.help
    assert command.get_short_help_str(limit=60).endswith(".")
    assert "..." not in command.get_short_help_str(limit=65)
    assert all(option.help for option in command.params if isinstance(option, click.Option))
    assert command.examples
    for example in command.examples:
        assert f"batchsql {command.name}" in example


def test_help_needs_none_of_the_heavy_libraries() -> None:
    program = (
        "import sys; from batchsql.cli.boundary import run; run(sys.argv[1:], {});"
        "print(sorted({'duckdb', 'sqlglot', 'jinja2', 'rich', 'yaml', 'msgspec'} & set(sys.modules)))"
    )
    for arguments in (["--help"], ["build", "--help"], ["--version"]):
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
        assert done.stdout.endswith("\n[]\n"), done.stdout


def test_wrong_commands_end_with_code_2_and_advice(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bulid"], {}) == 2
    assert "build" in capsys.readouterr().err
    assert run(["backfill"], {}) == 2
    assert "loads a range of intervals again" in capsys.readouterr().err
    assert run(["build", "--start", "soon"], {}) == 2
    assert "`batchsql build --help`" in capsys.readouterr().err
    assert run(["build", "--threads", "0"], {}) == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--selct x", "No such option '--selct'"),
        ("build --selct x", "Did you mean '--select'?"),
        ("build stg_orders", "models are picked with --select: --select stg_orders"),
        ("lineage routes", "--select routes"),
        ("build -m x", "there is no option '-m'; did you mean --select?"),
        ("list --models x", "there is no option '--models'; did you mean --select?"),
        ("build --wait x", "'x' is not a valid number of seconds"),
        ("version", "`batchsql --version`"),
        ("help", "`batchsql --help`"),
        ("freshness", "`batchsql plan`"),
    ],
)
def test_what_newcomers_type_is_answered(typed: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(typed.split(), {}) == 2
    message = capsys.readouterr().err
    assert said in message
    assert "'--help'" not in message


def test_no_command_shows_the_help_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"], {}) == 0
    asked = capsys.readouterr().out
    assert run([], {}) == 2
    assert capsys.readouterr() == (asked, "")


def test_without_a_project_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["list"], {}) == 2
    assert "`batchsql init`" in capsys.readouterr().err
    assert run(["list", "--log-format", "json"], {}) == 2
    assert '"kind": "Project error"' in capsys.readouterr().out


def test_the_project_is_found_from_a_folder_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "batchsql.yml").touch()
    (tmp_path / "models" / "marts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "models" / "marts")
    assert Invocation((), {}).project_folder() == tmp_path


def test_names_for_completion_come_from_the_names_of_files(tmp_path: Path) -> None:
    for file in ("models/a/stg_x.sql", "models/a/notes.yml", "seeds/codes.csv", "snapshots/history.sql"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert model_names(tmp_path) == ["codes", "history", "stg_x"]


def complete(words_so_far: str, folder: Path) -> list[str]:
    environment = {"_BATCHSQL_COMPLETE": "bash_complete", "COMP_WORDS": words_so_far, "PATH": "/usr/bin:/bin"}
    environment["COMP_CWORD"] = str(len(words_so_far.split(" ")) - 1)
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", "from batchsql.cli import main; main()"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.split()


def test_the_shell_completes_commands_options_and_models(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "stg_flights.sql").touch()
    assert complete("batchsql bui", tmp_path) == ["plain,build"]
    assert complete("batchsql build --full", tmp_path) == ["plain,--full-refresh"]
    assert complete("batchsql build -s +stg", tmp_path) == ["plain,+stg_flights"]
    assert complete("batchsql show st", tmp_path) == ["plain,stg_flights"]
