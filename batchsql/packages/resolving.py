"""From what is asked for to one version of each package, what packages ask for themselves included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from batchsql.errors import ProjectError
from batchsql.packages.fetching import Fetcher
from batchsql.packages.requests import Request, read_requests
from batchsql.packages.versions import choose, newest, parse_bounds
from batchsql.project.expressions import Scope, evaluate
from batchsql.project.fields import text
from batchsql.project.files import read_text
from batchsql.project.yaml import Block, load_yaml

PROJECT_FILE = "dbt_project.yml"
DBT_VERSION = "1.11.0"  # the version of dbt whose packages are asked for
_UNPINNED = ("", "HEAD", "main", "master")
Tell = Callable[[str], None]


class Pinned(Struct, frozen=True, kw_only=True):
    """A package in one version. name: of its project, and of the folder it is installed into."""

    request: Request
    version: str
    name: str


def resolve(
    asked: Sequence[Request],
    fetcher: Fetcher,
    project: str,
    environment: Mapping[str, str],
    variables: Mapping[str, Any],
    tell: Tell,
) -> tuple[Pinned, ...]:
    """Find a version for each, breadth first: a package in order of first mention. project: name of the root.

    Raises ProjectError for bounds that no version satisfies, for two packages of one name, and for what cannot be had.
    """
    chosen: dict[str, Request] = {}
    waiting = _merged({}, asked)
    while waiting:
        following: dict[str, Request] = {}
        for request in waiting.values():
            chosen = _merged(chosen, [request])
            folder, _ = fetcher.folder(chosen[request.key], _version(chosen[request.key], fetcher))
            needed = read_requests(folder, environment, variables).requests
            following = _merged(following, [replace(each, path=request.path, line=request.line) for each in needed])
        waiting = {key: request for key, request in following.items() if not _settled(chosen.get(key), request)}
    pinned = tuple(_pinned(request, fetcher, environment, variables, tell) for request in chosen.values())
    _refuse_one_name(pinned, project)
    return pinned


def _merged(known: Mapping[str, Request], added: Iterable[Request]) -> dict[str, Request]:
    """Both together; two requests for one package become one with the bounds of both."""
    merged = dict(known)
    for request in added:
        other = merged.get(request.key)
        if other is not None and other.kind != request.kind:
            raise ProjectError(
                f"the package {request.written} is asked for as {other.kind} and as {request.kind}",
                path=request.path,
                line=request.line or None,
            )
        if other is not None:
            request = replace(
                other,
                versions=tuple(dict.fromkeys((*other.versions, *request.versions))),
                prereleases=other.prereleases or request.prereleases,
                warn_unpinned=other.warn_unpinned and request.warn_unpinned,
            )
        merged[request.key] = request
    return merged


def _settled(known: Request | None, request: Request) -> bool:
    """Whether a request adds nothing to what is known."""
    return known is not None and set(request.versions) <= set(known.versions)


def _version(request: Request, fetcher: Fetcher) -> str:
    """The version that satisfies a request; for git, the revision."""
    if request.kind == "git":
        if len(request.versions) > 1:
            listed = " and ".join(request.versions)
            message = f"the package {request.written} is asked for in the revisions {listed}"
            raise ProjectError(message, path=request.path, line=request.line or None, hint="ask for one of them")
        return next(iter(request.versions), "")
    if request.kind != "package":
        return ""
    offered = fetcher.offered(request)
    fitting = [version for version, record in offered.items() if _is_for_us(record)]
    bounds = parse_bounds(request.versions)
    found = choose(bounds, fitting, prereleases=request.prereleases)
    if found is None:
        listed = ", ".join(sorted(offered)[-5:]) or "none"
        raise ProjectError(
            f"no version of {request.place} for dbt {DBT_VERSION} satisfies {' and '.join(request.versions)}",
            path=request.path,
            line=request.line or None,
            hint=f"the newest there are: {listed}",
        )
    return found


def _is_for_us(record: Any) -> bool:
    """Whether a version of a package is made for the dbt whose projects are read here."""
    wanted = record.get("require_dbt_version") if isinstance(record, dict) else None
    texts = wanted if isinstance(wanted, list) else [wanted] if wanted else []
    try:
        return not texts or choose(parse_bounds(map(str, texts)), [DBT_VERSION]) is not None
    except ValueError:
        return True


def _pinned(
    request: Request, fetcher: Fetcher, environment: Mapping[str, str], variables: Mapping[str, Any], tell: Tell
) -> Pinned:
    revision = _version(request, fetcher)
    folder, version = fetcher.folder(request, revision)
    if request.kind == "git" and revision in _UNPINNED and request.warn_unpinned:
        tell(f"warning: {request.written} is not pinned: name a tag or a commit as its revision")
    if request.kind == "package" and (latest := newest(fetcher.offered(request))) not in (None, version):
        tell(f"{request.place} {version} is not the newest, which is {latest}")
    return Pinned(request=request, version=version, name=project_name(folder, request, environment, variables))


def project_name(folder: Path, request: Request, environment: Mapping[str, str], variables: Mapping[str, Any]) -> str:
    """The name of the project that a package is. Raises ProjectError where it is none."""
    if request.kind == "tarball":
        return _checked(request.name, request)
    if not (folder / PROJECT_FILE).is_file():
        raise ProjectError(
            f"the package {request.written} is no project: it holds no {PROJECT_FILE}",
            path=request.path,
            line=request.line or None,
            hint="where it lies deeper, `subdirectory` says so" if request.kind == "git" else None,
        )
    top = load_yaml(read_text(str(folder), PROJECT_FILE), PROJECT_FILE)
    scope = Scope(environment=environment, vars=variables)
    return _checked(str(evaluate(text(top, "name"), scope, PROJECT_FILE, 1)) if isinstance(top, Block) else "", request)


def _checked(name: str, request: Request) -> str:
    """The name, which becomes that of a folder."""
    if not name or name.startswith(".") or "/" in name or "\\" in name:
        message = f"the package {request.written} is called '{name}', which is no name"
        raise ProjectError(message, path=request.path, line=request.line or None)
    return name


def _refuse_one_name(pinned: Sequence[Pinned], project: str) -> None:
    seen: dict[str, Pinned] = {}
    for package in pinned:
        request = package.request
        other = seen.setdefault(package.name, package)
        if other is not package or package.name == project:
            rival = "this project is" if package.name == project else f"{other.request.written} is"
            raise ProjectError(
                f"the package {request.written} is called '{package.name}', as {rival}",
                path=request.path,
                line=request.line or None,
                hint="of packages with one name, only one can be used",
            )
