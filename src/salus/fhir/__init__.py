"""FHIR R4 (4.0.1), as far as the import needs it: definitions, validation, bundles, description. No HTTP."""
