"""HTTP: the programming interface and the pages."""
