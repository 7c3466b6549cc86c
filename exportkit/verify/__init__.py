"""Verifies a finished export: manifests, objects, content, records (``docs/verify.md``)."""

from exportkit.model.findings import Finding, Level
from exportkit.verify.report import Check, Status, VerifyReport
from exportkit.verify.run import verify

__all__ = ["Check", "Finding", "Level", "Status", "VerifyReport", "verify"]
