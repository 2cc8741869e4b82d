"""What torch calls its functions, and which of them are answered alike."""

from __future__ import annotations

from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Calls that return the same tensor, as far as shapes go.
ALIASES = _words(
    "data contiguous clone detach detach_ to cuda cpu type float half double bfloat16 long int short bool byte char"
    " type_as requires_grad_ pin_memory _to_copy cfloat alias lift_fresh retain_grad real resolve_conj"
)
#: Calls that ask for the values of a tensor.
VALUES = _words(
    "item tolist __bool__ __int__ __float__ __index__ __complex__ numpy __array__ is_nonzero equal allclose"
    " __contains__ __iter_values__ nonzero unique masked_select unique_consecutive bincount argwhere"
)
#: Calls that ask for what a tensor is, not for its values.
ASKED = _words(
    "dim ndim ndimension dtype stride is_contiguous layout is_floating_point requires_grad is_complex grad grad_fn"
    " is_leaf is_sparse is_quantized is_inference names storage_offset element_size itemsize __hash__ __repr__ name"
    " is_nested is_signed get_device is_mkldnn is_same_size dim_order data_ptr _version is_conj is_neg _is_view"
    " is_pinned is_shared has_names nbytes output_nr type_size backward register_hook retains_grad _base"
    " __format__ is_tensor is_storage result_type"
)
#: Of a parameter, these compute nothing.
VIEWS = _words("expand getitem unsqueeze squeeze view reshape permute transpose flatten t T mT")
#: Calls that return the shape of their first input, whatever else they read.
KEEPING = ("batch_norm", "instance_norm")
#: Where torch's own shapes on tensors without data are not those of its kernels.
UNTRUSTED = ("conv_transpose",)
#: `1 + x` and `x + 1` are one operation.
_OPERATORS = {
    "radd": "add", "iadd": "add", "rmul": "mul", "imul": "mul", "isub": "sub", "idiv": "div", "itruediv": "div",
    "truediv": "div", "rtruediv": "div", "rdiv": "div", "rpow": "pow", "ipow": "pow", "rmatmul": "matmul",
    "imatmul": "matmul", "floordiv": "floor_divide", "rfloordiv": "floor_divide", "invert": "bitwise_not",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "mod": "remainder",
}  # fmt: skip


def name_of(func: Any) -> str:
    """What a function is called; of a property, the property.

    >>> import torch
    >>> name_of(torch.Tensor.shape.__get__), name_of(torch.Tensor.add_), name_of(torch.Tensor.__rsub__)
    ('shape', 'add_', '__rsub__')
    """
    name: str = getattr(func, "__name__", str(func))
    return func.__self__.__name__ if name in ("__get__", "__set__") else name


def base_of(name: str) -> str:
    """The operation, whoever is asked for it, in place or not.

    >>> base_of("add_"), base_of("__radd__"), base_of("__iadd__")
    ('add', 'add', 'add')
    """
    stripped = name.strip("_")
    return _OPERATORS.get(stripped, stripped) if name.startswith("__") else stripped


def is_overwriting(name: str) -> bool:
    """Whether the tensor that it is called on is the result (`add_`, `__iadd__`, as `+=` calls it)."""
    return is_in_place(name) or (
        name.startswith("__i") and name.strip("_") in _OPERATORS and name != "__invert__"
    )


def is_in_place(name: str) -> bool:
    """Whether it changes the tensor that it is called on (`add_`, and no `__add__`)."""
    return name.endswith("_") and not name.startswith("__")
