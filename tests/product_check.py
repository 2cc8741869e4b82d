"""Multiply-accumulates of captured calls, against torch's flop counter: random calls of every function that it counts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from differential import unfused

import shapecalc as sc
from shapecalc.size import at

BATCH = 2
Call = Callable[..., Any]


class Case(NamedTuple):
    """A call, what it is called with beside the batch, and the sizes of a sample."""

    name: str
    call: Call
    weights: tuple[tuple[int, ...], ...]
    sample: tuple[int, ...]


class Calling(torch.nn.Module):
    """One call of torch with parameters."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.call = case.call
        self.weights = torch.nn.ParameterList([torch.rand(sizes) for sizes in case.weights])

    def forward(self, x: torch.Tensor) -> Any:
        return self.call(x, *self.weights)


def macs_of(model: torch.nn.Module, *inputs: torch.Tensor) -> int:
    """Half of what torch's counter counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch says of the flags that the counter needs
        with unfused() as counter:
            model(*inputs)
    return counter.get_total_flops() // 2


def difference(case: Case) -> str | None:
    """What differs, where something does; raises what torch raises."""
    model = Calling(case)
    real = macs_of(model, torch.rand(BATCH, *case.sample))
    traced = sc.trace(sc.from_module(model, input=case.sample))
    if traced.failed is not None:
        return f"{case.name} {case.weights} {case.sample}: {traced.problems[0].message}"
    counts = [step.layer.macs(step.shape_out, *step.shapes_in) for step in traced.steps]
    ours = sum(at(count, {"N": BATCH}) for count in counts)
    return None if ours == real else f"{case.name} {case.weights} {case.sample}: ours {ours}, torch {real}"


def _sizes(random: Random, count: int) -> list[int]:
    return [random.randint(1, 6) for _ in range(count)]


def _matmul(random: Random) -> Case:
    n, m, p, f, g = _sizes(random, 5)
    sample = random.choice(((m,), (n, m), (f, n, m), (f, g, n, m)))
    other = random.choice(((m,), (m, p), (1, m, p), (f, m, p) if len(sample) == 3 else (m, p)))
    call = random.choice((torch.matmul, torch.Tensor.__matmul__, torch.linalg.matmul))
    return Case("matmul", call, (other,), sample)


def _rmatmul(random: Random) -> Case:
    n, m, p, f = _sizes(random, 4)
    sample = random.choice(((m, p), (f, m, p)))
    other = (m,) if random.random() < 0.4 else (n, m)
    return Case("rmatmul", lambda x, w: w @ x, (other,), sample)


def _mm(random: Random) -> Case:
    m, p = _sizes(random, 2)
    name, call = random.choice(
        (
            ("mm", torch.mm),
            ("addmm", lambda x, w: torch.addmm(w[0], x, w)),
            ("addmm by name", lambda x, w: torch.addmm(mat2=w, mat1=x, input=w[:1], beta=0.5)),
            ("Tensor.addmm", lambda x, w: (x @ w).addmm(x, w, alpha=2)),
            ("addmm_", lambda x, w: (x @ w).addmm_(x, w)),
            ("t", lambda x, w: torch.mm(w.t(), x.t())),
        )
    )
    return Case(name, call, ((m, p),), (m,))


def _bmm(random: Random) -> Case:
    n, m, p = _sizes(random, 3)
    name, call = random.choice(
        (
            ("bmm", lambda x, w: torch.bmm(x, w.expand(x.size(0), -1, -1))),
            ("bmm of two", lambda x, w: torch.bmm(x, x.transpose(1, 2))),
            ("baddbmm", lambda x, w: torch.baddbmm(w[:, :1], x, w.expand(len(x), -1, -1))),
            ("baddbmm_", lambda x, w: torch.bmm(x, x.mT).baddbmm_(x, x.mT)),
            ("addbmm", lambda x, w: torch.addbmm(w[0, :1], x, w.expand(len(x), -1, -1))),
            ("addbmm of two", lambda x, w: torch.addbmm(x[0, :, :1], x, x.mT)),
        )
    )
    return Case(name, call, ((1, m, p),), (n, m))


def _vectors(random: Random) -> Case:
    m, p, n = _sizes(random, 3)
    name, call, weights, sample = random.choice(
        (
            ("mv", lambda x, w: torch.mv(x, w), ((m,),), (m,)),
            ("addmv", lambda x, w: torch.addmv(x[:, 0], x, w), ((m,),), (m,)),
            ("outer", lambda x, w: torch.outer(x[0], w), ((p,),), (m,)),
            ("ger", lambda x, w: torch.ger(x[0], w), ((p,),), (m,)),
            ("addr", lambda x, w: torch.addr(x[:1, :1] * 0, x[:, 0], w), ((p,),), (m,)),
            ("dot", lambda x, w: torch.dot(x[0], w), ((m,),), (m,)),
            ("vdot", lambda x, w: torch.vdot(x[0], w), ((m,),), (m,)),
            ("inner", lambda x, w: torch.inner(x[0], w), ((m,),), (m,)),
            ("inner", torch.inner, ((m,),), (m,)),
            ("inner", torch.inner, ((p, m),), (n, m)),
            ("inner", torch.inner, ((n, p, m),), (n, m)),
            ("inner", lambda x, w: torch.inner(w, x), ((n, p, m),), (n, m)),
            ("linalg.vecdot", torch.linalg.vecdot, ((m,),), (n, m)),
            ("kron", torch.kron, ((p, m),), (m,)),
            ("kron", torch.kron, ((p, m, n),), (m, n)),
            ("cross", torch.linalg.cross, ((1, 3),), (3,)),
            ("cosine_similarity", F.cosine_similarity, ((1, m),), (m,)),
        )
    )
    return Case(name, call, weights, sample)


def _tensordot(random: Random) -> Case:
    a, b, c, d = _sizes(random, 4)
    name, call, weights, sample = random.choice(
        (
            ("tensordot 1", lambda x, w: torch.tensordot(x, w, dims=1), ((c, d),), (a, c)),
            ("tensordot 2", torch.tensordot, ((b, c, d),), (a, b, c)),
            ("tensordot axes", lambda x, w: torch.tensordot(x, w, ([1, 3], [0, 2])), ((a, d, c),), (a, b, c)),
            ("tensordot axes", lambda x, w: torch.tensordot(x, w, dims=([-1], [0])), ((c, d),), (a, b, c)),
            (
                "tensordot tensor",
                lambda x, w: torch.tensordot(x, w, torch.tensor([[1], [0]])),
                ((a, d),),
                (a,),
            ),
            ("tensordot 0", lambda x, w: torch.tensordot(x, w, 0), ((c, d),), (a,)),
            ("tensordot by name", lambda x, w: torch.tensordot(b=w, a=x, dims=1), ((c, d),), (a, c)),
        )
    )
    return Case(name, call, weights, sample)


EQUATIONS = (
    ("bi,ij->bj", "ij"), ("bi,ij", "ij"), ("bi,ji->b", "ji"), ("bij,jk->bik", "jk"), ("bij,bjk->bik", None),
    ("bij,jk,kl->bil", "jk kl"), ("bij,jk,kl,lm->bim", "jk kl lm"), ("bi,i->b", "i"), ("bi,i->bi", "i"),
    ("bi,j->bij", "j"), ("bi->b", ""), ("bii->bi", ""), ("bij->bji", ""), ("...ij,jk->...ik", "jk"),
    ("...i,...i", "i"), ("bhid,hdj->bhij", "hdj"), ("bij,ik,jl->bkl", "ik jl"), ("bi,ij,bj->b", "ij BJ"),
    ("bhqd,bhkd->bhqk", None), ("bi,bj,ijk->bk", "BJ ijk"), ("bij,i,j->b", "i j"), ("bij,kj,lk,ml->bim", "kj lk ml"),
    ("bci,cij->bcj", "cij"), ("bij,bij->b", None), ("bij,bij->", None), ("bij,kl->bijkl", "kl"), ("bij,jk->b", "jk"),
    ("ij,bjk->bik", "<ij"), ("bi,oi->bo", "oi"), ("b i, i j -> b j", "ij"), ("bij,jk->k", "jk"), ("zi,ij->zj", "ij"),
    ("bijk,klm->bijlm", "klm"), ("bi,ik,bk->bk", "ik BK"), ("bij,jik->bk", "jik"), ("baa,ac->bc", "ac"),
)  # fmt: skip


def _einsum(random: Random) -> Case:
    equation, words = random.choice(EQUATIONS)
    letters = {letter: random.randint(1, 6) for letter in "abcdefghijklmopqrstuvwxyz"} | {
        "b": BATCH,
        "z": BATCH,
    }
    given = equation.replace(" ", "").partition("->")[0].split(",")
    if words is None:  # with itself, of a square where it must be
        word = given[0]
        sizes = tuple(letters["i" if letter not in "bh" else letter] for letter in word[1:])
        return Case(equation, lambda x: torch.einsum(equation, x, x), (), sizes)
    others = [word for word in words.split() if word.islower() and not word.startswith("<")]
    at_front = words.startswith("<")
    first = given[1] if at_front else given[0]
    lead = {"...ij": (3,), "...i": (2, 3)}.get(first, ())
    letter_text = first.replace("...", "")
    sample = (*lead, *(letters[letter] for letter in letter_text))
    sample = sample if first.startswith("...") else sample[1:]
    weights = tuple(
        tuple(letters[letter] for letter in word) for word in ([words[1:]] if at_front else others)
    )

    def call(x: torch.Tensor, *w: torch.Tensor) -> torch.Tensor:
        if at_front:
            return torch.einsum(equation, w[0], x)
        left, operands = list(w), [x]
        for word in words.split():
            if word.islower():
                operands.append(left.pop(0))
            else:
                operands.append(x.new_ones(x.size(0), letters[word[1].lower()]))
        return torch.einsum(equation, *operands)

    if random.random() < 0.2:
        return Case(f"einsum {equation} in a list", lambda x, *w: call(x, *w), weights, sample)
    return Case(f"einsum {equation}", call, weights, sample)


def _convolution(random: Random) -> Case:
    rank = random.randint(1, 3)
    groups, each, out = random.choice((1, 1, 2)), random.randint(1, 3), random.randint(1, 3)
    kernel = tuple(random.randint(1, 3) for _ in range(rank))
    sizes = tuple(random.randint(4, 8) for _ in range(rank))
    stride, padding = random.randint(1, 2), random.randint(0, 1)
    more: dict[str, Any] = {"stride": stride, "padding": padding, "groups": groups}
    if random.random() < 0.5:
        conv = getattr(F, f"conv{rank}d")
        weight: tuple[int, ...] = (out * groups, each, *kernel)
        dilated = {**more, "dilation": random.randint(1, 2)}
        if random.random() < 0.3:
            dilated |= {"padding": "same", "stride": 1}
        return Case(f"conv{rank}d", lambda x, w: conv(x, w, **dilated), (weight,), (each * groups, *sizes))
    conv = getattr(F, f"conv_transpose{rank}d")
    weight = (each * groups, out, *kernel)
    return Case(f"conv_transpose{rank}d", lambda x, w: conv(x, w, **more), (weight,), (each * groups, *sizes))


def _layers(random: Random) -> Case:
    m, n, p, q = _sizes(random, 4)
    name, call, weights, sample = random.choice(
        (
            ("linear", F.linear, ((p, m),), (n, m)),
            ("linear with bias", F.linear, ((p, m), (p,)), (m,)),
            ("linear of a vector", F.linear, ((m,),), (n, m)),
            ("cdist", lambda x: torch.cdist(x, x), (), (n, m)),
            ("cdist", lambda x: torch.cdist(x, x), (), (30, m)),
            ("cdist", lambda x, w: torch.cdist(x, w, p=1.0), ((q, m),), (30, m)),
            ("cdist", lambda x, w: torch.cdist(x, w), ((40, m),), (n, m)),
            ("pdist", F.pdist, (), (m,)),
            ("embedding", lambda x, w: F.embedding((x * 0).long(), w), ((p, m),), (n,)),
            ("cov", lambda x: torch.cov(x), (), (m,)),
            ("corrcoef", lambda x: torch.corrcoef(x), (), (m,)),
            (
                "rnn cell",
                lambda x, w, u: torch.rnn_tanh_cell(x, x[:, :1].expand(-1, p), w, u),
                ((p, m), (p, p)),
                (m,),
            ),
            (
                "gru cell",
                lambda x, w, u: torch.gru_cell(x, x[:, :1].expand(-1, p), w, u),
                ((3 * p, m), (3 * p, p)),
                (m,),
            ),
        )
    )
    return Case(name, call, weights, sample)


def _chain(random: Random) -> Case:
    count = random.randint(1, 5)
    sizes = [random.randint(1, 9) for _ in range(count + 1)]
    weights: tuple[tuple[int, ...], ...] = tuple(pairwise(sizes))
    if random.random() < 0.3:
        weights = (*weights[:-1], weights[-1][:1])
    if random.random() < 0.2 and len(weights[-1]) == 2:
        return Case("chain_matmul", torch.chain_matmul, weights, (sizes[0],))
    if random.random() < 0.2:
        return Case(
            "multi_dot of a row", lambda x, *w: torch.linalg.multi_dot([x[0], *w]), weights, (sizes[0],)
        )
    return Case("multi_dot", lambda x, *w: torch.linalg.multi_dot([x, *w]), weights, (sizes[0],))


def _power(random: Random) -> Case:
    n, power = random.randint(1, 5), random.randint(-3, 12)
    call = random.choice((torch.matrix_power, torch.linalg.matrix_power))
    name = f"matrix_power {power}"
    sample = random.choice(((n, n), (2, n, n)))
    return Case(name, lambda x: call(x + torch.eye(n), power), (), sample)


def _attention(random: Random) -> Case:
    heads, length, width = random.randint(1, 3), random.randint(1, 5), random.randint(1, 4)
    attend = F.scaled_dot_product_attention
    other = (1, heads, random.randint(1, 6), width)
    name, call, weights, sample = random.choice(
        (
            ("sdpa", lambda x: attend(x, x, x), (), (heads, length, width)),
            ("sdpa causal", lambda x: attend(x, x, x, is_causal=True), (), (heads, length, width)),
            ("sdpa by name", lambda x: attend(value=x, key=x, query=x), (), (length, width)),
            ("sdpa of another", lambda x, w: attend(x, w, w), (other,), (heads, length, width)),
            ("sdpa order", lambda x, w: attend(value=w, key=w, query=x), (other,), (heads, length, width)),
            ("sdpa mask", lambda x, w: attend(x, x, x, w), ((length, length),), (heads, length, width)),
            ("sdpa values", lambda x, w: attend(x, w, w[..., :1]), (other,), (heads, length, width)),
            (
                "sdpa grouped",
                lambda x: attend(x.repeat(1, 2, 1, 1), x, x, enable_gqa=True),
                (),
                (heads, length, width),
            ),
        )
    )
    return Case(name, call, weights, sample)


def _heads(random: Random) -> Case:
    heads, width, batch = random.randint(1, 3), 6, random.randint(1, 3)
    extra = random.choice(("", "", "bias_kv", "zero"))
    weighed, biased = random.random() < 0.5, random.random() < 0.7
    cross = random.random() < 0.4
    separate = random.random() < 0.3
    weights: tuple[tuple[int, ...], ...] = (
        (3 * width, width),
        (width, width),
        (3 * width,),
        (width,),
        (1, 1, width),
    )
    source = (3, batch, width)

    def call(x: torch.Tensor, into: Any, out: Any, bias: Any, out_bias: Any, more: Any, other: Any) -> Any:
        key = other if cross else x
        q, k, v = (part.clone() for part in into.chunk(3))
        return F.multi_head_attention_forward(
            x, key, key, width, heads,
            None if separate else into, bias if biased else None,
            more if extra == "bias_kv" else None, more if extra == "bias_kv" else None,
            extra == "zero", 0.0, out, out_bias if biased else None,
            need_weights=weighed,
            **({"use_separate_proj_weight": True, "q_proj_weight": q, "k_proj_weight": k, "v_proj_weight": v}
               if separate else {}),
        )[0]  # fmt: skip

    return Case(f"multi_head_attention_forward {extra} {separate}", call, (*weights, source), (batch, width))


DRAWS = (
    _matmul, _rmatmul, _mm, _bmm, _vectors, _tensordot, _einsum, _einsum, _convolution, _layers, _chain, _power,
    _attention, _heads,
)  # fmt: skip


def run_all(count: int, seed: int) -> tuple[int, list[str]]:
    """So many calls of each sort: how many were compared, and what differs."""
    torch.set_num_threads(1)
    compared, differences = 0, list[str]()
    random = Random(f"{seed} products")
    for draw in DRAWS * count:
        case = draw(random)
        try:
            found = difference(case)
        except (RuntimeError, IndexError, ValueError):
            continue
        compared += 1
        differences += [found] if found else []
    return compared, differences


if __name__ == "__main__":
    import sys

    number, wrong = run_all(int(sys.argv[1]), int(sys.argv[2]))
    print(f"{number} calls compared, {len(wrong)} differ")
    print("\n".join(sorted(wrong)[:60]))
