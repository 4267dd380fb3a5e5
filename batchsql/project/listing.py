"""Which file of a project, or of a package, is what: by the folder it lies in, and by its ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from batchsql.project.files import SUITES_FOLDER, within
from batchsql.project.settings import PLACES, Place, Settings
from batchsql.project.tree import Parts
from batchsql.project.unit_tests import FIXTURES
from batchsql.values import FileStamp, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS: dict[Place, Kind] = {"model": "model", "seed": "seed", "snapshot": "snapshot", "test": "test"}
_GENERIC_TESTS = "generic"


class Found(Struct, frozen=True):
    """A file that becomes a model: its place, its path, and its folders below that place's folder."""

    kind: Kind
    path: str
    folders: Parts


class Listing(Struct, kw_only=True):
    """The files of a project, or of a package, by what is to be done with them."""

    models: list[Found] = []
    properties: list[str] = []
    suites: list[str] = []
    macros: list[str] = []
    documents: list[str] = []
    fixtures: list[str] = []
    warnings: list[str] = []


def list_files(stamps: Sequence[FileStamp], settings: Settings, settings_files: Sequence[str]) -> Listing:
    """What each of the files is. stamps: those of all files; others than this project's, or package's, are left out."""
    listing = Listing()
    homes = [(folder, place) for place in PLACES for folder in settings.paths[place]]
    homes.sort(key=lambda home: -len(home[0]))
    known = frozenset(settings_files)
    for stamp in stamps:
        path = stamp.path
        if path in known:
            continue
        if any(within(path, folder) for folder, _ in homes):
            _list(path, settings, homes, listing)
        elif not settings.package and within(path, SUITES_FOLDER):
            if path.endswith(".json"):
                listing.suites.append(path)
            else:
                listing.warnings.append(f"{path}:1: in {SUITES_FOLDER}/, suites (*.json) are read, and nothing else")
    return listing


def _list(path: str, settings: Settings, homes: Sequence[tuple[str, Place]], listing: Listing) -> None:
    """Enter one file that lies in a folder of the project."""
    ending = path[path.rindex(".") :]
    folder, place = _home(path, ending, homes)
    is_dbt = settings.dialect == "dbt"
    parts = below(path, folder)
    if ending == ".json":
        listing.suites.extend((path,) if within(path, SUITES_FOLDER) else ())
    elif ending == ".md":
        listing.documents.append(path)
    elif place == "docs":
        pass
    elif ending in (".yml", ".yaml"):
        if place != "test" or is_dbt:
            listing.properties.append(path)
    elif place == "macro":
        if ending == ".sql":
            listing.macros.append(path)
    elif place == "test" and parts[:1] == (FIXTURES,):
        listing.fixtures.append(path)
    elif place == "test" and is_dbt and parts[:1] == (_GENERIC_TESTS,):
        if ending == ".sql":
            listing.macros.append(path)
    elif ending == ".py":
        if place == "model" and is_dbt:
            listing.models.append(Found("model", path, parts))
    elif (ending == ".csv") == (place == "seed"):
        listing.models.append(Found(_KINDS[place], path, parts))


def folders_below(path: str, settings: Settings) -> Parts:
    """The folders of a file below the innermost of the project's folders that holds it."""
    homes = [folder for place in PLACES for folder in settings.paths[place] if within(path, folder)]
    return below(path, max(homes, key=len))


def below(path: str, folder: str) -> Parts:
    """The folders of a file below one that holds it."""
    return tuple((path if folder == "." else path[len(folder) + 1 :]).split("/")[:-1])


def _home(path: str, ending: str, homes: Sequence[tuple[str, Place]]) -> tuple[str, Place]:
    """The folder and place a file belongs to: the innermost; of two that share it, the one that takes such files."""
    around = [home for home in homes if within(path, home[0])]
    innermost = [home for home in around if home[0] == around[0][0]]
    for home in innermost:
        if (ending == ".csv") == (home[1] == "seed"):
            return home
    return innermost[0]
