"""Every shape the API answers with, recorded whole: keys, what is left out, page headers, errors.

The files are compared strictly. When a shape changes on purpose: `GOLDEN=write pytest tests/simulator/golden`.
"""
