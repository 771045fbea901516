"""The arguments of products, masks, heads, losses and optimisers, by name.

As in `attnbook.checker.match.names`: each role's kind, then what readers call
it, without case and underscores.
"""

from collections.abc import Mapping

_UPSTREAM = (
    "grad", "g", "upstream", "gradout", "gradoutput", "gradoutputs", "dout",
    "dy", "grady", "gradproduct", "gradc", "dc", "gradresult", "gradvectors",
)  # fmt: skip
_LOGITS = ("logits", "scores", "x", "outputs", "z", "predictions", "out")
_WEIGHTS = ("weights", "w", "params", "parameters", "theta", "x", "p",
            "weight", "param")  # fmt: skip
_GRADS = ("gradweights", "grad", "grads", "g", "gradient", "gradients", "dw",
          "gradweight", "gradtheta", "gradw")  # fmt: skip

MORE_ROLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "a": ("matrix", ("a", "x", "left", "m", "first", "mat1", "matrix1", "m1",
                     "matrixa", "mata")),
    "b": ("matrix", ("b", "y", "w", "right", "second", "mat2", "matrix2",
                     "m2", "matrixb", "matb", "n")),
    "column": ("vector", ("x", "v", "b", "vector", "vec", "y")),
    "matrix": ("matrix", ("matrix", "a", "m", "x", "mat", "rows", "inputs")),
    "vectors": (
        "matrix",
        ("vectors", "x", "inputs", "m", "matrix", "queries", "q", "keys", "k",
         "values", "v", "rows", "wide", "tokens", "merged", "contextvecs",
         "mergedcontextvecs", "context", "contextvectors", "a", "t", "input",
         "z"),
    ),
    "W": ("projection", ("w", "weights", "weight", "wquery", "wq", "wkey",
                         "wvalue", "matrix", "projection", "m", "b")),
    "num_tokens": (
        "number",
        ("numtokens", "n", "t", "length", "size", "contextlength", "seqlen",
         "l", "maxlen", "blocksize", "ntokens", "count", "numrows"),
    ),
    "length": (
        "number",
        ("length", "len", "reallength", "validlength", "numreal", "n", "l",
         "seqlen", "sentencelength", "numtokens", "count", "valid", "lengths"),
    ),
    "longest": (
        "number",
        ("longest", "maxlen", "maxlength", "total", "width", "size",
         "paddedlength", "padto", "contextlength", "t", "m", "targetlength"),
    ),
    "lengths": (
        "vector",
        ("lengths", "lens", "seqlens", "validlens", "validlengths", "length",
         "seqlengths", "sequencelengths", "srclens", "inputlengths"),
    ),
    "ids": (
        "id rows",
        ("ids", "tokenids", "seq", "src", "inputids", "tokens", "x", "seqq",
         "source", "inputs", "input", "batch", "sequence", "sequences", "tgt",
         "trg", "tokenindices", "inputseq", "sentences"),
    ),
    "key_ids": ("id rows", ("seqk", "keyids", "seqkey", "kids", "key", "k")),
    "pad": (
        "number",
        ("pad", "padid", "padidx", "padtoken", "padtokenid", "padindex",
         "paddingidx", "padval", "padvalue", "paddingid", "paddingtoken",
         "i", "paddingindex"),
    ),
    "head_rows": (
        "head rows",
        ("heads", "x", "headcontextvecs", "contexts", "parts", "h", "pieces",
         "contextvecs", "outputs", "matrices", "vectors", "headoutputs"),
    ),
    "dropped": (
        "steps",
        ("attention", "forward", "steps", "cache", "result", "saved"),
    ),
    "head_dim": ("number", ("headdim", "dhead", "dk", "d", "headsize",
                            "width")),
    "grad_product": ("matrix", _UPSTREAM),
    "grad_number": ("number", _UPSTREAM),
    "logits": ("matrix", _LOGITS),
    "logit_row": ("vector", _LOGITS),
    "probabilities": ("matrix", ("probabilities", "probs", "p", "q",
                                 "attnweights")),
    "targets": (
        "targets",
        ("targets", "target", "labels", "y", "answer", "answers", "t",
         "wanted", "ids", "ys", "right"),
    ),
    "target": ("number", ("target", "label", "t", "y", "wanted", "j", "i",
                          "right", "answer")),
    "cross_entropy": ("steps", ("crossentropy", "steps", "result", "forward",
                                "loss", "cache")),
    "embeddings": ("matrix", ("embeddings", "tokenembeddings", "table",
                              "embedding", "e", "weight", "weights", "w")),
    "vocabulary": ("number", ("vocabulary", "vocabsize", "numtokens", "v",
                              "vocab", "numrows", "count", "numembeddings",
                              "n", "rows")),
    "sentence": ("tokens", ("sentence", "tokens", "ids", "tokenids", "x",
                            "indices", "inputs", "s", "inputids")),
    "grad_inputs": ("matrix", ("gradinputs", "gradtokenvecs", "grads",
                               *_UPSTREAM)),
    "weight_row": ("vector", _WEIGHTS),
    "weight_rows": ("matrix", _WEIGHTS),
    "grad_row": ("vector", _GRADS),
    "grad_rows": ("matrix", _GRADS),
    "rate": ("rate", ("rate", "lr", "learningrate", "alpha", "eta",
                      "stepsize", "r")),
    "state": ("state", ("state", "memory", "cache", "s")),
    "means": ("vector", ("means", "m", "mean", "momentum", "firstmoment")),
    "squares": ("vector", ("squares", "v", "s", "square", "variance",
                           "secondmoment")),
    "step_number": ("number", ("t", "step", "k", "steps", "count", "n", "i",
                               "stepnumber")),
    "model": ("model", ("model", "params", "parameters", "weights", "w")),
}  # fmt: skip
