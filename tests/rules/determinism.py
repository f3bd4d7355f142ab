"""What may stand in the deterministic packages: the same input must give the same bytes.

A deny-list is never complete, so imports are an allow-list.
"""

import ast
from collections.abc import Iterator

ALLOWED_IMPORTS = (
    "salus",
    "cbor2",
    "msgspec",
    "nacl",
    "google_crc32c",
    "google.protobuf",
    "hashlib",
    "struct",
    "typing",
    "types",
    "enum",
    "functools",
    "itertools",
    "operator",
    "dataclasses",
    "collections",
    "collections.abc",
    "bisect",
    "base64",
    "binascii",
    "__future__",
)
FORBIDDEN_NAMES = {
    "float",
    "complex",
    "round",
    "hash",
    "id",
    "open",
    "eval",
    "exec",
    "input",
    "globals",
    "vars",
    "__import__",
    "print",
}
FORBIDDEN_NODES = {
    ast.AsyncFunctionDef: "async",
    ast.Await: "async",
    ast.Div: "true division",
    ast.Global: "global state",
    ast.Nonlocal: "shared state",
    ast.Set: "set (iteration order)",
    ast.SetComp: "set (iteration order)",
    ast.Assert: "assert vanishes under -O",
}


def violations(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, reason) for each construct that could make two nodes differ."""
    tree = ast.parse(source)
    constants = {id(n.value) for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or "."]
            yield from ((line, f"import of {name}") for name in names if not _allowed(name))
        elif (reason := FORBIDDEN_NODES.get(type(node))) is not None:
            yield line, reason
        elif isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield line, "float"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in FORBIDDEN_NAMES:
            yield line, node.id
        elif isinstance(node, ast.ExceptHandler) and _too_wide(node):
            yield line, "a bug must halt the node, not become a refusal"
        elif _makes_set(node) and id(node) not in constants:  # a module-level frozenset for membership is fine
            yield line, "set (iteration order)"


def _allowed(name: str) -> bool:
    return any(name == allowed or name.startswith(allowed + ".") for allowed in ALLOWED_IMPORTS)


def _makes_set(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"set", "frozenset"}


def _too_wide(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or getattr(handler.type, "id", "") in {"Exception", "BaseException"}
