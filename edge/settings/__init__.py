"""The configuration: YAML text in, frozen settings or sentences out. Pure: who reads files and folders is injected."""

from edge.settings.checks import admin_problem
from edge.settings.load import load
from edge.settings.models import Settings
from edge.settings.report import BadSettings
from edge.settings.section import Surroundings
from edge.settings.units import Listen

__all__ = ["BadSettings", "Listen", "Settings", "Surroundings", "admin_problem", "load"]
