"""The statements that give DuckDB what a target names beside its own file: extensions, secrets, other databases."""

from __future__ import annotations

from typing import Any

from batchsql.values import Attachment, Extension, literal, quote

_UNQUOTED = ("type", "provider")
_FIRST = ("type", "provider")
_ABOUT = ("name", "persistent", "scope", *_FIRST)


def install_sql(extension: Extension) -> str:
    """Fetch an extension, unless it is there already."""
    repository = extension.repository
    if not repository:
        return f"INSTALL {quote(extension.name)}"
    return f"INSTALL {quote(extension.name)} FROM {repository if repository.isidentifier() else literal(repository)}"


def secret_sql(secret: dict[str, Any], number: int) -> str:
    """Make a secret; one without a name is named by its number, counted from 1."""
    name = str(secret.get("name") or f"_dbt_secret_{number}")
    scope = secret.get("scope")
    options = [(key, secret[key]) for key in _FIRST if secret.get(key) is not None]
    options += [(key, value) for key, value in secret.items() if key not in _ABOUT and value is not None]
    options += [("scope", each) for each in (scope if isinstance(scope, list) else [scope]) if each is not None]
    listed = ", ".join(f"{key} {_secret_value(key, value)}" for key, value in options)
    return f"CREATE OR REPLACE{' PERSISTENT' if secret.get('persistent') else ''} SECRET {quote(name)} ({listed})"


def _secret_value(key: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"map {{{', '.join(f'{literal(str(name))}: {literal(str(each))}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(literal(str(each)) for each in value)}]"
    return str(value) if key in _UNQUOTED else literal(str(value))


def attach_sql(attachment: Attachment, *, read_only: bool = False) -> str:
    """Attach a database. read_only: whatever it says itself."""
    alias = f" AS {quote(attachment.alias)}" if attachment.alias else ""
    options = [f"TYPE {attachment.type}"] if attachment.type else []
    options += ["READ_ONLY"] if read_only or attachment.read_only else []
    options += [written for key, value in attachment.options.items() if (written := _attach_option(key, value))]
    listed = f" ({', '.join(options)})" if options else ""
    return f"ATTACH IF NOT EXISTS {literal(attachment.path)}{alias}{listed}"


def _attach_option(key: str, value: Any) -> str:
    """`KEY 'value'`; the key alone where the value is true, nothing where it is false. Quotes that are there stay."""
    name = key.upper()
    if isinstance(value, bool) or value is None:
        return name if value else ""
    if not isinstance(value, str) or name == "SECRET":
        return f"{name} {value}"
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return f"{name} {value if quoted else literal(value)}"
