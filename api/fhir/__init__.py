"""The pain diary by FHIR R4, under /fhir/R4: see docs/fhir.md. A resource a file, as plain dictionaries."""
