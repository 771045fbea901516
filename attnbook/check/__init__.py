"""Did I understand it? The reader's own code, checked and diagnosed.

The reader's functions run where the answers are not: a program is asked to
call them and gives back values, and only this side knows what is right.

- `attnbook.check.child`: beside the reader's code: load, describe, call
- `attnbook.check.runner`: that program in a guarded child process
- `attnbook.check.names`: which function is which step, which argument what
- `attnbook.check.cases`: test data, drawn from a seed and fixed
- `attnbook.check.steps`: the table of steps; everything reads it
- `attnbook.check.compare`: values against values, in their nested shape
- `attnbook.check.mistakes`: the catalogue of wrong attentions
- `attnbook.check.binding`: a function of the reader's as one of the steps
- `attnbook.check.reveal`: the weights inside an attention, made visible
- `attnbook.check.probes`: the likely cause, found by asking again
- `attnbook.check.dimensions`: which sizes fail, and the rule they share
- `attnbook.check.safety`: large scores, mismatched lengths
- `attnbook.check.engine`: from a program to a list of findings
- `attnbook.check.report`: findings as text, JSON and a receipt
- `attnbook.check.command`: the command line

The child guards against crashes, endless loops and floods. It is no sandbox:
check only code that you would run yourself.
"""
