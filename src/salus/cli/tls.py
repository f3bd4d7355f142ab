"""`salus tls`: a certificate for development."""

from pathlib import Path

import click

from salus.cli.options import home_folder, in_home
from salus.cli.output import print_fields, print_json
from salus.cli.status import BadInput
from salus.services.certificates import DAYS, BadHost, make_certificates


@click.command("tls")
@click.option(
    "--host", "hosts", multiple=True, required=True, metavar="NAME", help="A DNS name or IP address; may be repeated."
)
@click.option(
    "--days", default=DAYS, show_default=True, type=click.IntRange(1, DAYS), help="How long the certificate serves."
)
@in_home
def command(home: Path | None, as_json: bool, hosts: tuple[str, ...], days: int) -> None:
    """Make a certificate for development.

    They are for trying TLS out: nobody but who is given ca.pem trusts them, and the key lies on the disk in clear.
    For anything else take a certificate of an authority that all your members trust.
    """
    try:
        made = make_certificates(home_folder(home), hosts, days)
    except BadHost:
        raise BadInput("--host takes a DNS name or an IP address, without a port") from None
    until = made.until.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = {"ca": str(made.ca), "certificate": str(made.certificate), "key": str(made.key), "until": until}
    if as_json:
        print_json({**found, "development": True})
        return
    print_fields(
        {
            "authority": f"{made.ca} (for development alone; give it to clients)",
            "certificate": str(made.certificate),
            "key": str(made.key),
            "until": until,
            "serve with": f"--certificate {made.certificate} --key {made.key}",
        }
    )
