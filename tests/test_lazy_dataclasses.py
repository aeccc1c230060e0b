"""Data classes whose methods are made late: each does what a class of `dataclasses` does."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

import pytest

import mtor_action
from mtor_action import lazy_dataclasses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHAPES = '''
@dataclass(frozen=True, slots=True)
class Frozen:
    """A value."""

    number: int
    text: str = "x"
    parts: tuple[int, ...] = ()

    @property
    def twice(self) -> int:
        return self.number * 2


@dataclass(frozen=True, slots=True)
class One:
    number: int


@dataclass(frozen=True, slots=True)
class Hidden:
    number: int
    apart: object = field(default=None, repr=False, compare=False)


@dataclass(slots=True)
class Changing:
    number: int
    items: list[int] = field(default_factory=list)
    late: int = field(init=False)
    known: int = field(default=7, init=False)
    made: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.late = self.number + 1


@dataclass(slots=True)
class Empty:
    pass
'''


def _classes(module: Any) -> dict[str, Any]:
    """The same source, compiled with the decorators of either module."""
    name = f"shapes_{module.__name__.replace('.', '_')}"
    scope = sys.modules[name] = type(sys)(name)
    scope.__dict__.update(dataclass=module.dataclass, field=module.field)
    exec(compile("from __future__ import annotations\n" + _SHAPES, name, "exec"), vars(scope))
    return vars(scope)


LAZY, REAL = _classes(lazy_dataclasses), _classes(dataclasses)

NAN = float("nan")


class Pair(NamedTuple):
    """No data class: it stays what it is."""

    number: int
    items: list[int]


ACTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "printed": lambda kinds: repr([kinds["Frozen"](1), kinds["Hidden"](1, 2), kinds["Changing"](3), kinds["Empty"]()]),
    "equal": lambda kinds: [kinds["Frozen"](1) == kinds["Frozen"](n) for n in (1, 2)],
    "equal but for what is not compared": lambda kinds: kinds["Hidden"](1, 2) == kinds["Hidden"](1, 3),
    "another class": lambda kinds: [kinds["One"](1) == other for other in (kinds["Hidden"](1), (1,), 1)],
    "hash": lambda kinds: [hash(each) for each in (kinds["Frozen"](1), kinds["One"](5), kinds["Hidden"](2, []))],
    "no hash": lambda kinds: hash(kinds["Changing"](1)),
    "unhashable content": lambda kinds: hash(kinds["One"]([])),
    "missing": lambda kinds: kinds["Frozen"](),
    "too many": lambda kinds: kinds["One"](1, 2),
    "unknown": lambda kinds: kinds["Frozen"](1, other=2),
    "given, but not taken": lambda kinds: kinds["Changing"](1, late=2),
    "by name": lambda kinds: repr(kinds["Frozen"](parts=(1,), number=2)),
    "each its own list": lambda kinds: kinds["Changing"](1).items is not kinds["Changing"](1).items,
    "late": lambda kinds: [getattr(kinds["Changing"](1), name) for name in ("late", "known", "made")],
    "set": lambda kinds: setattr(kinds["Frozen"](1), "number", 2),
    "deleted": lambda kinds: delattr(kinds["Frozen"](1), "number"),
    "changed": lambda kinds: setattr(kinds["Changing"](1), "number", 2),
    "no such attribute": lambda kinds: setattr(kinds["Changing"](1), "other", 2),
    "property": lambda kinds: kinds["Frozen"](4).twice,
    "fields": lambda kinds: [
        (f.name, f.type, f.init, f.repr, f.compare) for f in dataclasses.fields(kinds["Changing"])
    ],
    "as a dictionary": lambda kinds: [dataclasses.asdict(kinds[name](1)) for name in ("Frozen", "Changing")],
    "as a tuple": lambda kinds: dataclasses.astuple(kinds["Frozen"](1)),
    "replaced": lambda kinds: repr(dataclasses.replace(kinds["Frozen"](1), text="y")),
    "is one": lambda kinds: [dataclasses.is_dataclass(kinds["One"]), dataclasses.is_dataclass(kinds["One"](1))],
    "frozen": lambda kinds: [kinds[name].__dataclass_params__.frozen for name in ("One", "Changing")],
    "signature": lambda kinds: [list(inspect.signature(kinds[name]).parameters) for name in ("Frozen", "Changing")],
    "annotations": lambda kinds: kinds["Frozen"].__init__.__annotations__,
    "matched": lambda kinds: [kinds[name].__match_args__ for name in ("Frozen", "Changing", "Empty")],
    "slots": lambda kinds: [kinds[name].__slots__ for name in ("Frozen", "Changing", "Empty")],
    "names": lambda kinds: [(kind.__name__, kind.__qualname__) for kind in (kinds["Frozen"], kinds["Empty"])],
    "docstring": lambda kinds: kinds["Frozen"].__doc__,
    "copied": lambda kinds: repr([copy.copy(kinds["Frozen"](1)), copy.deepcopy(kinds["Changing"](1, [2]))]),
    "pickled": lambda kinds: repr([pickle.loads(pickle.dumps(kinds[n](1))) for n in ("Frozen", "Changing")]),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_it_does_what_a_class_of_dataclasses_does(name: str) -> None:
    assert _outcome(ACTIONS[name], LAZY) == _outcome(ACTIONS[name], REAL)


def _outcome(action: Callable[[dict[str, Any]], object], kinds: dict[str, Any]) -> object:
    try:
        return action(kinds)
    except (TypeError, AttributeError) as error:  # FrozenInstanceError is an AttributeError
        return type(error), str(error)


def test_fields_are_compared_as_tuples_compare_them() -> None:
    one, other = LAZY["One"](NAN), LAZY["One"](NAN)
    assert one == other  # the same object is in both, though it is equal to nothing
    if sys.version_info < (3, 13):  # since then dataclasses compares field by field
        assert REAL["One"](NAN) == REAL["One"](NAN)


def test_a_method_that_was_not_made_yet_is_bound_to_a_class_as_a_function_is() -> None:
    kind = _classes(lazy_dataclasses)["One"]
    bound = vars(kind)["__init__"].__get__(kind, type)  # as inspect.signature does it since Python 3.13
    assert bound.__self__ is kind
    assert list(inspect.signature(kind).parameters) == ["number"]
    assert kind.__init__ is vars(kind)["__init__"]


def test_an_instance_is_replaced_as_dataclasses_does_it() -> None:
    for kinds in (LAZY, REAL):
        value = kinds["Frozen"](1, "a")
        assert (
            lazy_dataclasses.replace(value, text="b") == dataclasses.replace(value, text="b") == kinds["Frozen"](1, "b")
        )
        assert type(lazy_dataclasses.replace(value)) is kinds["Frozen"]
    assert LAZY["Frozen"](1).__replace__(number=2) == LAZY["Frozen"](2)  # what copy.replace calls, since Python 3.13


def test_fields_are_copied_as_dataclasses_does_it() -> None:
    inner = [Pair(1, [2]), ({"k": LAZY["One"](1)},), REAL["One"](3)]
    for kinds in (LAZY, REAL):
        value = kinds["Changing"](1, inner)
        copied = lazy_dataclasses.asdict(value)
        assert copied == dataclasses.asdict(value)
        assert copied["items"][0][1] is not inner[0][1]
        assert lazy_dataclasses.field_names(value) == ("number", "items", "late", "known", "made")
    for other in (1, Pair(1, []), LAZY["One"], LAZY["Empty"]()):
        assert lazy_dataclasses.field_names(other) == ()


class Spot(lazy_dataclasses.NamedTuple):
    """A place."""

    line: int
    column: int = 1
    names: tuple[str, ...] = ()

    @property
    def next_line(self) -> int:
        return self.line + 1


class SpotOfTyping(NamedTuple):
    """A place."""

    line: int
    column: int = 1
    names: tuple[str, ...] = ()

    @property
    def next_line(self) -> int:
        return self.line + 1


def test_a_named_tuple_is_what_typing_makes() -> None:
    made: dict[str, Any] = {"lazy": Spot, "typing": SpotOfTyping}
    spot, typed = made["lazy"](2, names=("a",)), made["typing"](2, names=("a",))
    assert spot == typed == (2, 1, ("a",))
    assert repr(spot) == repr(typed).replace("SpotOfTyping", "Spot")
    assert (spot._asdict(), spot._replace(line=3), spot.next_line) == (typed._asdict(), typed._replace(line=3), 3)
    assert pickle.loads(pickle.dumps(spot)) == copy.copy(spot) == spot
    assert vars(SpotOfTyping).keys() - vars(Spot).keys() == {"__orig_bases__"}
    same = ("_fields", "_field_defaults", "__match_args__", "__doc__", "__module__", "__slots__")
    assert [getattr(Spot, name) for name in same] == [getattr(SpotOfTyping, name) for name in same]
    assert Spot.__mro__[1:] == SpotOfTyping.__mro__[1:]
    assert get_type_hints(Spot) == get_type_hints(SpotOfTyping)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'line'"):
        made["lazy"]()
    with pytest.raises(AttributeError):
        spot.line = 3


def _lazy_classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(mtor_action.__path__, "mtor_action."):
        if not module.name.endswith("__main__"):
            for each in vars(importlib.import_module(module.name)).values():
                if isinstance(each, type) and each.__module__ == module.name and hasattr(each, "__real__"):
                    yield each


def test_every_lazy_class_of_the_action_is_what_dataclasses_makes_of_it() -> None:
    classes = list(_lazy_classes())
    assert len(classes) > 50
    for kind in classes:
        made = kind.__real__  # type: ignore[attr-defined]  # the class of dataclasses
        assert [f.name for f in dataclasses.fields(kind)] == list(kind.__slots__)  # type: ignore[attr-defined]
        assert inspect.signature(kind).parameters.keys() == inspect.signature(made).parameters.keys()
        same = ("__match_args__", "__slots__", "__module__", "__qualname__")
        assert [getattr(kind, name) for name in same] == [getattr(made, name) for name in same]
        assert {name for name in vars(made) if name not in vars(kind)} <= {"__annotations__"}


def test_its_methods_are_made_at_the_first_look_and_not_before() -> None:
    kind = _classes(lazy_dataclasses)["One"]
    assert isinstance(vars(kind)["__init__"], lazy_dataclasses.Later)
    kind(1)
    assert inspect.isfunction(vars(kind)["__init__"])
    assert isinstance(vars(kind)["__repr__"], lazy_dataclasses.Later)


def test_a_class_that_it_cannot_make_is_refused() -> None:
    with pytest.raises(TypeError, match="Below has bases or no slots"):
        lazy_dataclasses.dataclass(frozen=True, slots=True)(type("Below", (LAZY["One"],), {}))
