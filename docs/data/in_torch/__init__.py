"""The listings once more, in PyTorch: the same names, the same numbers.

The pages show them beside the lists; nothing that the pages run needs them.
"""
