"""The native engine: built from ``exportkit/rust``, absent from a pure installation."""

from typing import Final, Literal

__all__ = ["BUILD_PROFILE", "__version__"]

__version__: Final[str]
"""Version of the Rust workspace; equal to ``exportkit.__version__``."""

BUILD_PROFILE: Final[Literal["release", "debug"]]
"""How the extension was compiled; a ``debug`` build warns when it is imported."""
