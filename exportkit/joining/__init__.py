"""Records of several exports brought together by key (``docs/joining.md``), as replay, diff, compact and revert do."""
