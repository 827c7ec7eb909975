"""Everything on one machine: starts the parts, watches them, stops them."""
