"""Every work call of Anthropic that an assistant may make, with the official SDK and both styles of its key."""

import asyncio

import anthropic
from steps import DIRECT, DIRECT_KEY, GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run, same

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


ONE = [{"custom_id": "one", "params": ASKED}]


def batches():
    made = client.messages.batches.create(requests=ONE)
    assert made.processing_status == "in_progress" and made.results_url is None
    ended = client.messages.batches.retrieve(made.id)
    assert ended.processing_status == "ended" and ended.results_url.startswith(BASE), ended.results_url
    lines = list(client.messages.batches.results(made.id))
    assert lines[0].custom_id == "one" and lines[0].result.message.usage.output_tokens > 0
    assert client.messages.batches.delete(made.id).id == made.id
    other = client.messages.batches.create(requests=ONE)
    assert client.messages.batches.cancel(other.id).processing_status == "canceling"
    raises(anthropic.NotFoundError, lambda: client.messages.batches.retrieve("msgbatch_of_somebody_else"))


async def batches_async():
    async with anthropic.AsyncAnthropic(base_url=BASE, api_key=TOKEN, max_retries=0) as own:
        made = await own.messages.batches.create(requests=ONE)
        lines = [line async for line in await own.messages.batches.results(made.id)]
        assert lines[0].result.type == "succeeded"


async def message_by(c):
    async with anthropic.AsyncAnthropic(base_url=c.base_url, api_key=c.api_key, max_retries=0) as own:
        return await own.messages.create(**ASKED)


async def streamed_by(c):
    async with anthropic.AsyncAnthropic(base_url=c.base_url, api_key=c.api_key, max_retries=0) as own:
        return [event async for event in await own.messages.create(**ASKED, stream=True)]


def the_same_as_directly():
    there = anthropic.Anthropic(base_url=DIRECT, api_key=DIRECT_KEY, max_retries=0)
    counted = {name: value for name, value in ASKED.items() if name != "max_tokens"}
    same("anthropic", client, there, {
        "message": lambda c: c.messages.create(**ASKED),
        "message, async": message_by,
        "message streamed": lambda c: list(c.messages.create(**ASKED, stream=True)),
        "message streamed, async": streamed_by,
        "tokens": lambda c: c.messages.count_tokens(**counted),
        "models": lambda c: list(c.models.list()),
        "batch": lambda c: c.messages.batches.create(requests=ONE),
        "batch at its end": lambda c: c.messages.batches.retrieve(c.messages.batches.create(requests=ONE).id),
        "results": lambda c: list(c.messages.batches.results(c.messages.batches.create(requests=ONE).id)),
    })


def every_way(kind):
    async def apart():
        async with anthropic.AsyncAnthropic(base_url=BASE, api_key=TOKEN, max_retries=0) as own:
            await own.messages.create(**ASKED)

    ask = lambda **more: client.messages.create(**ASKED, **more)
    errors = [raises(kind, ask), raises(kind, lambda: list(ask(stream=True))), raises(kind, lambda: asyncio.run(apart()))]
    return [error.body["error"].get("details", {}).get("error_code") for error in errors]


def not_connected_is_permission_denied():
    assert every_way(anthropic.PermissionDeniedError) == ["not_connected"] * 3


def drained_is_a_bad_request_as_at_anthropic():
    every_way(anthropic.BadRequestError)


def a_model_that_is_not_allowed_is_permission_denied():
    assert every_way(anthropic.PermissionDeniedError) == ["model_not_allowed"] * 3


def paused_is_permission_denied():
    assert every_way(anthropic.PermissionDeniedError) == ["paused"] * 3


def over_budget_is_a_bad_request_as_a_spent_balance_is():
    assert every_way(anthropic.BadRequestError) == ["over_budget"] * 3


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
    calls=[
        messages, messages_streamed, messages_async, tokens_counted, batches, batches_async, models,
        both_styles_of_the_key,
    ],
    same=[the_same_as_directly],
    not_connected=[not_connected_is_permission_denied],
    drained=[drained_is_a_bad_request_as_at_anthropic],
    not_allowed=[a_model_that_is_not_allowed_is_permission_denied],
    paused=[paused_is_permission_denied],
    over_budget=[over_budget_is_a_bad_request_as_a_spent_balance_is],
    errors=[
        an_unknown_token_is_an_authentication_error, a_route_that_is_not_offered_is_not_found,
        what_the_provider_refuses_arrives_as_it_is,
    ],
    dead=[a_dead_key_is_an_authentication_error],
)
