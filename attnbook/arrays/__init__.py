"""The same names in NumPy, with leading batch dimensions.

`attnbook.arrays.simple` mirrors `attnbook.simple`, and so on: same names,
same meaning. The list versions are the specification: their docstrings say
what is taken, given and refused. Where they take `(n, d)`, these also take
`(..., n, d)`.

What the lists refuse, these refuse: with a `ValueError` that names the same
argument, says what was wanted and what came. Its other words may differ,
since an array has a shape and a type where a list has rows and entries.

Numbers stay in the precision that they come in. float32 is computed in
float32 and comes back as float32, float64 and longer ones likewise. float16
is computed in float32 and comes back as float16. Integers, and numbers in
lists, are float64. Where precisions meet, the longest one wins.
"""
