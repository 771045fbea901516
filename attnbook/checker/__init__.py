"""Did I understand it? The reader's own code, checked and diagnosed.

The reader's functions run where the answers are not: a program is asked to
call them and gives back values, and only this side knows what is right.

- `reader.program`: beside the reader's code: load, describe, call
- `reader.process`: that program in a guarded child process
- `reader.live`: that program filled with objects of this process
- `steps.cases`: test data, drawn from a seed and fixed
- `steps.step`: what a step is
- `steps.forward`: the steps of sections 3.3 to 3.6
- `steps.backward`: the steps of the backward pass
- `steps.table`: the table of all steps; everything reads it
- `steps.compare`: values against values, in their nested shape
- `finding`: every word of a verdict
- `words`: what went wrong, and values, as a person writes them
- `match.names`: which argument of a function is what
- `match.binding`: a function of the reader's as one of the steps
- `match.chosen`: which functions of a file are meant
- `judge.run`: every case asked once, with its difference
- `judge.smallest`: the smallest input that shows a mistake
- `judge.dimensions`: which sizes fail, and the rule they share
- `judge.safety`: large scores, few digits, mismatched lengths
- `mistakes`: the catalogue of wrong attentions
- `cause.reveal`: the weights inside an attention, made visible
- `cause.habits`: causes that the form of a result tells
- `cause.measures`: causes measured on those weights
- `cause.diagnose`: the likely cause, measured or known
- `limit`: a limit on the time of a whole check
- `engine`: from a program to a list of findings
- `say`: text, HTML, JSON, JUnit, SARIF, a receipt, a table of a class
- `files`, `here`: a file in a child process, objects in this one
- `jobs`: many files at once
- `report`: what a check hands back
- `doors`, `ipython`, `command`: from Python, a notebook, a terminal

The child guards against crashes, endless loops and floods. It is no sandbox:
check only code that you would run yourself.
"""
