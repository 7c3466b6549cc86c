"""Faithful test exports: a full export and a chain of incremental ones, decided by a seed."""

from exportkit.generate.chain import Effect
from exportkit.generate.exports import Generated, GeneratedExport, generate
from exportkit.generate.options import GenerateOptions
from exportkit.generate.shapes import Shape

__all__ = ["Effect", "GenerateOptions", "Generated", "GeneratedExport", "Shape", "generate"]
