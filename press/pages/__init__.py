"""The pages: taken apart, run, proofread, rendered."""
