"""`salus completion`: what a shell needs to complete commands, options and their choices."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SALUS_COMPLETE"  # by which the shell's function asks `salus` itself


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion of a SHELL, for its start-up file.

    bash, in ~/.bashrc: eval "$(salus completion bash)". zsh, in ~/.zshrc: eval "$(salus completion zsh)".
    fish: salus completion fish > ~/.config/fish/completions/salus.fish
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.BadParameter("there is none for this shell", param_hint="SHELL")
    click.echo(made(click.Group(), {}, "salus", VARIABLE).source())
