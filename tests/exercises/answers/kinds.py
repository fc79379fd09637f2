"""What is collected about one exercise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Function: TypeAlias = Callable[..., Any]
Wrong: TypeAlias = tuple[str, Function]  # what the mistake is, and a function that makes it


@dataclass
class Answers:
    """Answers to an exercise that asks for a function of this ``name``.

    Each is a whole function, as a student would write it. Those of ``common`` are the mistakes
    expected most often, the commonest first; those of ``rarer`` may happen, too. The three
    decorators enter a function and give it the name that the exercise asks for.
    """

    name: str
    right: list[Function] = field(default_factory=list)
    common: list[Wrong] = field(default_factory=list)
    rarer: list[Wrong] = field(default_factory=list)

    def is_right(self, function: Function) -> Function:
        function.__name__ = function.__qualname__ = self.name
        self.right.append(function)
        return function

    def is_common(self, mistake: str) -> Callable[[Function], Function]:
        return self._wrong(self.common, mistake)

    def is_rarer(self, mistake: str) -> Callable[[Function], Function]:
        return self._wrong(self.rarer, mistake)

    def _wrong(self, answers: list[Wrong], mistake: str) -> Callable[[Function], Function]:
        def enter(function: Function) -> Function:
            function.__name__ = function.__qualname__ = self.name
            answers.append((mistake, function))
            return function

        return enter
