"""Every work call of Anthropic that an assistant may make, with the official SDK and both styles of its key."""

import anthropic
from steps import GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run

BASE = f"{GATEWAY}/anthropic"
client = anthropic.Anthropic(base_url=BASE, api_key=TOKEN, max_retries=0)
ASKED = {"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Say hello."}]}


def messages():
    answer = client.messages.with_raw_response.create(**ASKED)
    assert answer.headers["ownkey-paid-by"] == "client"
    assert "set-cookie" not in answer.headers
    whole = answer.parse()
    assert whole.content[0].text and whole.usage.output_tokens > 0


def messages_streamed():
    events = list(client.messages.create(**ASKED, stream=True))
    assert events[0].type == "message_start" and events[-1].type == "message_stop"
    with client.messages.stream(**ASKED) as stream:
        text = "".join(stream.text_stream)
        assert text == stream.get_final_message().content[0].text


async def messages_async():
    async with anthropic.AsyncAnthropic(base_url=BASE, api_key=TOKEN, max_retries=0) as own:
        whole = await own.messages.create(**ASKED)
        async with own.messages.stream(**ASKED) as stream:
            text = "".join([piece async for piece in stream.text_stream])
        assert text == whole.content[0].text


def tokens_counted():
    asked = {name: value for name, value in ASKED.items() if name != "max_tokens"}
    assert client.messages.count_tokens(**asked).input_tokens > 0


def models():
    assert "claude-sonnet-4-5" in [model.id for model in client.models.list()]
    assert client.models.retrieve("claude-sonnet-4-5").id == "claude-sonnet-4-5"


def both_styles_of_the_key():
    bearer = anthropic.Anthropic(base_url=BASE, auth_token=TOKEN, max_retries=0)
    assert bearer.messages.create(**ASKED).content
    older = {"authorization": anthropic.Omit(), "x-api-key": TOKEN, "anthropic-version": "2023-06-01"}
    assert client.messages.create(**ASKED, extra_headers=older).content
    both = {"x-api-key": TOKEN}
    assert client.messages.create(**ASKED, extra_headers=both).content
    two = {"authorization": f"Bearer {UNKNOWN_TOKEN}", "x-api-key": TOKEN}
    raises(anthropic.AuthenticationError, lambda: client.messages.create(**ASKED, extra_headers=two))


def an_unknown_token_is_an_authentication_error():
    stranger = anthropic.Anthropic(base_url=BASE, api_key=UNKNOWN_TOKEN, max_retries=0)
    error = raises(anthropic.AuthenticationError, lambda: stranger.messages.create(**ASKED))
    assert error.body["error"]["type"] == "authentication_error", error.body


def a_route_that_is_not_offered_is_not_found():
    raises(anthropic.NotFoundError, lambda: client.get("/v1/organizations/api_keys", cast_to=object))
    raises(anthropic.NotFoundError, lambda: client.messages.batches.list())


def what_the_provider_refuses_arrives_as_it_is():
    raises(anthropic.NotFoundError, lambda: client.messages.create(**{**ASKED, "model": "claude-none"}))
    raises(anthropic.BadRequestError, lambda: client.messages.create(**{**ASKED, "messages": []}))


def a_dead_key_is_an_authentication_error():
    for _ in range(2):
        raises(anthropic.AuthenticationError, lambda: client.messages.create(**ASKED))
    raises(anthropic.AuthenticationError, lambda: list(client.messages.create(**ASKED, stream=True)))


run(
    calls=[messages, messages_streamed, messages_async, tokens_counted, models, both_styles_of_the_key],
    errors=[
        an_unknown_token_is_an_authentication_error, a_route_that_is_not_offered_is_not_found,
        what_the_provider_refuses_arrives_as_it_is,
    ],
    dead=[a_dead_key_is_an_authentication_error],
)
