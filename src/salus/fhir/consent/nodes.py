"""Elements on the way in: each is taken once, and what nobody took at the end is refused by its name.

The resource was validated before: names are FHIR's, and values have the types that FHIR gives them.
"""

from salus.fhir.outcome import Issue, error
from salus.fhir.validate import Json

NOT_HELD = "A directive cannot hold this."
NOT_KEPT = "This is not kept; it decides nothing."


class Report:
    """The issues found so far."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.warnings: list[Issue] = []

    def refuse(self, path: str, text: str = NOT_HELD, code: str = "not-supported") -> None:
        """Note why the Consent cannot be taken."""
        self.issues.append(error(code, path, text))

    def warn(self, path: str) -> None:
        """Note what is left behind."""
        self.warnings.append(Issue("warning", "informational", path, NOT_KEPT))


class Node:
    """An object with the place where it stands."""

    def __init__(self, value: Json, path: str, report: Report) -> None:
        self.path, self.report = path, report
        self._left = dict(value)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str) -> str | None:
        """Take a string."""
        value = self._left.pop(name, None)
        return value if isinstance(value, str) else None

    def only(self, *names: str) -> bool:
        """Return whether the object holds these elements and no other."""
        return set(self._left) == set(names)

    def peek(self, name: str) -> str:
        """Return a string without taking it."""
        return str(self._left.get(name, ""))

    def number(self, name: str) -> int | None:
        """Take a whole number, or a boolean as one."""
        value = self._left.pop(name, None)
        return value if isinstance(value, int) else None

    def node(self, name: str) -> "Node | None":
        """Take an object."""
        value = self._left.pop(name, None)
        return Node(value, f"{self.path}.{name}", self.report) if isinstance(value, dict) else None

    def nodes(self, name: str) -> "list[Node]":
        """Take the objects of an array."""
        value = self._left.pop(name, None)
        found = value if isinstance(value, list) else []
        return [Node(item, f"{self.path}.{name}[{at}]", self.report) for at, item in enumerate(found)]

    def warn(self, *names: str) -> None:
        """Take what decides nothing, and say that it is not kept."""
        for name in names:
            if self._left.pop(name, None) is not None:
                self.report.warn(f"{self.path}.{name}")

    def done(self) -> None:
        """Refuse whatever is left."""
        self.warn("id")
        for name in self._left:
            self.report.refuse(f"{self.path}.{name.removeprefix('_')}")

    def refuse(self, text: str = NOT_HELD, code: str = "not-supported") -> None:
        """Refuse this very element, whatever it holds."""
        self.report.refuse(self.path, text, code)


def coding(node: Node) -> tuple[str, str] | None:
    """Take the system and code of a Coding; both must be there."""
    system, code = node.text("system"), node.text("code")
    node.warn("display", "userSelected")
    node.done()
    if system is None or code is None:
        node.refuse("A system and a code are needed.", "required")
        return None
    return system, code


def concept(node: Node) -> tuple[str, str] | None:
    """Take the one coding of a CodeableConcept."""
    found = node.nodes("coding")
    if found:
        node.warn("text")
    node.text("text")  # alone it is no code, which is refused below
    node.done()
    if len(found) != 1:
        node.refuse("Exactly one coding is needed: another one may mean something else.", "not-supported")
        return None
    return coding(found[0])


def reference(node: Node) -> str | None:
    """Take a literal reference."""
    node.warn("display", "type")
    found = node.text("reference")
    node.done()
    if found is None or len(found) > 1024 or not found.isascii():
        node.refuse("A literal reference is needed.", "required")
        return None
    return found


def extensions(node: Node, element: str, known: tuple[str, ...]) -> dict[str, list[Node]]:
    """Take the extensions or modifier extensions, by url; refuse those that are not known here."""
    found: dict[str, list[Node]] = {}
    for extension in node.nodes(element):
        url = extension.text("url")
        if url is not None and url in known:
            found.setdefault(url, []).append(extension)
        else:
            extension.refuse("The extension is not known.", "extension")
    return found
