"""How a recurrent network is computed and differentiated: arrays in, arrays out.

Read the files in this order; each imports only those above it:

    arithmetic   float32: small operands are computed in float64 and rounded once
    layout       where the elements of a result lie in memory
    versions     one number for every piece of memory: when it was last written to
    graph        nodes, what they save, and the walk back
    pointwise    linalg   reduction   shape   indexing   loss   recurrent
                 one function for each operation: its value, and the VJP of each input
    update       one step of SGD and Adam on flat vectors

A VJP (vector-Jacobian product) takes `g`, the gradient of the loss with respect to the result, and
returns the gradient with respect to one input.
"""
