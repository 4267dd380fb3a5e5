"""Names that stop a run, or warn: exceptions, try_or_compiler_error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from jinja2 import TemplateError as JinjaError
from jinja2.runtime import Context
from jinja2.utils import pass_context

from batchsql.errors import BatchsqlError, TemplateError
from batchsql.template.environment import ProjectEnvironment
from batchsql.template.objects import Record, keeps_supplied
from batchsql.template.state import RenderState, state_of
from batchsql.template.warehouse import message_text

_RAISED = (
    *(BatchsqlError, JinjaError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RuntimeError, re.error),
)


def _exceptions(state: RenderState) -> Record:
    return Record(
        {
            "warn": _warn(state),
            "warn_snapshot_timestamp_data_types": _warn_of_types(state),
            **{name: _raising(state, make) for name, make in _MESSAGES.items()},
        }
    )


def _warn(state: RenderState) -> Callable[..., str]:
    @keeps_supplied
    def warn(msg: Any = "", node: Any = None) -> str:  # noqa: ARG001
        state.warnings.append(message_text(msg, state))
        return ""

    return warn


def _warn_of_types(state: RenderState) -> Callable[..., None]:
    @keeps_supplied
    def warn(snapshot_time_data_type: Any, updated_at_data_type: Any) -> None:
        state.warnings.append(
            f"the snapshot keeps times as {snapshot_time_data_type}, its updated_at is {updated_at_data_type}"
        )

    return warn


def _raising(state: RenderState, make: Callable[..., tuple[str, str | None]]) -> Callable[..., NoReturn]:
    @keeps_supplied
    def fail(*args: Any, **kwargs: Any) -> NoReturn:
        message, hint = make(*args, **kwargs)
        raise TemplateError(message_text(message, state), hint=hint)

    return fail


def _as_said(msg: Any = "", node: Any = None, **_more: Any) -> tuple[str, None]:  # noqa: ARG001
    return str(msg), None


def _missing_config(model: Mapping[str, Any], name: str) -> tuple[str, str]:
    return f"{model['name']} does not set '{name}' in its config", f"set it: {{{{ config({name}=...) }}}}"


def _missing_materialization(model: Mapping[str, Any], adapter_type: str) -> tuple[str, None]:
    materialized = model["config"].get("materialized")
    return f"{model['name']}: there is no materialization '{materialized}' for {adapter_type}", None


def _missing_relation(relation: Any, model: Any = None) -> tuple[str, None]:  # noqa: ARG001
    return f"the relation {relation} is not there", None


def _wrong_type(relation: Any, expected_type: str, model: Any = None) -> tuple[str, str]:  # noqa: ARG001
    return (
        f"{relation} is to be made as a {expected_type}, and there is a {relation.type} of that name",
        "drop that one, or run with --full-refresh",
    )


def _ambiguous_alias(node_1: Any, node_2: Any, duped_name: Any = None) -> tuple[str, str]:
    name = duped_name or node_1["alias"]
    return f"{node_1['unique_id']} and {node_2['unique_id']} both land in {name}", "give one of them another alias"


def _ambiguous_catalog_match(unique_id: str, match_1: Any, match_2: Any) -> tuple[str, None]:
    return f"{unique_id} may be either of two relations: {match_1}, {match_2}", None


def _dependency_not_found(node: Any, node_description: Any, required_pkg: Any) -> tuple[str, str]:  # noqa: ARG001
    return f"{node_description} needs the package '{required_pkg}'", "install it: batchsql deps"


def _duplicate_resource(node_1: Any, node_2: Any) -> tuple[str, str]:
    return f"{node_1['unique_id']} and {node_2['unique_id']} have one name", "rename one of them"


def _duplicate_patch(patch_1: Any, existing_patch_path: Any) -> tuple[str, str]:
    return f"{patch_1} is described in {existing_patch_path} too", "keep one of the two entries"


def _invalid_property_file(path: Any, issue: Any) -> tuple[str, None]:
    return f"{path} is no property file: {issue}", None


def _contract(yaml_columns: Iterable[Mapping[str, Any]], sql_columns: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    declared = {str(column["name"]): str(column.get("data_type")) for column in yaml_columns}
    given = {str(column["name"]): str(column.get("data_type")) for column in sql_columns}
    if not declared:
        return "the contract is enforced, and declares no columns", "write them under `columns:`, each with a data_type"
    faults = [
        f"{name} is {given[name]} and declared {declared[name]}"
        for name in given
        if name in declared and given[name] != declared[name]
    ]
    faults += [f"{name} is not declared" for name in given if name not in declared]
    faults += [f"{name} is declared and not given" for name in declared if name not in given]
    return f"the contract is broken: {'; '.join(faults)}", "change the query, or what the property file declares"


def _type_missing(column_names: Any) -> tuple[str, str]:
    return f"the contract is enforced, and gives no data_type for {column_names}", "write a data_type for each column"


_MESSAGES: dict[str, Callable[..., tuple[str, str | None]]] = {
    **dict.fromkeys(
        (
            *("raise_compiler_error", "raise_not_implemented", "raise_database_error", "raise_dependency_error"),
            *("raise_fail_fast_error", "raise_cache_inconsistent", "raise_dataclass_not_dict"),
        ),
        _as_said,
    ),
    "missing_config": _missing_config,
    "missing_materialization": _missing_materialization,
    "missing_relation": _missing_relation,
    "relation_wrong_type": _wrong_type,
    "raise_ambiguous_alias": _ambiguous_alias,
    "raise_ambiguous_catalog_match": _ambiguous_catalog_match,
    "raise_dep_not_found": _dependency_not_found,
    "raise_duplicate_resource_name": _duplicate_resource,
    "raise_duplicate_patch_name": _duplicate_patch,
    "raise_invalid_property_yml_version": _invalid_property_file,
    "raise_contract_error": _contract,
    "column_type_missing": _type_missing,
}


@keeps_supplied
@pass_context
def _try(context: Context, message_if_exception: str, func: Any, *args: Any, **kwargs: Any) -> Any:
    """What a function gives, or an error with this message."""
    assert isinstance(context.environment, ProjectEnvironment)  # noqa: S101
    try:
        return context.environment.call(context, func, *args, **kwargs)
    except _RAISED as error:
        raise TemplateError(message_text(message_if_exception, state_of(context)), hint=str(error)) from error


FAILURES: dict[str, Callable[[RenderState], Any]] = {
    "exceptions": _exceptions,
    "try_or_compiler_error": lambda _state: _try,
}
