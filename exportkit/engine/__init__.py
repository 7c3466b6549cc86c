"""The border to the engines (``protocols``), and the choice between them (``docs/engine.md``)."""

from exportkit.engine.selection import EngineInfo, ReferenceEngineWarning, engine_info, select_engine

__all__ = ["EngineInfo", "ReferenceEngineWarning", "engine_info", "select_engine"]
