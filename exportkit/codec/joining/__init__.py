"""Records of several exports joined by key, the reference engine's way (``docs/joining.md``).

``entries`` is what crosses the border; ``index`` and ``applier`` make entries of records, and ``key_filter`` tells
which; ``join`` makes records of entries, by ``replay``, ``net_change`` (compact, revert) or ``diff``, which take the
changes of a key in ``steps`` and count in a ``tally``.
"""
