"""`actalgia token`: secrets with which programs call the API."""

from __future__ import annotations

from typing import Annotated

import typer

from actalgia.commands.account import RoleOption, role_of
from actalgia.commands.common import DataDirOption, JsonOption, ReasonOption, say, say_json, table, write_down

app = typer.Typer(help="Secrets with which programs call the API.", no_args_is_help=True)


@app.command()
def create(
    role: RoleOption,
    name: Annotated[str, typer.Option("--name")],
    site: Annotated[str, typer.Option("--site")] = "main",
    reason: ReasonOption = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Create a token; it is printed this once."""
    from actalgia.system import find_system
    from store.access import create_token
    from store.database import transaction

    chosen = role_of(role)
    with transaction(find_system(data_dir).engine()) as session:
        secret = create_token(session, name, chosen, site)
        write_down(session, "token.create", f"{name} {role} {site}", reason=reason)
    if as_json:
        say_json({"token": secret, "name": name, "role": role, "site": site})
    else:
        say(secret)


@app.command()
def revoke(name: str, reason: ReasonOption = None, data_dir: DataDirOption = None) -> None:
    """Nobody gets in with this token any more."""
    from actalgia.system import find_system
    from store.access import revoke_token
    from store.database import now, transaction

    with transaction(find_system(data_dir).engine()) as session:
        revoke_token(session, name, now())
        write_down(session, "token.revoke", name, reason=reason)
    say(f"The token {name} is revoked.")


@app.command("list")
def list_tokens(as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """The tokens, without their secrets."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store.access import Token
    from store.database import transaction

    with transaction(find_system(data_dir).engine()) as session:
        found = session.scalars(sa.select(Token).order_by(Token.id)).all()
    if as_json:
        say_json(
            [{"name": t.name, "role": t.role, "site": t.site, "revoked": bool(t.revoked_at)} for t in found]
        )
    else:
        table(
            ["name", "role", "site", ""],
            [[t.name, t.role, t.site, "revoked" if t.revoked_at else ""] for t in found],
        )
