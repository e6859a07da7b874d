"""Every work call of OpenAI that an assistant may make, with the official SDK."""

import base64
import io

import openai
from steps import GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run

BASE = f"{GATEWAY}/openai/v1"
client = openai.OpenAI(base_url=BASE, api_key=TOKEN, max_retries=0)
HELLO = [{"role": "user", "content": "Say hello."}]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def in_the_background():
    """An async client of its own: one event loop each."""
    return openai.AsyncOpenAI(base_url=BASE, api_key=TOKEN, max_retries=0)


def sound(name="hello.wav"):
    return (name, io.BytesIO(b"RIFF" + bytes(4096)))


def chat():
    answer = client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=HELLO)
    assert answer.headers["ownkey-paid-by"] == "client", dict(answer.headers)
    assert answer.headers["ownkey-call"].startswith("call_")
    assert answer.headers["ownkey-key-version"] == "1"
    assert "set-cookie" not in answer.headers
    whole = answer.parse()
    assert whole.choices[0].message.content and whole.usage.total_tokens > 0


def chat_streamed():
    chunks = list(client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(c.usage is None for c in chunks), "usage was not asked for"
    assert all("usage" not in c.model_fields_set for c in chunks), "the chunks are as if usage was never asked for"


def chat_streamed_with_usage():
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True, stream_options=options))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert all(c.usage is None for c in chunks[:-1])


async def chat_async():
    async with in_the_background() as own:
        whole = await own.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
        assert whole.choices[0].message.content
        stream = await own.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True)
        text = [c.choices[0].delta.content or "" async for c in stream]
        assert "".join(text) == whole.choices[0].message.content


def responses():
    made = client.responses.create(model="gpt-5-mini", input="Say hello.")
    assert made.status == "completed" and made.output_text
    assert client.responses.retrieve(made.id).output_text == made.output_text
    follow_up = client.responses.create(model="gpt-5-mini", input="Again.", previous_response_id=made.id)
    assert follow_up.previous_response_id == made.id
    client.responses.delete(made.id)
    raises(openai.NotFoundError, lambda: client.responses.retrieve(made.id))


def responses_streamed():
    events = list(client.responses.create(model="gpt-5-mini", input="Say hello.", stream=True))
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    made = events[-1].response
    assert made.usage.total_tokens > 0
    assert client.responses.retrieve(made.id).output_text == made.output_text
    again = list(client.responses.retrieve(made.id, stream=True))
    assert again[-1].type == "response.completed"


def responses_in_the_background():
    made = client.responses.create(model="gpt-5-mini", input="Take your time.", background=True)
    assert made.status == "queued"
    assert client.responses.cancel(made.id).status == "cancelled"
    assert client.responses.retrieve(made.id).status == "cancelled"


async def responses_async():
    async with in_the_background() as own:
        made = await own.responses.create(model="gpt-5-mini", input="Say hello.")
        assert (await own.responses.retrieve(made.id)).output_text == made.output_text
        stream = await own.responses.create(model="gpt-5-mini", input="Say hello.", stream=True)
        kinds = [event.type async for event in stream]
        assert kinds[-1] == "response.completed"


def is_png(text):
    return base64.b64decode(text).startswith(b"\x89PNG")


def images():
    made = client.images.generate(model="gpt-image-1", prompt="A paper boat")
    assert is_png(made.data[0].b64_json) and made.usage.total_tokens > 0


def images_streamed():
    stream = client.images.generate(model="gpt-image-1", prompt="A paper boat", stream=True, partial_images=1)
    events = list(stream)
    assert [e.type for e in events] == ["image_generation.partial_image", "image_generation.completed"]
    assert is_png(events[-1].b64_json)


def images_edited():
    made = client.images.edit(model="gpt-image-1", image=("boat.png", PNG, "image/png"), prompt="Make it red")
    assert is_png(made.data[0].b64_json)
    pair = [("a.png", PNG, "image/png"), ("b.png", PNG, "image/png")]
    events = list(client.images.edit(model="gpt-image-1", image=pair, prompt="Join them", stream=True))
    assert events[-1].type == "image_edit.completed" and is_png(events[-1].b64_json)


async def images_async():
    async with in_the_background() as own:
        made = await own.images.generate(model="gpt-image-1", prompt="A paper boat")
        assert is_png(made.data[0].b64_json)


def transcriptions():
    heard = client.audio.transcriptions.create(model="gpt-4o-mini-transcribe", file=sound())
    assert heard.text and heard.usage.type == "tokens"
    timed = client.audio.transcriptions.create(model="whisper-1", file=sound())
    assert timed.text and timed.usage.type == "duration"
    text = client.audio.transcriptions.create(model="whisper-1", file=sound(), response_format="text")
    assert isinstance(text, str) and text.strip()
    subtitles = client.audio.transcriptions.create(model="whisper-1", file=sound(), response_format="srt")
    assert "-->" in subtitles


def transcriptions_streamed():
    events = list(client.audio.transcriptions.create(model="gpt-4o-mini-transcribe", file=sound(), stream=True))
    assert events[0].type == "transcript.text.delta" and events[-1].type == "transcript.text.done"
    assert events[-1].usage.total_tokens > 0


def a_recording_larger_than_what_is_held():
    large = ("long.wav", io.BytesIO(b"RIFF" + bytes(6 * 1024 * 1024)))
    assert client.audio.transcriptions.create(model="gpt-4o-mini-transcribe", file=large).text


async def transcriptions_async():
    async with in_the_background() as own:
        heard = await own.audio.transcriptions.create(model="gpt-4o-mini-transcribe", file=sound())
        assert heard.text


def models():
    known = [model.id for model in client.models.list()]
    assert "gpt-4o-mini" in known
    assert client.models.retrieve("gpt-4o-mini").id == "gpt-4o-mini"


def an_unknown_token_is_an_authentication_error():
    stranger = openai.OpenAI(base_url=BASE, api_key=UNKNOWN_TOKEN, max_retries=0)
    error = raises(openai.AuthenticationError, lambda: stranger.chat.completions.create(model="gpt-4o-mini", messages=HELLO))
    assert error.code == "invalid_api_key", error.body


def a_route_that_is_not_offered_is_not_found():
    raises(openai.NotFoundError, lambda: client.fine_tuning.jobs.list())
    raises(openai.NotFoundError, lambda: client.files.list())
    raises(openai.NotFoundError, lambda: client.realtime.client_secrets.create())


def a_response_that_nobody_made_is_not_found():
    raises(openai.NotFoundError, lambda: client.responses.retrieve("resp_" + "a" * 32))


def what_the_provider_refuses_arrives_as_it_is():
    error = raises(openai.NotFoundError, lambda: client.chat.completions.create(model="gpt-none", messages=HELLO))
    assert error.code == "model_not_found", error.body
    raises(openai.BadRequestError, lambda: client.chat.completions.create(model="gpt-4o-mini", messages=[]))


def a_dead_key_is_an_authentication_error():
    for _ in range(2):
        raises(openai.AuthenticationError, lambda: client.chat.completions.create(model="gpt-4o-mini", messages=HELLO))
    stream = lambda: list(client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True))
    raises(openai.AuthenticationError, stream)


run(
    calls=[
        chat, chat_streamed, chat_streamed_with_usage, chat_async,
        responses, responses_streamed, responses_in_the_background, responses_async,
        images, images_streamed, images_edited, images_async,
        transcriptions, transcriptions_streamed, a_recording_larger_than_what_is_held, transcriptions_async,
        models,
    ],
    errors=[
        an_unknown_token_is_an_authentication_error, a_route_that_is_not_offered_is_not_found,
        a_response_that_nobody_made_is_not_found, what_the_provider_refuses_arrives_as_it_is,
    ],
    dead=[a_dead_key_is_an_authentication_error],
)
