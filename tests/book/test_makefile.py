"""What the Makefile says reaches the shell whole: a comma would end the argument of `call`."""

import re

from book.questions import ROOT


def test_no_message_holds_a_comma() -> None:
    messages = re.findall(r"\$\(call say,(.*)\)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(messages) > 5
    assert not [message for message in messages if "," in message]
