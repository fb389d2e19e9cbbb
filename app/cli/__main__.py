"""`python -m app.cli`: the commands without the installed script."""

from app.cli import main

main()
