"""Data classes whose methods are made at their first use, and named tuples made without reading their types.

`dataclasses` writes six methods of each class as source and compiles them, 0.6 ms a class, and takes 7 ms to be
imported. A green run has sixty such classes, makes instances of half, compares few and prints none. Of the 0.16 ms that
`typing` takes for a named tuple, two thirds go into compiling the annotation of each field; a green run has seventy.
"""

from __future__ import annotations

import sys
from collections import namedtuple
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from dataclasses import asdict, dataclass, field, replace
    from typing import NamedTuple
else:

    class _NamedTupleType(type):
        """Makes what `typing.NamedTuple` makes; annotations stay the strings that they are in every module of ours."""

        def __new__(cls, name: str, bases: tuple[type, ...], contents: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, contents)
            fields = contents.pop("__annotations__")
            defaults = [contents.pop(field) for field in list(fields) if field in contents]
            made = namedtuple(name, fields, defaults=defaults, module=contents.pop("__module__"))  # noqa: PYI024
            made.__annotations__ = made.__new__.__annotations__ = fields
            for attribute, value in contents.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_NamedTupleType):
        """The base of named tuples, as in `typing`."""


__all__ = ["NamedTuple", "asdict", "dataclass", "field", "replace"]

_MISSING = object()
_NO_ARGUMENT = object()
# What nobody needs in a run: it is taken from the class that `dataclasses` makes.
_RARE = ("__repr__", "__dataclass_fields__", "__dataclass_params__")


class FieldSettings(NamedTuple):
    """What `dataclasses.field` takes, as far as it is used here."""

    default: Any = _MISSING
    default_factory: Any = _MISSING
    init: bool = True
    repr: bool = True
    compare: bool = True


class Later:
    """A class attribute that is made at the first look at it."""

    __slots__ = ("_make", "_name", "_owner")

    def __init__(self, make: Callable[[Any, str], Any]) -> None:
        self._make = make  # from the class and the attribute's name

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: object, owner: type) -> Any:
        """Put what is made in this one's place; a function is bound to the instance as ever.

        The instance may be the class itself: `inspect.signature` binds `__init__` to it since Python 3.13.
        """
        made = self._make(self._owner, self._name)
        setattr(self._owner, self._name, made)
        return made.__get__(instance, owner) if hasattr(type(made), "__get__") else made


def lazy_dataclass(*, frozen: bool = False, slots: bool = False) -> Callable[[type], type]:
    """Make of a class without bases what `dataclasses.dataclass` makes of it with the same arguments."""

    def make(template: type) -> type:
        if not slots or template.__bases__ != (object,):
            raise TypeError(f"{template.__qualname__} has bases or no slots, expected @dataclass of dataclasses for it")
        return _made(template, frozen=frozen)

    return make


def lazy_replace(instance: Any, /, **changes: Any) -> Any:
    """Return a copy with other values, as `dataclasses.replace` does."""
    kept = {name: getattr(instance, name) for name in type(instance).__match_args__ if name not in changes}
    return type(instance)(**kept, **changes)


def lazy_asdict(instance: Any) -> dict[str, Any]:
    """Return the fields by name, as `dataclasses.asdict` does: with copies of the lists and dictionaries in them."""
    return {name: _copied(getattr(instance, name)) for name in field_names(instance)}


def field_names(value: object) -> tuple[str, ...]:
    """Return the names of a data class's fields; none of anything else. Nothing is made for that."""
    kind = type(value)
    if "__real__" in vars(kind):
        names: tuple[str, ...] = kind.__slots__  # type: ignore[attr-defined]  # each lazy class has them
        return names
    return tuple(getattr(kind, "__dataclass_fields__", ()))


def _copied(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        items = [_copied(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return type(value)((_copied(key), _copied(item)) for key, item in value.items())
    return lazy_asdict(value) if field_names(value) else value


def _made(template: type, *, frozen: bool) -> type:
    contents = dict(vars(template))
    fields = {name: _settings(contents.pop(name, _MISSING)) for name in template.__annotations__}
    for name in ("__dict__", "__weakref__"):
        contents.pop(name, None)
    made = {
        "__init__": Later(lambda _, __: _init(template, fields, frozen=frozen)),
        "__real__": Later(lambda _, __: _real(template, fields, frozen=frozen)),
        **{name: Later(lambda owner, name: getattr(owner.__real__, name)) for name in _RARE},
        **_comparison([name for name, settings in fields.items() if settings.compare], frozen=frozen),
        **(_FROZEN if frozen else {}),
        "__match_args__": tuple(name for name, settings in fields.items() if settings.init),
        "__replace__": lazy_replace,  # for `copy.replace`, since Python 3.13
    }
    contents = {**made, **contents, "__slots__": tuple(fields), "__qualname__": template.__qualname__}
    return type(template.__name__, (), contents)


def _settings(default: Any) -> FieldSettings:
    return default if isinstance(default, FieldSettings) else FieldSettings(default)


def _comparison(names: list[str], *, frozen: bool) -> dict[str, Any]:
    """Return `__eq__`, by the class and these fields, and a `__hash__` that agrees with it where they never change."""
    key: Callable[[Any], Any]
    key = attrgetter(*names) if len(names) > 1 else lambda instance: [getattr(instance, name) for name in names]

    def equals(self: object, other: object) -> Any:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(tuple(key(self)))

    return {"__eq__": equals, "__hash__": hashed if frozen else None}


def _init(template: type, fields: Mapping[str, FieldSettings], *, frozen: bool) -> Callable[..., None]:
    """Return the class's `__init__`, compiled from source, as calling a general one takes three times as long."""
    parameters, lines, known = ["self"], ["pass"], {"_set": object.__setattr__, "_no_argument": _NO_ARGUMENT}
    for name, settings in fields.items():
        value = name
        if settings.default_factory is not _MISSING:
            known[f"_new_{name}"] = settings.default_factory
            parameters += [f"{name}=_no_argument"] * settings.init
            value = f"_new_{name}()" + f" if {name} is _no_argument else {name}" * settings.init
        elif settings.default is not _MISSING:
            known[f"_default_{name}"] = settings.default
            parameters += [f"{name}=_default_{name}"] * settings.init
            value = name if settings.init else f"_default_{name}"
        elif settings.init:
            parameters.append(name)
        else:
            continue
        lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if "__post_init__" in vars(template):
        lines.append("self.__post_init__()")
    body = "\n  ".join(lines)
    source = f"def make({', '.join(known)}):\n def __init__({', '.join(parameters)}):\n  {body}\n return __init__"
    scope: dict[str, Any] = {}
    exec(source, vars(sys.modules[template.__module__]), scope)  # noqa: S102  names of fields, as dataclasses does it
    init: Callable[..., None] = scope["make"](**known)
    init.__qualname__ = f"{template.__qualname__}.__init__"
    init.__annotations__ = {**{n: a for n, a in template.__annotations__.items() if fields[n].init}, "return": None}
    return init


def _real(template: type, fields: Mapping[str, FieldSettings], *, frozen: bool) -> type:
    """Return the class as `dataclasses` makes it."""
    import dataclasses

    contents = dict(vars(template))
    for name, settings in fields.items():
        changed = {key: value for key, value in settings._asdict().items() if value is not _MISSING}
        contents[name] = dataclasses.field(**changed)
    return dataclasses.dataclass(frozen=frozen, slots=True)(type(template.__name__, (), contents))


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__slots__]


def _set_state(self: Any, state: Iterable[Any]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)


def _refuse_to_set(_self: object, name: str, _value: object) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


# As `dataclasses` does it, a copy and a pickle of a frozen instance go past the `__setattr__` that refuses.
_FROZEN = {
    "__getstate__": _state,
    "__setstate__": _set_state,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
}

if not TYPE_CHECKING:
    asdict, dataclass, field, replace = lazy_asdict, lazy_dataclass, FieldSettings, lazy_replace
