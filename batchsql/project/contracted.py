"""What an enforced contract needs of a property file, and the checks it adds.

Loads no YAML, since it runs at each compile.
"""

from __future__ import annotations

from batchsql.errors import ProjectError
from batchsql.values import Check, Config, Model


def checks_under_contract(model: Model, config: Config, config_line: int) -> tuple[Check, ...]:
    """The model's checks, with the constraints of its contract where that is enforced and no check states the same.

    config_line: where the model's own config() is. Raises ProjectError where a contract does not say what it holds to.
    """
    if not config.contract:
        return model.checks
    path, line = model.described
    untyped = next((column for column in model.columns if not column.data_type), None)
    if untyped is not None:
        message = f"the contract of {model.name} is enforced, and its column '{untyped.name}' has no data_type"
        raise ProjectError(message, path=path, line=untyped.line, hint="add `data_type: ...` to each column")
    if not model.columns:
        raise ProjectError(
            f"the contract of {model.name} is enforced, and no property file declares its columns",
            path=path or model.path,
            line=line or config_line or model.first_line,
            hint="list them under `columns:`, each with `name` and `data_type`",
        )
    stated = {_meaning(check) for check in model.checks if _holds_back(check)}
    return model.checks + tuple(check for check in model.constraints if _meaning(check) not in stated)


def _meaning(check: Check) -> tuple[object, ...]:
    return check.kind, tuple(column.lower() for column in check.columns), str(check.arguments.get("expression"))


def _holds_back(check: Check) -> bool:
    return check.severity == "error" and check.where is None and check.error_if == "!= 0"
