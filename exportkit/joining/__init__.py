"""Records of several exports brought together by key (``docs/joining.md``): what replay, diff, compact and revert share."""
