"""The model's own code raises.

While its constructor or its `forward` was followed, an exception came that is not one of the shapes above: an
attribute that is missing, a branch that nothing leads to, a `return` that was forgotten. The message is the
exception's, and the place the deepest line of the model's file.

Source: the exception's own message; https://docs.python.org/3/library/exceptions.html.
"""
