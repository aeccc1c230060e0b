#!/usr/bin/env python3
"""A module."""
# Not glued: an empty line follows.

LIMIT = 3
# Glued to the class.
# Both lines.
@dataclass
class Client(Base):
    # The first member's own comment.
    retries: int = 2

    @overload
    def send(self, request: str) -> str: ...
    @overload
    def send(self, request: bytes) -> bytes: ...
    def send(self, request):
        def local():
            return 1

        return local
        # the end of the body

    class Inner:
        async def close(self): pass  # a remark


if TYPE_CHECKING:
    def helper(x): ...
else:
    def helper(x): return x
try:
    import json
except ImportError:
    json = None
x, y = 1, 2
type Pair = tuple[int, int]
