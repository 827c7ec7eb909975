"""Devices that do not exist, and recordings that do: everything here enters over MQTT."""
