"""`actalgia db`: migrations, the address, what is there."""

from __future__ import annotations

import typer

from actalgia.commands.common import DataDirOption, JsonOption, say, say_json, table

app = typer.Typer(help="The database: migrations, address, state.", no_args_is_help=True)
#: Of patients: the watchdog's own comes and goes every few minutes.
WAITING = """
    SELECT count(*), min(since) FROM stale_day
    WHERE patient_id NOT IN (SELECT id FROM patient WHERE synthetic)
"""


@app.command()
def upgrade(data_dir: DataDirOption = None) -> None:
    """Bring the database to the newest schema."""
    from actalgia.system import find_system
    from store import schema

    schema.upgrade(find_system(data_dir).database_url)
    say("The database is at the newest schema.")


@app.command()
def url(data_dir: DataDirOption = None) -> None:
    """Print the database's address. It has a password in it."""
    from actalgia.system import find_system

    say(find_system(data_dir).database_url)


@app.command()
def status(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """What is there, and what waits."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store import schema, timescale
    from store.database import now, transaction
    from store.heartbeat import heartbeats
    from store.unworn import unworn
    from store.watch.reserved import SINK

    system = find_system(data_dir)
    engine = system.engine()
    with engine.connect() as connection:
        version = connection.execute(sa.text("SHOW server_version")).scalar_one()
        extension = timescale.version(connection)
        waiting = connection.execute(sa.text(WAITING)).one()
        outbox = connection.execute(
            sa.text("SELECT count(*) FROM delivery WHERE state = 'pending' AND channel <> :sink"),
            {"sink": SINK},
        ).scalar_one()
        document = {
            "engine": f"PostgreSQL {version}" + (f", TimescaleDB {extension}" if extension else ""),
            "timescaledb": extension,
            "hypertables": timescale.hypertables(connection),
            "sizes": timescale.sizes(connection),
            "unanalysed": waiting[0],
            "oldest_unanalysed": waiting[1].isoformat() if waiting[1] else None,
            "outbox_due": outbox,
        }
    current, newest = schema.revisions(engine, system.database_url)
    document |= {"revision": current, "newest_revision": newest}
    with transaction(engine) as session:
        beats = heartbeats(session)
        found, stretches = unworn(session)
    at = now()
    document["parts"] = {beat.part: round((at - beat.at).total_seconds(), 1) for beat in beats}
    document["unworn"] = found
    document["unworn_newest"] = [
        {
            "device": s.device,
            "first": s.first.isoformat(),
            "last": s.last.isoformat(),
            "worn_again": s.worn_again.isoformat() if s.worn_again else None,
        }
        for s in stretches
    ]
    if as_json:
        say_json(document)
        return
    say(f"{document['engine']}, schema {current} of {newest}")
    say(f"{waiting[0]} patient-days wait for analytics, {outbox} messages wait to be sent")
    for part, age_s in document["parts"].items():
        say(f"{part}: last sign of life {age_s:.0f} s ago" + (": is it running?" if age_s > 30 else ""))
    if found:
        say(f"{found} stretches of data belong to nobody: say who wore the device, then they have a patient")
        for s in stretches:
            until = f" --to {s.worn_again.isoformat()}" if s.worn_again else ""
            last = s.last.isoformat(timespec="seconds")
            say(
                f"  actalgia wear {s.device} PATIENT --from {s.first.isoformat()}{until}  # data until {last}"
            )
    sizes: dict[str, int] = document["sizes"]
    table(
        ["table", "MB", "hypertable"],
        [
            [name, f"{size / 1e6:.1f}", "yes" if name in document["hypertables"] else ""]
            for name, size in sizes.items()
        ],
    )
