"""Data Docs of validation results: pages that Great Expectations renders, with all they need beside them.

A page as Great Expectations writes it gets its styles, scripts and icons from sixteen addresses on the internet, and
without it is bare. Here they are files beside the pages.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from batchsql.errors import ProjectError
from batchsql.gx.installed import require

ASSETS = "assets"
STYLES = ("bootstrap.min.css", "bootstrap-table.min.css", "font-awesome.min.css")
SCRIPTS = ("jquery.min.js", "popper.min.js", "bootstrap.min.js", "bootstrap-table.min.js")

_SHIELDS = {ord(character): 0x10600 + number for number, character in enumerate("<>&\"'")}
_ENTITIES = {shield: escape(chr(character)) for character, shield in _SHIELDS.items()}
_SCRIPT = re.compile(r'<script[^>]*\bsrc="https?://[^"]*"[^>]*>.*?</script>\s*', re.DOTALL)
_LINK = re.compile(r'<link\b[^>]*\bhref="(?:https?://|[^"]*favicon)[^"]*"[^>]*>\s*', re.DOTALL)
_IMAGE = re.compile(r'<img\b[^>]*\bsrc="https?://[^"]*"[^>]*>')
_SUITE = re.compile(r'<a href="(?:\.\./)+expectations/[^"]*"\s*>(.*?)</a>', re.DOTALL)
_HOME = re.compile(r'href="(?:\.\./)+index\.html"')


def write_data_docs(results: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    """Write a page for each validation result, an index of them, and their assets; return the path of the index.

    results: ExpectationSuiteValidationResults as plain values, the newest first. Imports Great Expectations.
    Raises UsageError where it is not installed, and ProjectError for a result that it does not load.
    """
    require()
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("batchsql.gx") / ASSETS) as source:
        shutil.copytree(source, folder / ASSETS, dirs_exist_ok=True)
    names = [f"{number:04d}-{_plain(result['suite_name'])}.html" for number, result in enumerate(results, 1)]
    for name, result in zip(names, results, strict=True):
        (folder / name).write_text(page(result), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index(list(zip(names, results, strict=True))), encoding="utf-8")
    return index


def page(result: Mapping[str, Any]) -> str:
    """The page of one validation result, as HTML that asks nothing of the internet.

    Great Expectations writes some values, names and messages as they are, and escapes others. So all of them pass it by
    with the characters of markup replaced, and only the finished page gets these back, as text.
    """
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    shown = {**result, "results": [_presentable(each) for each in result.get("results", [])]}
    rendered = ValidationResultsPageRenderer().render(load(_shielded(shown)))
    return _offline(DefaultJinjaPageView().render(rendered)).translate(_ENTITIES)


def load(result: Mapping[str, Any]) -> Any:
    """The result as Great Expectations' own object. Raises ProjectError where it refuses it."""
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResultSchema
    from marshmallow import ValidationError

    try:
        return ExpectationSuiteValidationResultSchema().load(dict(result))
    except ValidationError as error:
        raise ProjectError(f"Great Expectations does not load this result: {error}") from error


def _presentable(result: Mapping[str, Any]) -> dict[str, Any]:
    """A page tells a count of unexpected rows as a share of all; where that is not known, the verdict's words do."""
    found, configuration = result["result"], result["expectation_config"]
    if not found.get("unexpected_count") or found.get("unexpected_percent") is not None:
        return dict(result)
    words = f"{configuration.get('description') or ''} {result['meta'].get('batchsql', {}).get('message', '')}".strip()
    observed = f"{found['unexpected_count']} unexpected"
    return {
        **result,
        "result": {**found, "observed_value": observed, "unexpected_count": 0},
        "expectation_config": {**configuration, "description": words or observed},
    }


def _shielded(value: Any) -> Any:
    """The same value with what HTML takes for markup replaced by signs of Linear A, which nobody can read."""
    if isinstance(value, str):
        return value.translate(_SHIELDS)
    if isinstance(value, Mapping):
        return {_shielded(name): _shielded(each) for name, each in value.items()}
    return [_shielded(each) for each in value] if isinstance(value, list | tuple) else value


def _offline(html: str) -> str:
    html = _HOME.sub('href="index.html"', _SUITE.sub(r"\1", _IMAGE.sub("", _LINK.sub("", _SCRIPT.sub("", html)))))
    return html.replace("</head>", f"{_head()}</head>", 1)


def _head() -> str:
    styles = "".join(f'<link rel="stylesheet" href="{ASSETS}/{name}">\n' for name in STYLES)
    return styles + "".join(f'<script src="{ASSETS}/{name}"></script>\n' for name in SCRIPTS)


def _index(pages: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    icons = {True: "check-circle text-success", False: "times text-danger"}
    rows = "\n".join(
        f'<tr><td><i class="fas fa-{icons[bool(result["success"])]}"></i></td>'
        f'<td><a href="{escape(name)}">{escape(str(result["suite_name"]))}</a></td>'
        f"<td>{escape(str(result['meta'].get('validation_time', '')))}</td>"
        f"<td>{result['statistics']['successful_expectations']} of "
        f"{result['statistics']['evaluated_expectations']}</td></tr>"
        for name, result in pages
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Data Docs</title>\n'
        f'{_head()}</head>\n<body class="container py-4">\n<h1 class="h3">Data Docs</h1>\n<table class="table">\n'
        "<thead><tr><th></th><th>suite</th><th>judged at</th><th>met</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</body>\n</html>\n"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "result"
