"""Every work call of Gemini that an assistant may make, with the official SDK."""

import asyncio
import io
import json
import urllib.error
import urllib.request

from google import genai
from google.genai import errors, types
from steps import DIRECT, DIRECT_KEY, GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run, same

DRAWS = "gemini-3.1-flash-image"
PICTURE = types.GenerateContentConfig(response_modalities=["IMAGE"])


def opened(token=TOKEN, version="v1beta", base=f"{GATEWAY}/gemini"):
    options = types.HttpOptions(base_url=base, api_version=version)
    return genai.Client(api_key=token, http_options=options)


client = opened()


def drawn(response):
    return [part.inline_data for part in response.candidates[0].content.parts if part.inline_data]


def picture():
    made = client.models.generate_content(model=DRAWS, contents="A paper boat", config=PICTURE)
    pictures = drawn(made)
    assert pictures and pictures[0].data.startswith(b"\x89PNG") and pictures[0].mime_type == "image/png"
    assert made.usage_metadata.total_token_count > 0
    assert made.sdk_http_response.headers["ownkey-paid-by"] == "client", made.sdk_http_response.headers


def text_of_a_picture_model():
    words = types.GenerateContentConfig(response_modalities=["TEXT"])
    assert client.models.generate_content(model=DRAWS, contents="Say hello.", config=words).text


def picture_streamed():
    chunks = list(client.models.generate_content_stream(model=DRAWS, contents="A paper boat", config=PICTURE))
    assert any(drawn(chunk) for chunk in chunks if chunk.candidates)
    assert chunks[-1].usage_metadata.total_token_count > 0


async def picture_async():
    made = await client.aio.models.generate_content(model=DRAWS, contents="A paper boat", config=PICTURE)
    assert drawn(made)
    stream = await client.aio.models.generate_content_stream(model=DRAWS, contents="A paper boat", config=PICTURE)
    assert any([bool(drawn(chunk)) async for chunk in stream if chunk.candidates])


def tokens_counted():
    assert client.models.count_tokens(model=DRAWS, contents="A paper boat").total_tokens > 0


def models():
    assert f"models/{DRAWS}" in [model.name for model in client.models.list()]
    assert client.models.get(model=DRAWS).name == f"models/{DRAWS}"


def a_file_uploaded_and_drawn_from():
    config = types.UploadFileConfig(mime_type="text/plain", display_name="notes")
    made = client.files.upload(file=io.BytesIO(b"A paper boat"), config=config)
    assert made.name.startswith("files/") and made.size_bytes == 12, made
    assert client.files.get(name=made.name).state == "ACTIVE"
    parts = [types.Part.from_uri(file_uri=made.uri, mime_type="text/plain"), "Draw this"]
    assert drawn(client.models.generate_content(model=DRAWS, contents=parts, config=PICTURE))
    client.files.delete(name=made.name)
    assert raises(errors.ClientError, lambda: client.files.get(name="files/of-somebody-else")).code == 404


async def a_file_uploaded_async():
    config = types.UploadFileConfig(mime_type="text/plain")
    assert (await client.aio.files.upload(file=io.BytesIO(b"A paper boat"), config=config)).name


def asked(body, query, headers):
    address = f"{GATEWAY}/gemini/v1beta/models/{DRAWS}:streamGenerateContent{query}"
    request = urllib.request.Request(address, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["content-type"], answer.read()


def a_stream_as_one_array_and_the_key_in_the_query():
    body = {"contents": [{"parts": [{"text": "A paper boat"}]}]}
    kind, text = asked(body, f"?key={TOKEN}", {})
    chunks = json.loads(text)
    assert kind.startswith("application/json") and chunks[-1]["usageMetadata"]["totalTokenCount"] > 0, text[:200]
    kind, events = asked(body, f"?alt=sse&key={TOKEN}", {"x-goog-api-key": TOKEN})
    assert kind.startswith("text/event-stream") and events.startswith(b"data: ")


def the_other_version_of_the_api():
    other = opened(version="v1")
    assert drawn(other.models.generate_content(model=DRAWS, contents="A paper boat", config=PICTURE))


def an_unknown_token_is_a_client_error_401():
    stranger = opened(UNKNOWN_TOKEN)
    ask = lambda: stranger.models.generate_content(model=DRAWS, contents="A paper boat", config=PICTURE)
    error = raises(errors.ClientError, ask)
    assert error.code == 401 and error.status == "UNAUTHENTICATED", error


def a_route_that_is_not_offered_is_not_found():
    error = raises(errors.ClientError, lambda: list(client.caches.list()))
    assert error.code == 404, error


def what_the_provider_refuses_arrives_as_it_is():
    error = raises(errors.ClientError, lambda: client.models.generate_content(model="gemini-none-image", contents="x"))
    assert error.code == 404 and error.status == "NOT_FOUND", error


async def picture_by(c):
    return await c.aio.models.generate_content(model=DRAWS, contents="A paper boat", config=PICTURE)


def the_same_as_directly():
    there = opened(DIRECT_KEY, base=DIRECT)
    ask = {"model": DRAWS, "contents": "A paper boat", "config": PICTURE}
    upload = lambda c: c.files.upload(file=io.BytesIO(b"A boat"), config=types.UploadFileConfig(mime_type="text/plain"))
    same("gemini", client, there, {
        "picture": lambda c: c.models.generate_content(**ask),
        "picture, async": picture_by,
        "picture streamed": lambda c: list(c.models.generate_content_stream(**ask)),
        "tokens": lambda c: c.models.count_tokens(model=DRAWS, contents="A paper boat"),
        "models": lambda c: list(c.models.list()),
        "model": lambda c: c.models.get(model=DRAWS),
        "file": upload,
        "file looked at": lambda c: c.files.get(name=upload(c).name),
    })


def every_error():
    ask = {"model": DRAWS, "contents": "A paper boat", "config": PICTURE}
    found = [raises(errors.ClientError, lambda: client.models.generate_content(**ask))]
    found.append(raises(errors.ClientError, lambda: list(client.models.generate_content_stream(**ask))))
    found.append(raises(errors.ClientError, lambda: asyncio.run(picture_by(opened()))))
    return found


def every_way():
    return [(error.code, error.status) for error in every_error()]


def every_reason():
    return [(error.code, error.details["error"]["details"][0]["reason"]) for error in every_error()]


def paused_is_denied():
    assert every_reason() == [(403, "PAUSED")] * 3
    assert every_way() == [(403, "PERMISSION_DENIED")] * 3


def over_budget_is_exhausted():
    assert every_reason() == [(402, "OVER_BUDGET")] * 3
    assert every_way() == [(402, "RESOURCE_EXHAUSTED")] * 3


def not_connected_is_denied():
    assert every_way() == [(403, "PERMISSION_DENIED")] * 3


def drained_is_exhausted():
    assert every_way() == [(402, "RESOURCE_EXHAUSTED")] * 3


def text_is_not_connected():
    """The client connected Gemini for pictures only: a text call has no account, and says so."""
    error = raises(errors.ClientError, lambda: client.models.generate_content(model="gemini-3-pro", contents="Hello"))
    assert error.code == 403, error


def a_dead_key_is_refused():
    for _ in range(2):
        ask = lambda: client.models.generate_content(model=DRAWS, contents="A paper boat", config=PICTURE)
        error = raises(errors.ClientError, ask)
        assert error.code in (400, 401), error


run(
    calls=[
        picture, text_of_a_picture_model, picture_streamed, picture_async, tokens_counted, models,
        a_file_uploaded_and_drawn_from, a_file_uploaded_async, a_stream_as_one_array_and_the_key_in_the_query,
        the_other_version_of_the_api,
    ],
    same=[the_same_as_directly],
    not_connected=[not_connected_is_denied],
    drained=[drained_is_exhausted],
    not_allowed=[not_connected_is_denied],
    paused=[paused_is_denied],
    over_budget=[over_budget_is_exhausted],
    errors=[
        an_unknown_token_is_a_client_error_401, a_route_that_is_not_offered_is_not_found,
        what_the_provider_refuses_arrives_as_it_is, text_is_not_connected,
    ],
    dead=[a_dead_key_is_refused],
)
