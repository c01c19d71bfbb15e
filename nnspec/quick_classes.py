"""`dataclass` for the classes that every `check` makes at its start.

The standard decorator compiles six methods for a frozen class, which takes half a millisecond, and there are a hundred
such classes: a quarter of a check. Here `__init__` alone is compiled; the others are the same for all. Type checkers
see the standard one; a class that is not frozen, or that has bases which are dataclasses, gets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import sys
    from dataclasses import MISSING, FrozenInstanceError, fields
    from dataclasses import dataclass as standard
    from functools import cache
    from operator import attrgetter

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False, **options):
        """As `dataclasses.dataclass`."""

        def made(cls):
            derived = any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__[1:])
            if derived or options or not frozen:
                return standard(frozen=frozen, slots=slots, kw_only=kw_only, **options)(cls)
            given = vars(cls).keys() & METHODS.keys()
            cls.__doc__ = cls.__doc__ or cls.__name__  # which the standard one would look a signature up for
            cls = standard(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            for name in METHODS.keys() - given:
                setattr(cls, name, METHODS[name])
            cls.__init__ = _init(cls)
            cls.__dataclass_params__.frozen = True  # for classes that derive from it
            return cls

        return made if cls is None else made(cls)

    def _init(cls):
        """The one method that is compiled, for it is called often and its signature is looked at."""
        known = {"set_": object.__setattr__, "MISSING": MISSING}
        places, named, body = ["self"], [], []
        slots = vars(cls).get("__slots__", ())
        for one in fields(cls):
            value, default = one.name, ""
            if one.default_factory is not MISSING:
                known[f"make_{one.name}"] = one.default_factory
                value, default = f"make_{one.name}() if {one.name} is MISSING else {one.name}", "=MISSING"
            elif one.default is not MISSING:
                known[f"default_{one.name}"] = one.default
                default = f"=default_{one.name}"
            (named if one.kw_only else places).append(one.name + default)
            if one.name in slots:
                known[f"set_{one.name}"] = vars(cls)[one.name].__set__  # half again as quick
                body.append(f"set_{one.name}(self, {value})")
            else:
                body.append(f"set_(self, {one.name!r}, {value})")
        if hasattr(cls, "__post_init__"):
            body.append("self.__post_init__()")
        arguments = ", ".join([*places, *(["*", *named] if named else [])])
        text = f" def __init__({arguments}):\n  " + "\n  ".join(body or ["pass"])
        home, made = sys.modules[cls.__module__], {}
        exec(f"def make({', '.join(known)}):\n{text}\n return __init__", vars(home), made)
        init = made["make"](**known)
        init.__qualname__ = f"{cls.__qualname__}.__init__"
        init.__annotations__ = {one.name: one.type for one in fields(cls)} | {"return": None}
        return init

    @cache
    def _values(cls):
        """What gives the values that an object of the class is compared by."""
        names = [one.name for one in fields(cls) if one.compare]
        return attrgetter(*names) if len(names) > 1 else lambda one: tuple([getattr(one, name) for name in names])

    def _eq(self, other):
        cls = type(self)
        return NotImplemented if cls is not type(other) else (values := _values(cls))(self) == values(other)

    def _hash(self):
        return hash(_values(type(self))(self))

    def _repr(self):
        shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
        return f"{type(self).__qualname__}({shown})"

    def _refuse_to_set(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_to_delete(self, name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self):
        return [getattr(self, one.name) for one in fields(self)]

    def _restore(self, state):
        for one, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, one.name, value)

    METHODS = {
        "__eq__": _eq,
        "__hash__": _hash,
        "__repr__": _repr,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
