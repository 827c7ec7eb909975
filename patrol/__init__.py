"""The watchdog: walks the whole road as a device does, and says so elsewhere when it does not get through."""
