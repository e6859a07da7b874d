"""Every work call of OpenAI that an assistant may make, with the official SDK."""

import asyncio
import base64
import io

import openai
from steps import DIRECT, DIRECT_KEY, GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run, same

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


def translations():
    made = client.audio.translations.create(model="whisper-1", file=sound())
    assert made.text


def speech():
    spoken = client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hello.")
    assert len(spoken.read()) > 0


def embeddings():
    assert client.embeddings.create(model="text-embedding-3-small", input="A paper boat").data[0].embedding


def images_varied():
    assert client.images.create_variation(model="gpt-image-1", image=("boat.png", PNG, "image/png")).data[0].b64_json


def responses_polled():
    made = client.responses.create(model="gpt-5-mini", input="Take your time.", background=True)
    states = [made.status]
    while states[-1] in ("queued", "in_progress"):
        states.append(client.responses.retrieve(made.id).status)
        assert len(states) < 10, states
    assert states[-1] == "completed", states


def a_file_in_a_response():
    file = client.files.create(file=("notes.txt", b"A paper boat"), purpose="user_data")
    parts = [{"type": "input_file", "file_id": file.id}, {"type": "input_text", "text": "What is it?"}]
    assert client.responses.create(model="gpt-5-mini", input=[{"role": "user", "content": parts}]).output_text
    assert client.files.content(file.id).read() == b"A paper boat"
    assert client.files.delete(file.id).deleted
    stranger = [{"type": "input_file", "file_id": "file-of-somebody-else"}]
    ask = lambda: client.responses.create(model="gpt-5-mini", input=[{"role": "user", "content": stranger}])
    raises(openai.NotFoundError, ask)


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


async def chat_by(own):
    return await background(own).chat.completions.create(model="gpt-4o-mini", messages=HELLO)


async def streamed_by(own):
    stream = await background(own).chat.completions.create(
        model="gpt-4o-mini", messages=HELLO, stream=True, stream_options={"include_obfuscation": False}
    )
    return [chunk async for chunk in stream]


def background(own):
    return openai.AsyncOpenAI(base_url=own.base_url, api_key=own.api_key, max_retries=0)


def the_same_as_directly():
    there = openai.OpenAI(base_url=f"{DIRECT}/v1", api_key=DIRECT_KEY, max_retries=0)
    picture = ("boat.png", PNG, "image/png")
    quiet = {"include_obfuscation": False}
    chat = lambda c, **more: c.chat.completions.create(model="gpt-4o-mini", messages=HELLO, **more)
    answer = lambda c, **more: c.responses.create(model="gpt-5-mini", input="Say hello.", **more)
    draw = lambda c, **more: c.images.generate(model="gpt-image-1", prompt="A paper boat", **more)
    hear = lambda c, model="gpt-4o-mini-transcribe", **more: c.audio.transcriptions.create(
        model=model, file=sound(), **more
    )
    same("openai", client, there, {
        "chat": chat,
        "chat, async": chat_by,
        "chat streamed": lambda c: list(chat(c, stream=True, stream_options=quiet)),
        "chat streamed, async": streamed_by,
        "chat streamed with usage": lambda c: list(chat(c, stream=True, stream_options={**quiet, "include_usage": True})),
        "response": answer,
        "response streamed": lambda c: list(answer(c, stream=True)),
        "response fetched": lambda c: c.responses.retrieve(answer(c).id),
        "picture": draw,
        "picture streamed": lambda c: list(draw(c, stream=True, partial_images=2)),
        "picture edited": lambda c: c.images.edit(model="gpt-image-1", image=picture, prompt="Red"),
        "picture edited, streamed": lambda c: list(
            c.images.edit(model="gpt-image-1", image=picture, prompt="Red", stream=True)
        ),
        "transcription": hear,
        "transcription with times": lambda c: hear(c, model="whisper-1", response_format="verbose_json"),
        "subtitles": lambda c: hear(c, model="whisper-1", response_format="srt"),
        "transcription streamed": lambda c: list(hear(c, stream=True)),
        "translation": lambda c: c.audio.translations.create(model="whisper-1", file=sound()),
        "speech": lambda c: c.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hello.").read(),
        "embedding": lambda c: c.embeddings.create(model="text-embedding-3-small", input="A boat"),
        "models": lambda c: list(c.models.list()),
        "file": lambda c: c.files.create(file=("notes.txt", b"A paper boat"), purpose="user_data"),
    })


def every_way(kind, model="gpt-4o-mini"):
    """Whole, streamed and async: the same class of error each time."""
    ask = lambda **more: client.chat.completions.create(model=model, messages=HELLO, **more)

    async def apart():
        async with in_the_background() as own:
            await own.chat.completions.create(model=model, messages=HELLO)

    errors = [raises(kind, ask), raises(kind, lambda: list(ask(stream=True))), raises(kind, lambda: asyncio.run(apart()))]
    form = lambda: client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound())
    return errors + [raises(kind, form)]


def not_connected_is_permission_denied():
    for error in every_way(openai.PermissionDeniedError):
        assert error.code == "not_connected", error.body


def drained_is_a_rate_limit_error_with_the_billing_code():
    for error in every_way(openai.RateLimitError):
        assert error.code == "credit_balance_exhausted", error.body


def a_model_that_is_not_allowed_is_permission_denied():
    for error in every_way(openai.PermissionDeniedError):
        assert error.code == "model_not_allowed", error.body


def paused_is_permission_denied():
    for error in every_way(openai.PermissionDeniedError):
        assert error.status_code == 403 and error.code == "paused", error.body


def over_budget_is_a_rate_limit_error_as_a_spent_quota_is():
    for error in every_way(openai.RateLimitError):
        assert error.type == "insufficient_quota" and error.code == "over_budget", error.body


def a_dead_key_is_an_authentication_error():
    for _ in range(2):
        raises(openai.AuthenticationError, lambda: client.chat.completions.create(model="gpt-4o-mini", messages=HELLO))
    stream = lambda: list(client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True))
    raises(openai.AuthenticationError, stream)


run(
    calls=[
        chat, chat_streamed, chat_streamed_with_usage, chat_async,
        responses, responses_streamed, responses_in_the_background, responses_async,
        images, images_streamed, images_edited, images_varied, images_async,
        transcriptions, transcriptions_streamed, a_recording_larger_than_what_is_held, transcriptions_async,
        translations, speech, embeddings, responses_polled, a_file_in_a_response,
        models,
    ],
    same=[the_same_as_directly],
    not_connected=[not_connected_is_permission_denied],
    drained=[drained_is_a_rate_limit_error_with_the_billing_code],
    not_allowed=[a_model_that_is_not_allowed_is_permission_denied],
    paused=[paused_is_permission_denied],
    over_budget=[over_budget_is_a_rate_limit_error_as_a_spent_quota_is],
    errors=[
        an_unknown_token_is_an_authentication_error, a_route_that_is_not_offered_is_not_found,
        a_response_that_nobody_made_is_not_found, what_the_provider_refuses_arrives_as_it_is,
    ],
    dead=[a_dead_key_is_an_authentication_error],
)
