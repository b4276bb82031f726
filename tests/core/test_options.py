"""Fields of a dataclass are checked by what their options and types say."""

from dataclasses import dataclass

import pytest

from asvae.checks import InvalidArgumentError, option, refuse, validate_fields


def even(value):
    if value % 2:
        refuse("pairs", value, "an even number")


@dataclass(frozen=True)
class Options:
    """One field of every kind that is checked."""

    name: str = option(choices=("a", "b"))
    names: tuple[str, ...] = option(choices=("a", "b"))
    count: int = option(low=1)
    limit: int | None = option(low=1)
    sizes: tuple[int, ...] = option(low=1)
    share: float = option(low=0.0, high=1.0)
    switch: bool = option()
    pairs: int = option(check=even)
    free: str | None = option(None)

    def __post_init__(self):
        validate_fields(self)


GOOD = {
    "name": "a",
    "names": ["b", "a"],
    "count": 1,
    "limit": None,
    "sizes": [1, 2],
    "share": 1,
    "switch": True,
    "pairs": 2,
}


def test_good_values_pass_and_take_their_types():
    options = Options(**GOOD)
    assert (options.names, options.sizes, options.share) == (("b", "a"), (1, 2), 1.0)
    assert isinstance(options.share, float)
    assert options.limit is options.free is None
    assert Options(**GOOD | {"limit": 3}).limit == 3


def test_a_field_without_a_default_must_be_given():
    with pytest.raises(TypeError, match="name"):
        Options(**{key: value for key, value in GOOD.items() if key != "name"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "c"}, "name: got 'c'; allowed: 'a', 'b'"),
        ({"names": "a"}, "names: got 'a'; allowed: a non-empty list without repeats of 'a', 'b'"),
        ({"names": []}, "names: got []; allowed: a non-empty list without repeats of 'a', 'b'"),
        ({"names": ["a", "a"]}, "names: got ['a', 'a']; allowed: a non-empty list without repeats of 'a', 'b'"),
        ({"names": ["c"]}, "names: got 'c'; allowed: 'a', 'b'"),
        ({"count": 0}, "count: got 0; allowed: a whole number from 1 up"),
        ({"count": None}, "count: got None; allowed: a whole number from 1 up"),
        ({"limit": 0}, "limit: got 0; allowed: a whole number from 1 up"),
        ({"limit": True}, "limit: got True; allowed: a whole number from 1 up"),
        ({"sizes": [0]}, "sizes: got 0; allowed: a whole number from 1 up"),
        ({"share": 1.5}, "share: got 1.5; allowed: a number at least 0 and at most 1"),
        ({"switch": 1}, "switch: got 1; allowed: True or False"),
        ({"pairs": 3}, "pairs: got 3; allowed: an even number"),
    ],
)
def test_a_bad_value_is_one_sentence_of_argument_value_and_what_is_allowed(change, says):
    with pytest.raises(InvalidArgumentError) as refused:
        Options(**GOOD | change)
    assert str(refused.value).startswith(says)
