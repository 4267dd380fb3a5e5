"""Which nodes a selection means.

`select` answers for a project of ours, by the graph alone; a name that nothing answers to is an error. `choose` answers
as dbt does, by a manifest, with all of its methods: for projects whose selections were written for dbt.
"""

from batchsql.selection.plain import Term, parse_term, select

__all__ = ["Term", "parse_term", "select"]
