"""Did I understand it? The reader's own code, checked and diagnosed.

The reader's functions run where the answers are not: a program is asked to
call them and gives back values, and only this side knows what is right.

- `attnbook.check.child`: beside the reader's code: load, describe, call
- `attnbook.check.runner`: that program in a guarded child process
- `attnbook.check.cases`: test data, drawn from a seed and fixed
- `attnbook.check.steps`: the table of steps; everything reads it
- `attnbook.check.compare`: values against values, in their nested shape
- `attnbook.check.names`: which argument of a function is what
- `attnbook.check.binding`: a function of the reader's as one of the steps
- `attnbook.check.chosen`: which functions of a file are meant
- `attnbook.check.mistakes`: the catalogue of wrong attentions
- `attnbook.check.reveal`: the weights inside an attention, made visible
- `attnbook.check.habits`: causes that the form of a result tells
- `attnbook.check.probes`: the likely cause, found by asking again
- `attnbook.check.smallest`: the smallest input that shows a mistake
- `attnbook.check.dimensions`: which sizes fail, and the rule they share
- `attnbook.check.safety`: large scores, few digits, mismatched lengths
- `attnbook.check.words`: what went wrong, in one sentence each
- `attnbook.check.engine`: from a program to a list of findings
- `attnbook.check.report`: findings as text, JSON and a receipt
- `attnbook.check.command`: the command line

The child guards against crashes, endless loops and floods. It is no sandbox:
check only code that you would run yourself.
"""
