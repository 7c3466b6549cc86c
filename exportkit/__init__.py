"""Verify, convert and replay DynamoDB exports to S3."""

__version__ = "0.1.0"
__all__ = ["__version__"]
