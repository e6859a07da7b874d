"""One program for pictures, written once with OpenAI's SDK: it runs unchanged on every provider that draws."""

import asyncio
import base64
import os
import urllib.request

import openai
from steps import GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run

BASE = f"{GATEWAY}/images/v1"
AT_OPENAI = os.environ.get("OWNKEY_PREFERRED") == "openai"
client = openai.OpenAI(base_url=BASE, api_key=TOKEN, max_retries=0)


def drawn(images):
    return [base64.b64decode(one.b64_json) for one in images.data]


def pictures():
    made = client.images.with_raw_response.generate(model="ownkey", prompt="A paper boat", n=2, size="1536x1024")
    assert made.headers["ownkey-paid-by"] == "client"
    found = drawn(made.parse())
    assert len(found) == 2 and all(one.startswith(b"\x89PNG") for one in found)


async def pictures_async():
    async with openai.AsyncOpenAI(base_url=BASE, api_key=TOKEN, max_retries=0) as own:
        made = await own.images.generate(model="ownkey", prompt="A paper boat", output_format="png")
        assert drawn(made)[0].startswith(b"\x89PNG")


def a_picture_behind_an_address():
    if AT_OPENAI:
        return  # its newer models know no addresses, and say so
    made = client.images.generate(model="ownkey", prompt="A paper boat", response_format="url")
    with urllib.request.urlopen(made.data[0].url) as answer:
        assert answer.headers["content-type"] == "image/png" and answer.read().startswith(b"\x89PNG")


def what_is_refused():
    stranger = openai.OpenAI(base_url=BASE, api_key=UNKNOWN_TOKEN, max_retries=0)
    raises(openai.AuthenticationError, lambda: stranger.images.generate(model="ownkey", prompt="A boat"))
    raises(openai.BadRequestError, lambda: client.images.generate(model="ownkey", prompt=""))
    if not AT_OPENAI:
        streamed = lambda: list(client.images.generate(model="ownkey", prompt="A boat", stream=True))
        error = raises(openai.BadRequestError, streamed)
        assert error.param == "stream" and error.code == "unsupported_parameter", error.body


def a_dead_key_is_an_authentication_error():
    for _ in range(2):
        raises(openai.AuthenticationError, lambda: client.images.generate(model="ownkey", prompt="A boat"))


run(
    calls=[pictures, pictures_async, a_picture_behind_an_address],
    errors=[what_is_refused],
    dead=[a_dead_key_is_an_authentication_error],
)
