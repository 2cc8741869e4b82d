"""The divisors of a number, by trial division."""

from __future__ import annotations

from .staircase import SizeLimit

PRIMES = 10**6
"""Divisors are found by trial division up to here; what is left must be 1 or below its square."""


def divisors(number: int) -> list[int]:
    """The positive divisors, ascending.

    >>> divisors(-12)
    [1, 2, 3, 4, 6, 12]
    """
    left, found, prime = abs(number), [1], 2
    while prime * prime <= left:
        if prime > PRIMES:
            raise SizeLimit(
                f"the divisors of {number} are not looked for: it has two prime factors over {PRIMES}"
            )
        power = 1
        powers = [1]
        while left % prime == 0:
            left //= prime
            power *= prime
            powers.append(power)
        found = [d * p for d in found for p in powers]
        prime += 1 if prime == 2 else 2
    if left > 1:
        found = [d * p for d in found for p in (1, left)]
    return sorted(found)
