"""The version, where every layer may read it; ``pyproject.toml`` and ``Cargo.toml`` have the same."""

__version__ = "0.1.0"
