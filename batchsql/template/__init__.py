"""Jinja in a sandbox, with the common dialect: a model's text becomes SQL, and what it declared on the way.

`Renderer` is in batchsql.template.renderer: importing it loads Jinja, which a run that finds its compile cache good
does without.
"""

from batchsql.template.context import RenderContext

__all__ = ["RenderContext"]
