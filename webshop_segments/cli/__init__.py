"""flask segments …: the operator's commands."""

from . import installation, records, running  # noqa: F401 - each module adds its commands to the group
from .group import segments as segments
