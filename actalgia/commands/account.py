"""`actalgia account`: people who log in."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands.common import DataDirOption, JsonOption, ReasonOption, say, say_json, table, write_down

if TYPE_CHECKING:
    from store.access import Role

app = typer.Typer(help="People who log in.", no_args_is_help=True)
RoleOption = Annotated[str, typer.Option("--role", help="clinician, researcher or administrator")]


def role_of(text: str) -> Role:
    """The role of that name. Raises a usage error."""
    from store.access import Role

    try:
        return Role(text)
    except ValueError as error:
        raise typer.BadParameter(f"--role is one of {', '.join(Role)}") from error


@app.command()
def create(
    name: Annotated[str, typer.Option("--name")],
    role: RoleOption,
    site: Annotated[str, typer.Option("--site")] = "main",
    reason: ReasonOption = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Create an account; its generated password is printed this once."""
    from pwdlib import PasswordHash

    from actalgia.system import find_system
    from store.access import create_account
    from store.database import transaction

    chosen = role_of(role)
    password = secrets.token_urlsafe(12)
    with transaction(find_system(data_dir).engine()) as session:
        create_account(session, name, PasswordHash.recommended().hash(password), chosen, site)
        write_down(session, "account.create", f"{name} {role} {site}", reason=reason)
    if as_json:
        say_json({"name": name, "role": role, "site": site, "password": password})
    else:
        say(f"{name} ({role} at {site}) logs in with the password {password}")
        say("(shown this once; it is stored nowhere)")


@app.command("list")
def list_accounts(as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """The accounts."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store.access import Account
    from store.database import transaction

    with transaction(find_system(data_dir).engine()) as session:
        found = session.scalars(sa.select(Account).order_by(Account.name)).all()
    if as_json:
        say_json(
            [{"name": a.name, "role": a.role, "site": a.site, "disabled": bool(a.disabled_at)} for a in found]
        )
    else:
        table(
            ["name", "role", "site", ""],
            [[a.name, a.role, a.site, "disabled" if a.disabled_at else ""] for a in found],
        )


@app.command()
def disable(name: str, reason: ReasonOption = None, data_dir: DataDirOption = None) -> None:
    """Nobody gets in with this account any more; its sessions end."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store.access import Account
    from store.database import StoreError, now, transaction

    with transaction(find_system(data_dir).engine()) as session:
        account = session.scalar(sa.select(Account).where(Account.name == name))
        if account is None:
            raise StoreError(f"There is no account {name}.")
        account.disabled_at = account.disabled_at or now()
        write_down(session, "account.disable", name, reason=reason)
    say(f"{name} is disabled.")
