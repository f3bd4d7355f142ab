"""On PYTHONPATH, with the tests, this makes every process software that knows version 2 of the rules."""

from salus.machine import versions
from unit.upgrade_world import VERSION_2

versions.RULES[2] = VERSION_2
