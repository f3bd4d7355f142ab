"""`salus completion`: what a shell needs to complete commands, options and their choices."""

import click
from click.shell_completion import get_completion_class

from salus.cli.options import as_json_option
from salus.cli.output import print_result

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SALUS_COMPLETE"  # by which the shell's function asks `salus` itself


@click.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@as_json_option
def command(shell: str, as_json: bool) -> None:
    """Print the completion of a SHELL, for its start-up file.

    bash, in ~/.bashrc: eval "$(salus completion bash)". zsh, in ~/.zshrc: eval "$(salus completion zsh)".
    fish: salus completion fish > ~/.config/fish/completions/salus.fish
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.BadParameter("there is none for this shell", param_hint="SHELL")
    script = made(click.Group(), {}, "salus", VARIABLE).source()
    print_result(as_json, {"shell": shell, "script": script}, script)
