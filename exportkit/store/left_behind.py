"""What could not be cleared away."""

__all__ = ["LeftBehind"]


class LeftBehind(str):
    """A note of an error: what could not be cleared away, and the command that does it."""

    __slots__ = ()
