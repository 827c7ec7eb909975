"""Files of real devices, read as arrays."""
