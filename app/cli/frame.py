"""`minglu frame …`: respondent lists."""

from __future__ import annotations

from pathlib import Path

from app.cli.command import Option, command, noun
from app.cli.common import Format, read_json, show
from app.frames import verbs
from app.frames.errors import FrameDiffers
from app.frames.schemas import VerificationShown

app = noun("frame", "Frames: respondent lists frozen at a date.", verbs)


def _verified(answer: VerificationShown, form: Format) -> None:
    """Leaves with 1 when the hashes differ."""
    show(answer.model_dump(mode="json"), form)
    if not answer.intact:
        raise FrameDiffers(name=answer.frame)


DEFINITION = {
    "definition": Option(help="JSON file with conditions, columns, scope (docs/frames.md)", kind=Path, reads=read_json)
}
FRAME = {"reference": "frame"}

command(app, verbs.options, columns=("field", "en", "operators"))
command(app, verbs.preview, options=DEFINITION)
command(app, verbs.create, arguments=("name",), options=DEFINITION)
command(app, verbs.redefine, arguments=FRAME, options=DEFINITION)
command(
    app,
    verbs.list_,
    columns=("frame_id", "name", "survey", "status", "reference_date", "known_at", "rows", "sha256"),
)
command(app, verbs.verify, arguments=FRAME, shows=_verified)
command(app, verbs.export, arguments=FRAME, options={"form": Option(flag="--as", help="form of the data")})
