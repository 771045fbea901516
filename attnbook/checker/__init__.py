"""Did I understand it? The reader's own code, checked and diagnosed.

The reader's functions run where the answers are not: a program is asked to
call them and gives back values, and only this side knows what is right.

The map, in the order of the imports:

- `reader`: beside the reader's code: load it, describe it, call it
- `steps`: what is asked of each step, and the right answers
- `finding`: every word of a verdict
- `words`: what went wrong, and values, as a person writes them
- `match`: which of the reader's names is which step
- `judge`: how far right: every size, the smallest input, safety
- `mistakes`: the catalogue of wrong attentions
- `cause`: the likely cause: measured, or known from the catalogue
- `limit`: a limit on the time of a whole check
- `examine`: one function: run, judged, and why it differs
- `engine`: from a program to a list of findings
- `say`: text, HTML, JSON, JUnit, SARIF, a receipt, a table of a class
- `here`: objects of this process, checked where they are
- `files`: a file, checked in a child process of its own
- `jobs`: many files at once
- `report`: what a check hands back
- `doors`: the way in from Python
- `ipython`: the way in from a notebook
- `trained`: a model that learns by the reader's own code
- `train`: that, as a command
- `command`: the way in from a terminal

The child guards against crashes, endless loops and floods. It is no sandbox:
check only code that you would run yourself.
"""
