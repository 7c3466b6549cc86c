"""How fast a table is rebuilt, and in how much memory: ``measuring`` and ``memory``."""
