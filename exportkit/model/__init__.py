"""Plain frozen data that every layer shares: no I/O, no engine."""
