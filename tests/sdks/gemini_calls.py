"""Every work call of Gemini that an assistant may make, with the official SDK."""

from google import genai
from google.genai import errors, types
from steps import GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run

DRAWS = "gemini-3.1-flash-image"
PICTURE = types.GenerateContentConfig(response_modalities=["IMAGE"])


def opened(token=TOKEN, version="v1beta"):
    options = types.HttpOptions(base_url=f"{GATEWAY}/gemini", api_version=version)
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
        the_other_version_of_the_api,
    ],
    errors=[
        an_unknown_token_is_a_client_error_401, a_route_that_is_not_offered_is_not_found,
        what_the_provider_refuses_arrives_as_it_is, text_is_not_connected,
    ],
    dead=[a_dead_key_is_refused],
)
