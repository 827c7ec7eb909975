"""MQTT to store: a message is stored, known already, or kept in quarantine; then it is receipted."""
