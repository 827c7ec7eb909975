"""The MQTT broker: who may publish where, and running one on this machine."""
