"""Resizing by interpolation: `Upsample`, its two 2d forms, and the function `interpolate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ..arguments import Bool
from ..layer import AXES, KINDS, Field, Layer, Needs, Shape
from ..problem import BAD_ARGUMENT, EMPTY_OUTPUT, MODE, WRONG_RANK, ShapeError, refusal
from ..reading import Chain, windowed
from ..saving import NOTHING, Saved
from ..size import Size, quotient
from ..sorts import Choice, Flag, Numbers
from ..window import Pick
from ._axes import many
from ._mirrors import one
from ._refusals import wrong_rank
from ._sampling import ANTIALIASED, RANKS, SMOOTH, Sampling
from ._scale import Scales, scaled

if TYPE_CHECKING:
    from random import Random

OutputSize = Annotated["int | tuple[int, ...] | None", Numbers(high=7, most=4, optional=True)]
ScaleFactor = Annotated["float | tuple[float, ...] | None", Scales()]
UpsampleMode = Annotated[str, Choice(*(mode for mode in RANKS if mode != "lanczos"))]
InterpolateMode = Annotated[str, Choice(*RANKS)]
OptionalBool = Annotated["bool | None", Flag(optional=True)]


class _Resize(Layer, abstract=True):
    """The rule of `torch.nn.functional.interpolate`, by which all kinds of this family run."""

    size: OutputSize = None
    scale_factor: ScaleFactor = None
    mode: UpsampleMode = "nearest"
    align_corners: OptionalBool = None
    recompute_scale_factor: OptionalBool = None
    antialias = False

    @property
    def scale(self) -> float | tuple[float, ...] | None:
        """The scale factor that takes effect."""
        return self.scale_factor

    def check_arguments(self) -> None:
        """Refuse arguments that no input can mend."""
        if self.size is None and self.scale is None:
            raise refusal(BAD_ARGUMENT, "neither `size` nor `scale_factor` is given", argument="scale_factor")
        if self.size is not None and self.scale is not None:
            raise refusal(
                BAD_ARGUMENT,
                "`size` and `scale_factor` are both given",
                note="torch takes one or the other",
                argument="scale_factor",
                repairs=({"scale_factor": None}, {"size": None}),
            )
        self._check_mode(self.size is not None)

    def _check_mode(self, sized: bool) -> None:
        if self.align_corners is not None and self.mode not in SMOOTH:
            raise refusal(
                MODE,
                f"align_corners={self.align_corners} has no meaning with mode='{self.mode}'",
                note="it goes with linear, bilinear, bicubic and trilinear",
                argument="align_corners",
                repairs=({"align_corners": None},),
            )
        if self.recompute_scale_factor and sized:
            raise refusal(
                BAD_ARGUMENT,
                "recompute_scale_factor=True has no meaning with an explicit size",
                argument="recompute_scale_factor",
                repairs=({"recompute_scale_factor": None},),
            )
        if self.antialias and self.mode not in ANTIALIASED:
            raise refusal(
                MODE,
                f"antialias=True does not go with mode='{self.mode}'",
                note="it goes with bilinear, bicubic and lanczos",
                argument="antialias",
                repairs=({"antialias": False},),
            )
        if self.mode == "lanczos" and (self.align_corners or not self.antialias):
            raise refusal(
                MODE,
                "mode='lanczos' needs antialias=True and not align_corners=True",
                argument="mode",
                repairs=({"antialias": True, "align_corners": None},),
            )

    def shape(self, need: Needs, x: Shape) -> Shape:
        self._check_rank(x)
        rank = len(x) - 2
        if self.size is not None:
            return self._resized(need, x, self._spread("size", self.size, rank))
        scales = self._spread("scale_factor", self.scale, rank)
        return self._resized(need, x, tuple([scaled(size, scale) for size, scale in zip(x[2:], scales)]))

    def _check_rank(self, x: Shape) -> None:
        if len(x) - 2 not in AXES:
            raise wrong_rank(self, x, "3, 4 or 5 (batch, channels, spatial axes)")
        if len(x) - 2 not in RANKS[self.mode]:
            fitting = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(x) - 2]
            raise refusal(
                MODE,
                f"mode='{self.mode}' takes {RANKS[self.mode][0] + 2} axes, and the input has {len(x)}",
                argument="mode",
                repairs=({"mode": fitting}, {"mode": "nearest", "align_corners": None}),
            )

    def _spread(self, name: str, value: Any, rank: int) -> tuple[Any, ...]:
        """The value of `name` for each spatial axis."""
        if not isinstance(value, tuple):
            return (value,) * rank
        if len(value) == rank:
            return value
        axes = many(rank, "spatial axis", "spatial axes")
        text = f"{name} {value} gives {many(len(value), 'number', 'numbers')}, and the input has {axes}"
        raise refusal(WRONG_RANK, text, argument=name)

    def _resized(self, need: Needs, x: Shape, sizes: Shape) -> Shape:
        for axis, size in enumerate(sizes):
            if (runs := size >= 1) is not True:
                need(runs, lambda axis=axis: self._emptied(axis, x, sizes[axis]))  # type: ignore[misc]
        return (*x[:2], *sizes)

    def mirror(self, taken: Shape, made: Shape, style: str = "transpose") -> tuple[Layer, ...] | None:
        """Averaged over whole windows where it grew by whole factors, else to the size that was."""
        sizes, places, rank = taken[2:], made[2:], len(taken) - 2
        if sizes == places:
            return ()
        factors = [quotient(number, size) for size, number in zip(sizes, places)]
        whole = [factor for factor in factors if isinstance(factor, int)]
        if len(whole) == rank:
            return (KINDS[f"AvgPool{rank}d"](one(whole)),)
        if not all(isinstance(size, int) for size in sizes):
            return (KINDS["Interpolate"](),)
        return (KINDS[f"AdaptiveAvgPool{rank}d"](one([int(size) for size in sizes])),)

    def slides(self, out: Shape, *inputs: Shape) -> tuple[Pick, ...]:
        sizes, numbers = inputs[0][2:], out[2:]
        given = None if self.recompute_scale_factor else self.scale
        scales = self._spread("scale_factor", given, len(sizes))
        sampling = Sampling(self.mode, len(sizes), bool(self.align_corners), self.antialias)
        return tuple(sampling.windows(*axis) for axis in zip(sizes, numbers, scales))

    def reads(self, out: Shape, *inputs: Shape) -> tuple[Chain, ...]:
        return windowed(inputs[0], out, self.slides(out, *inputs)), *(None,) * (len(inputs) - 1)

    def saved(self, out: Shape, *inputs: Shape) -> Saved | None:
        """Nothing but sizes; the mode "area" is an adaptive pool."""
        if self.mode == "area":
            from .adaptive import averaged_from

            return averaged_from(out[2:])
        return NOTHING

    def _emptied(self, axis: int, x: Shape, size: Size) -> ShapeError:
        rank = len(x) - 2
        name = AXES[rank][axis]
        if self.scale is None:
            return refusal(
                EMPTY_OUTPUT, f"{name} would become {size}, and must be at least 1", argument="size"
            )
        scale = self._spread("scale_factor", self.scale, rank)[axis]
        return refusal(
            EMPTY_OUTPUT,
            f"scale_factor {scale} leaves nothing of {name} {x[2 + axis]}",
            note=f"{name} floor({x[2 + axis]} * {scale}) = {size}, and must be at least 1",
            argument="scale_factor",
        )

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        rank = len(out) - 2
        if self.scale is None:
            return tuple(f"{name} {size}, as `size` says" for name, size in zip(AXES[rank], out[2:]))
        scales = self._spread("scale_factor", self.scale, rank)
        axes = zip(AXES[rank], inputs[0][2:], scales, out[2:])
        return tuple(f"{name} floor({size} * {scale}) = {result}" for name, size, scale, result in axes)

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        axes = random.choice((3, 4, 4, 4, 5) if random.random() < 0.95 else (2, 6))
        return ((2, random.randint(1, 4), *(random.randint(1, 9) for _ in range(axes - 2))),)

    @classmethod
    def sample_fitting(
        cls, random: Random, inputs: tuple[Shape, ...], arguments: dict[str, Any]
    ) -> tuple[Shape, ...]:
        """Mostly either `size` or `scale_factor`, with as many numbers as axes, and a mode that fits."""
        rank = len(inputs[0]) - 2
        if random.random() < 0.85:
            unwanted = random.choice(("size", "scale_factor"))
            wanted = "size" if unwanted == "scale_factor" else "scale_factor"
            arguments.pop(unwanted, None)
            arguments[wanted] = arguments.get(wanted) or random.choice((1, 2, 3))
            if len(inputs) > 1:
                arguments.pop(wanted)
            elif isinstance(arguments[wanted], tuple):
                arguments[wanted] = (arguments[wanted] * 3)[:rank]
        modes = [mode for mode in RANKS if rank in RANKS[mode] and mode != "lanczos"]
        if "mode" in arguments and modes and random.random() < 0.8:
            arguments["mode"] = random.choice(modes)
        if random.random() < 0.8:
            smooth = arguments.get("mode", cls.mode) in SMOOTH
            arguments.update({} if smooth else dict.fromkeys({"align_corners"} & arguments.keys()))
            arguments.update(
                dict.fromkeys({"recompute_scale_factor"} & arguments.keys()) if "size" in arguments else {}
            )
            arguments.update(dict.fromkeys({"antialias"} & arguments.keys(), smooth and rank == 2))
        return inputs


class Upsample(_Resize):
    """`torch.nn.Upsample`: (N, C, L), (N, C, H, W) or (N, C, D, H, W), each spatial axis resized.

    Axis' = size, or floor(axis * scale_factor) in double precision
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html, Shape). A `scale_factor` of
    plain 0 counts as none, as torch's constructor has it.
    """

    @property
    def scale(self) -> float | tuple[float, ...] | None:
        return self.scale_factor if isinstance(self.scale_factor, tuple) else self.scale_factor or None

    def validate(self) -> None:
        self.check_arguments()


_SIZE_AND_SCALE = {name: Upsample.fields[name] for name in ("size", "scale_factor")}


class UpsamplingNearest2d(Upsample):
    """`torch.nn.UpsamplingNearest2d`: `Upsample` with mode='nearest'.

    Torch runs it on 3 and 5 axes, too
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html).
    """

    fields: ClassVar[dict[str, Field]] = _SIZE_AND_SCALE


class UpsamplingBilinear2d(Upsample):
    """`torch.nn.UpsamplingBilinear2d`: `Upsample` with mode='bilinear' and align_corners=True.

    (https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html)
    """

    fields: ClassVar[dict[str, Field]] = _SIZE_AND_SCALE
    mode = "bilinear"
    align_corners = True


class Interpolate(_Resize):
    """`torch.nn.functional.interpolate`: each spatial axis resized as in `Upsample`.

    With a second input, `like`, its spatial size is taken: `Interpolate(mode='bilinear')` from
    (2, 8, 5, 5) and (2, 4, 10, 11) gives (2, 8, 10, 11)
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html).
    """

    inputs = ("input", "like")
    optional_inputs = 1
    functional = True

    size: OutputSize = None
    scale_factor: ScaleFactor = None
    mode: InterpolateMode = "nearest"
    align_corners: OptionalBool = None
    recompute_scale_factor: OptionalBool = None
    antialias: Bool = False

    def shape(self, need: Needs, x: Shape, like: Shape | None = None) -> Shape:
        if like is None:
            self.check_arguments()
            return super().shape(need, x)
        for name in ("size", "scale_factor"):
            if self.__dict__[name] is not None:
                raise refusal(
                    BAD_ARGUMENT,
                    f"`{name}` is given, and so is an input to take the size from",
                    argument=name,
                    repairs=({name: None},),
                )
        self._check_mode(sized=True)
        self._check_rank(x)
        if len(like) != len(x):
            raise refusal(WRONG_RANK, f"input has {len(x)} axes, and the input to be like has {len(like)}")
        return self._resized(need, x, like[2:])

    def arithmetic(self, out: Shape, *inputs: Shape) -> tuple[str, ...]:
        if len(inputs) == 1:
            return super().arithmetic(out, *inputs)
        return tuple(
            f"{name} {size}, as the second input has" for name, size in zip(AXES[len(out) - 2], out[2:])
        )

    def expression(self, *inputs: str) -> str:
        arguments = repr(self)[len("Interpolate(") : -1]
        size = f"size={inputs[1]}.shape[2:]" if len(inputs) > 1 else ""
        return f"F.interpolate({', '.join(filter(None, (inputs[0], size, arguments)))})"

    @classmethod
    def sample_inputs(cls, random: Random) -> tuple[Shape, ...]:
        (x,) = super().sample_inputs(random)
        if random.random() < 0.6:
            return (x,)
        rank = len(x) if random.random() < 0.9 else random.choice((2, 3, 4, 5))
        return (x, (2, 3, *(random.randint(1, 9) for _ in range(rank - 2))))
