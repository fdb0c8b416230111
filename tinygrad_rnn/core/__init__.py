"""How a recurrent network is computed and differentiated: arrays in, arrays out.

Read the files in this order; each imports only those above it:

    quiet        settings of NumPy; skip it at first
    arithmetic   float32: small operands are computed in float64 and rounded once
    layout       where a result is in memory; skip it at first: the value of `laid_out(y, x)` is y
    versions     one number for every piece of memory: when it was last written to
    graph        nodes, what they save, and the walk back
    pointwise    tanh, addition and other operations element by element
    linalg       matrix products
    reduction    softmax, sums and maxima
    shape        views, and tensors put together
    indexing     looking up elements (gather, embedding) and replacing them
    loss         cross-entropy
    recurrent    one step of a recurrent layer, and all steps as one operation
    update       one step of SGD and Adam, on vectors

From `pointwise` to `recurrent` an operation is one function: it computes its value, and says how
the gradient of each input follows.

A VJP (vector-Jacobian product) takes `g`, the gradient of the loss with respect to the result, and
returns the gradient with respect to one input.
"""
