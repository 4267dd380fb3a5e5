"""Writing dbt's artifacts into target/: manifest.json, run_results.json, and the SQL that ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.artifacts import Invocation as Call
    from batchsql.artifacts import NodeResult
    from batchsql.cli.invocation import Invocation
    from batchsql.compiler import Compiled
    from batchsql.values import RunResult

_CUSTOM = "DBT_ENV_CUSTOM_ENV_"


def writes_artifacts(invocation: Invocation, compiled: Compiled) -> bool:
    """Whether the commands of dbt leave artifacts: in a dbt project, unless --no-write-json."""
    return compiled.project.dialect == "dbt" and invocation.options.get("write_json") is not False


def call_of(invocation: Invocation) -> Call:
    """The call of this command, as artifacts tell of it."""
    from batchsql.artifacts import Invocation as Call

    custom = {
        name.removeprefix(_CUSTOM): value for name, value in invocation.environment.items() if name.startswith(_CUSTOM)
    }
    return Call(invocation_id=invocation.identity, started_at=invocation.started_at, environment=custom)


def write_manifest(invocation: Invocation, compiled: Compiled, code: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Write manifest.json and return what is in it. code: the text of queries by key, where it is known."""
    from batchsql.artifacts import manifest

    found = manifest(compiled.project, compiled.graph, call_of(invocation), code)
    write_json(invocation, compiled, "manifest.json", found)
    return found


def write_parsed_manifest(invocation: Invocation, compiled: Compiled) -> None:
    """Write manifest.json as it is before anything ran. All but its metadata is made only when the project changed."""
    import msgspec

    from batchsql.artifacts import manifest_body, manifest_metadata

    def body() -> bytes:
        text = msgspec.json.encode(manifest_body(compiled.project, compiled.graph), enc_hook=str)
        return invocation.terminal.mask(text.decode()).encode()

    rest = compiled.kept_text("manifest.json", body)
    head = msgspec.json.encode({"metadata": manifest_metadata(compiled.project, call_of(invocation))}).decode()
    _write(compiled, "manifest.json", invocation.terminal.mask(head).encode()[:-1] + b"," + rest[1:])


def write_run(invocation: Invocation, compiled: Compiled, result: RunResult, more: Sequence[NodeResult] = ()) -> None:
    """Write manifest.json and run_results.json of a run. more: results beside those of batches: of unit tests, say."""
    if not writes_artifacts(invocation, compiled):
        return
    from batchsql.artifacts import hook_results, node_results

    code = {outcome.batch.model: outcome.sql for outcome in result.outcomes if outcome.sql}
    found = write_manifest(invocation, compiled, code)
    by_id = {
        unique_id: node["compiled_code"] for unique_id, node in found["nodes"].items() if node.get("compiled_code")
    }
    _write_code(invocation, compiled, found["nodes"].values())
    project, chosen = compiled.project.name, compiled.chosen
    of_nodes = node_results(result, found, by_id, compiled.ids, compiled.graph, project, chosen)
    results = [*hook_results(result), *of_nodes, *more]
    write_results(invocation, compiled, results, result.seconds)


def _write_code(invocation: Invocation, compiled: Compiled, nodes: Iterable[dict[str, Any]]) -> None:
    """Write the text of each query that ran to where the manifest says it is."""
    for node in nodes:
        if node.get("compiled_code"):
            file = compiled.root / node["compiled_path"]
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(invocation.terminal.mask(node["compiled_code"]), encoding="utf-8")
            except OSError as error:
                raise UsageError(f"{file} cannot be written: {error.strerror}") from None


def write_results(invocation: Invocation, compiled: Compiled, results: Sequence[NodeResult], seconds: float) -> None:
    """Write run_results.json."""
    from batchsql.artifacts import run_results

    told = run_results(results, call_of(invocation), compiled.arguments, seconds)
    write_json(invocation, compiled, "run_results.json", told)


def write_json(invocation: Invocation, compiled: Compiled, name: str, content: Any) -> Path:
    """Write a file into target/, secrets masked. Raises UsageError where that cannot be done."""
    import msgspec

    text = msgspec.json.encode(content, enc_hook=str).decode()
    return _write(compiled, name, invocation.terminal.mask(text).encode())


def _write(compiled: Compiled, name: str, content: bytes) -> Path:
    file = target_folder(compiled) / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return file


def target_folder(compiled: Compiled) -> Path:
    """Where artifacts go."""
    return compiled.root / compiled.project.target_path
