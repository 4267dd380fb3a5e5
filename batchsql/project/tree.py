"""The nested config blocks of a project file: `models:`, `seeds:`, `snapshots:`, `checks:`.

```yaml
models:
  +materialized: view        # all models
  marts:                     # those in models/marts/, and in the folders below it
    +materialized: table
    +tags: [nightly]
```

A key with `+` is a config. A key without is a folder (or a model) when its value is a mapping, else a config.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from batchsql.errors import did_you_mean
from batchsql.project.config import config_keys, is_config_key, read_layer, takes_mapping, unused_keys
from batchsql.project.fields import fail
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, plain
from batchsql.values import ConfigLayer, Kind
from batchsql.values.project import Dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

Parts = tuple[str, ...]


class ConfigTree(Struct, frozen=True):
    """The layers of one kind by the folders they are for: () is all, ("marts", "daily") what lies in marts/daily/."""

    kind: Kind
    layers: dict[Parts, tuple[ConfigLayer, ...]] = {}

    def layers_for(self, parts: Parts) -> tuple[ConfigLayer, ...]:
        """The layers of a file, least specific first. parts: its folders below the model path, then its name."""
        if not self.layers:
            return ()
        prefixes = (parts[:length] for length in range(len(parts) + 1))
        return tuple(layer for prefix in prefixes for layer in self.layers.get(prefix, ()))

    def warnings(self, dialect: Dialect = "batchsql") -> tuple[str, ...]:
        """One sentence for each key that has no effect yet."""
        listed = (layer for layers in self.layers.values() for layer in layers)
        return tuple(sentence for layer in listed for sentence in unused_keys(layer, dialect))

    def unmatched(self, files: Iterable[Parts]) -> tuple[Parts, ...]:
        """The folders of the tree that hold none of the files; of nested ones the outermost."""
        present = {parts[:length] for parts in files for length in range(len(parts) + 1)}
        missing = {prefix for prefix in self.layers if prefix and prefix not in present}
        return tuple(prefix for prefix in self.layers if prefix in missing and prefix[:-1] not in missing)


def read_tree(block: Block, kind: Kind) -> ConfigTree:
    """Read and validate the block of one kind; raises ProjectError with the line of a wrong key or value."""
    layers: dict[Parts, tuple[ConfigLayer, ...]] = {}
    _read(block, block.line, kind, (), layers)
    return ConfigTree(kind, layers)


def _read(block: Block, line: int, kind: Kind, prefix: Parts, layers: dict[Parts, tuple[ConfigLayer, ...]]) -> None:
    dialect: Dialect = "dbt" if block.lenient else "batchsql"
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key, value in block.items():
        if key.startswith("+") or (is_config_key(key) and (not isinstance(value, Block) or takes_mapping(key))):
            values[key], lines[key] = plain(value), block.line_of(key)
        elif isinstance(value, Block):
            _read(value, block.line_of(key), kind, (*prefix, key), layers)
        elif block.lenient:
            values[key], lines[key] = plain(value), block.line_of(key)
        elif value is not None:
            hint = hint_for(key, config_keys(kind))
            fail(block, key, f"'{key}' is neither a config of {kind}s nor a folder: it holds {describe(value)}", hint)
    layer = ConfigLayer(values=values, path=block.path, line=line, lines=lines)
    read_layer(layer, kind, dialect)
    if values or prefix:
        layers[prefix] = (layer,)


def below_project_name(tree: ConfigTree, project: str, *, required: bool) -> ConfigTree:
    """The tree without the project's name as its first level.

    Where the name is `required`, as dbt has it, other first levels belong to packages and are left out (see foreign).
    """
    layers: dict[Parts, tuple[ConfigLayer, ...]] = {}
    for prefix in sorted(tree.layers, key=len):
        own = prefix[:1] == (project,)
        if own or not prefix or not required:
            folders = prefix[1:] if own else prefix
            layers[folders] = layers.get(folders, ()) + tree.layers[prefix]
    return ConfigTree(tree.kind, layers)


def foreign(tree: ConfigTree, projects: Collection[str]) -> tuple[str, ...]:
    """One sentence for each first level that is the name neither of the project nor of a package."""
    return tuple(
        f"{layers[0].path}:{layers[0].line}: '{prefix[0]}' is not this project's name, so its config has no effect"
        for prefix, layers in tree.layers.items()
        if len(prefix) == 1 and prefix[0] not in projects
    )


def explain_unmatched(prefix: Parts, files: Sequence[Parts]) -> str | None:
    """A hint when a folder of nearly this name exists beside where it was looked for; None when nothing is near."""
    siblings = {
        parts[len(prefix) - 1]
        for parts in files
        if len(parts) >= len(prefix) and parts[: len(prefix) - 1] == prefix[:-1]
    }
    return did_you_mean(prefix[-1], siblings)
