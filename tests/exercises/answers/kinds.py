"""What is collected about one exercise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Function: TypeAlias = Callable[..., Any]
Described: TypeAlias = tuple[str, Function]  # in words what is the matter, and the function


@dataclass
class Answers:
    """Answers to an exercise that asks for a function of this ``name``.

    Each is a whole function, as a student would write it. Those of ``common`` are the mistakes
    expected most often, the commonest first; those of ``rarer`` may happen, too. Those of
    ``otherwise`` give the right result in a way that the exercise rules out. The decorators enter
    a function and give it the name that the exercise asks for.
    """

    name: str
    right: list[Function] = field(default_factory=list)
    common: list[Described] = field(default_factory=list)
    rarer: list[Described] = field(default_factory=list)
    otherwise: list[Described] = field(default_factory=list)

    def is_right(self, function: Function) -> Function:
        function.__name__ = function.__qualname__ = self.name
        self.right.append(function)
        return function

    def is_common(self, mistake: str) -> Callable[[Function], Function]:
        return self._into(self.common, mistake)

    def is_rarer(self, mistake: str) -> Callable[[Function], Function]:
        return self._into(self.rarer, mistake)

    def is_otherwise(self, way: str) -> Callable[[Function], Function]:
        return self._into(self.otherwise, way)

    def _into(self, answers: list[Described], what: str) -> Callable[[Function], Function]:
        def enter(function: Function) -> Function:
            function.__name__ = function.__qualname__ = self.name
            answers.append((what, function))
            return function

        return enter
