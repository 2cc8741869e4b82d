"""The Python file makes no model.

For `model.py:ClassName` the file is imported and the class called. The file may be missing, the name unknown, or what
it names may be no `torch.nn.Module`. Give the name of a class or of a function that returns a module; where the
constructor needs arguments, write the call.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html.
"""
