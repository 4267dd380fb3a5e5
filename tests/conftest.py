"""Property tests look for new examples on a developer's machine, and try the same ones each time in the gate."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("gate", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("gate")
