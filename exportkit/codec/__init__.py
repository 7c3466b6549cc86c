"""The reference engine's parts: records read, judged and written in Python, the rules in code.

From the bottom: ``tree`` and ``numbers``, what a record becomes; ``lines``, ``dynamodb_json``, ``ion_text`` and
``ion``, what reads it; ``record``, the judgement both formats share; ``values``, ``writing``, ``canonical``,
``columns`` (with ``arrow_types``), ``paths``, ``counts`` and ``splitting``, what is made of it; ``source``,
``quarantine``, ``scanner``, ``readers``, ``keys``, ``decoder``, ``inference`` and the package ``joining``, the
consumers of the border.
"""

from exportkit.codec.writing import dumps_change, dumps_item

__all__ = ["dumps_change", "dumps_item"]
