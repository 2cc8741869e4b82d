"""Names that an emitted module may use: for its class, its submodules and its variables."""

from __future__ import annotations

from keyword import iskeyword

_RESERVED = """
self super torch nn F Tensor OrderedDict x inputs code mean log_variance crop None True False int float bool
str tuple list range slice zip print len min max
"""

_ATTRIBUTES = """
T_destination add_module append apply bfloat16 buffers call_super_init children clear compile cpu cuda
double dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter
get_submodule half insert ipu items keys load_state_dict modules mtia named_buffers named_children
named_modules named_parameters parameters pop register_backward_hook register_buffer register_forward_hook
register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
share_memory state_dict to to_empty train training type update values xpu zero_grad encode decode
reparameterise to_mean to_log_variance
"""

#: What the emitted text itself means by these names.
RESERVED = frozenset(_RESERVED.split())

#: The attributes of `nn.Module`, `nn.Sequential` and `nn.ModuleDict`, and the methods that are written: a
#: submodule of such a name is refused, or hidden by them.
ATTRIBUTES = frozenset(_ATTRIBUTES.split())


def class_name(name: str) -> str:
    """
    >>> class_name("MelCAE"), class_name("mel cae 2"), class_name("3d net"), class_name("∅")
    ('MelCAE', 'MelCae2', 'Network3dNet', 'Network')
    """
    words = "".join(character if f"a{character}".isidentifier() else " " for character in name).split()
    joined = "".join(word[0].upper() + word[1:] for word in words).lstrip("_")
    joined = (joined if joined.isidentifier() else f"Network{joined}")[:40]
    return f"{joined}Network" if joined in RESERVED or joined in _CLASSES or iskeyword(joined) else joined


_CLASSES = {"Path", "Dataset", "DataLoader", "TensorDataset", "Any"}


def submodule(part: str) -> str:
    """One component of a submodule's path: the spec's, unless torch uses that name itself.

    >>> submodule("down"), submodule("train"), submodule("_modules")
    ('down', 'train_', '_modules_')
    """
    return f"{part}_" if part in ATTRIBUTES or part.startswith("_") else part


class Variables:
    """Gives each value that is read again later a name of its own, from its layer's path."""

    def __init__(self) -> None:
        self.taken = set(RESERVED)

    def new(self, path: str, ending: str = "") -> str:
        """
        >>> names = Variables()
        >>> names.new("encoder.down"), names.new("other.down"), names.new("encoder.0", "_size")
        ('down', 'other_down', 'encoder_0_size')
        """
        parts = path.split(".")
        last = parts[-1]
        short = [last + ending] if last.isidentifier() else []
        whole = "_".join(parts) + ending
        candidates = [*short, whole] if len(whole) <= 40 else short
        for name in [*candidates, *(f"value{number}" for number in range(len(self.taken) + 2))]:
            if name.isidentifier() and not iskeyword(name) and name not in self.taken and len(name) <= 40:
                self.taken.add(name)
                return name
        raise AssertionError("there is always a free name")
