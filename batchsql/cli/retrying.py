"""What `retry` runs: the command of the last run, on what failed in it or was skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchsql.cli.artifacts import target_folder
from batchsql.cli.keeping import unfinished_before
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.cli.invocation import Invocation

_AGAIN = ("error", "fail", "skipped", "partial success", "runtime error")
_LOADING = ("run", "build", "seed", "snapshot")


def command_again(invocation: Invocation, state: str | None) -> tuple[str | None, list[str]]:
    """The command and its options; no command where nothing is to be run again. Raises UsageError."""
    settings, _ = invocation.compiled_or_settings()
    file = None if state else unfinished_before(settings)
    if file is not None:
        return "build", ["--plan", str(file)]
    told = _last_run(Path(state) if state else target_folder(settings))
    if told["args"].get("vars") and not invocation.options.get("vars"):
        invocation.options["vars"] = json.dumps(told["args"]["vars"])
    compiled = invocation.compiled()
    which = str(told["args"].get("which"))
    failed = {result["unique_id"] for result in told["results"] if result["status"] in _AGAIN}
    if not failed:
        return None, []
    names = _names(failed, compiled.described["nodes"], which)
    names += [unique_id.split(".")[3] for unique_id in failed if unique_id.startswith("unit_test.")]
    if not names:
        return which, _options(told["args"])
    return which, [
        *_options(told["args"]),
        *(["--force"] if which in _LOADING else []),
        "--select",
        *sorted(set(names)),
    ]


def _names(failed: set[str], nodes: dict[str, Any], which: str) -> list[str]:
    """What to select: models by name; a test by its own, or by what it is attached to where models are loaded."""
    found: list[str] = []
    for unique_id in failed & nodes.keys():
        node = nodes[unique_id]
        if node["resource_type"] == "operation":
            continue
        attached = node.get("attached_node")
        if node["resource_type"] == "test" and which in _LOADING:
            parents = [attached] if attached else node["depends_on"]["nodes"]
            found += [nodes[parent]["name"] for parent in parents if parent in nodes]
        else:
            found.append(node["name"])
    return found


def _options(told: dict[str, Any]) -> list[str]:
    """The switches that the last run was given and that mean the same in the next."""
    switches = {"full_refresh": "--full-refresh", "fail_fast": "--fail-fast", "store_failures": "--store-failures"}
    return [option for key, option in switches.items() if told.get(key) is True]


def _last_run(folder: Path) -> dict[str, Any]:
    import msgspec

    file = folder / "run_results.json"
    try:
        found: dict[str, Any] = msgspec.json.decode(file.read_bytes())
    except OSError:
        raise UsageError(f"there is no {file}", hint="it is written by run, build, test, seed and snapshot") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    return found
