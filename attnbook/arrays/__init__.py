"""The same names in NumPy, with leading batch dimensions.

`attnbook.arrays.simple` mirrors `attnbook.simple`, and so on: same names,
same meaning, same errors. The list versions are the specification. Where
they take `(n, d)`, these also take `(..., n, d)`.
"""
