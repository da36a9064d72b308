"""What the cluster's process and its parent say to each other arrives as it was said."""

import pytest

from certdash.demo.messages import Answer, Failed, Message, News, Order, Ready, message_line, read_message, read_order


@pytest.mark.parametrize(
    "message",
    [
        Ready("/tmp/x/kubeconfig", "https://127.0.0.1:1", "certdash-demo"),
        Answer(3, error="HTTP 409: it says \"no\"\nin two lines"),
        Answer(4, text="/tmp/x/reader"),
        News(("scale webhook 0", "forbid"), "Ünïcode"),
        Failed("can't listen"),
    ],
)  # fmt: skip
def test_a_message_is_one_line(message: Message) -> None:
    line = message_line(message)
    assert line.count(b"\n") == 1
    assert read_message(line) == message


def test_an_order_is_one_line() -> None:
    order = Order(7, "scale", ("webhook", "0"))
    assert read_order(order.line()) == order


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{}", b'{"id": 1}', b'{"verb": 3, "id": 1}', b"\xff"])
def test_what_is_no_order_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        read_order(line)


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"{}", b'{"story": {}}', b'{"ready": 3}', b'{"answer": {}}', b"Traceback (most recent"]
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"no message|Expecting value"):
        read_message(line)
