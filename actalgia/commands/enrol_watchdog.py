"""`actalgia enrol watchdog`: the synthetic patient of production's watchdog."""

from __future__ import annotations

from actalgia.commands.common import DataDirOption, JsonOption, say, say_json, write_down


def enrol_watchdog(as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """Register the watchdog's synthetic patient and its device; its password is printed this once."""
    import broker
    from actalgia import enrolment
    from actalgia.system import find_system
    from store.database import now, transaction
    from store.watch.reserved import SYNTHETIC
    from store.watch.synthetic import enrol_synthetic

    system = find_system(data_dir)
    password = broker.new_password()
    engine = system.engine()
    with transaction(engine) as session:
        enrol_synthetic(session, broker.password_hash(password), now())
        write_down(session, "watchdog.enrol", SYNTHETIC)
    enrolment.apply_accounts(system, engine, SYNTHETIC, password)
    if as_json:
        say_json({"device": SYNTHETIC, "username": SYNTHETIC, "password": password})
        return
    say(f"The watchdog's device logs in as {SYNTHETIC} with the password {password}")
    say("(shown this once; it is stored nowhere). For `actalgia watchdog`:")
    say(f"ACTALGIA_WATCHDOG_MQTT_URL=mqtts://{SYNTHETIC}:{password}@broker:8883")
