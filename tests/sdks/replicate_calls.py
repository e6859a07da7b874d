"""Every work call of Replicate that an assistant may make, with the official SDK."""

import asyncio

import replicate
from replicate.exceptions import ReplicateError
from replicate.helpers import FileOutput
from steps import DIRECT, DIRECT_KEY, GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run, same

BASE = f"{GATEWAY}/replicate"
client = replicate.Client(api_token=TOKEN, base_url=BASE)
DRAWS = "black-forest-labs/flux-schnell"
PROMPT = {"prompt": "A paper boat"}


def addresses(prediction):
    return [prediction.urls[name] for name in ("get", "cancel", "stream")]


def file(output, of):
    """The SDK wraps only `https:` outputs by itself, and this gateway is on loopback."""
    assert output.startswith(BASE), output
    return FileOutput(output, of)


def run_and_read_the_output():
    outputs = client.run(DRAWS, input=PROMPT)
    assert file(outputs[0], client).read().startswith(b"\x89PNG")


def made_by_model_and_waited_for():
    made = client.models.predictions.create(model=DRAWS, input=PROMPT, wait=True)
    assert made.status == "succeeded" and made.metrics["predict_time"] > 0
    assert all(address.startswith(BASE) for address in addresses(made)), made.urls


def made_by_version_and_looked_at():
    version = client.models.get(DRAWS).latest_version.id
    made = client.predictions.create(version=version, input=PROMPT)
    assert made.status == "starting"
    made.wait()
    assert made.status == "succeeded"
    assert client.predictions.get(made.id).output[0].startswith(BASE)


def cancelled():
    made = client.models.predictions.create(model=DRAWS, input=PROMPT, wait=False)
    made.cancel()
    assert client.predictions.get(made.id).status == "canceled"


def streamed():
    made = client.models.predictions.create(model=DRAWS, input=PROMPT, wait=False)
    events = list(made.stream())
    kinds = [event.event.value for event in events]
    assert kinds[-1] == "done" and "output" in kinds
    output = next(event.data for event in events if event.event.value == "output")
    assert str(output).startswith(BASE), output
    assert [str(event.event.value) for event in client.stream(DRAWS, input=PROMPT)][-1] == "done"


async def run_async():
    own = replicate.Client(api_token=TOKEN, base_url=BASE)
    outputs = await own.async_run(DRAWS, input=PROMPT)
    assert (await file(outputs[0], own).aread()).startswith(b"\x89PNG")
    made = await own.models.predictions.async_create(model=DRAWS, input=PROMPT)
    await made.async_wait()
    assert made.status == "succeeded"


async def awaited_by(c):
    own = replicate.Client(api_token=c._api_token, base_url=c._base_url)
    return await own.async_run(DRAWS, input=PROMPT, use_file_output=False)


def the_same_as_directly():
    there = replicate.Client(api_token=DIRECT_KEY, base_url=DIRECT)
    predict = lambda c, **more: c.models.predictions.create(model=DRAWS, input=PROMPT, **more)
    same("replicate", client, there, {
        "made": lambda c: predict(c, wait=False),
        "waited for": lambda c: predict(c, wait=True),
        "looked at": lambda c: c.predictions.get(predict(c, wait=True).id),
        "run": lambda c: c.run(DRAWS, input=PROMPT, use_file_output=False),
        "run, async": awaited_by,
        "its file": lambda c: FileOutput(predict(c, wait=True).output[0], c).read(),
        "streamed": lambda c: [(e.event.value, e.data, e.id) for e in predict(c, wait=False).stream()],
        "model": lambda c: c.models.get(DRAWS),
    })


def every_error():
    own = replicate.Client(api_token=TOKEN, base_url=BASE)
    found = [
        raises(ReplicateError, lambda: client.run(DRAWS, input=PROMPT)),
        raises(ReplicateError, lambda: asyncio.run(own.async_run(DRAWS, input=PROMPT))),
        raises(ReplicateError, lambda: list(client.stream(DRAWS, input=PROMPT))),
    ]
    return found


def every_way():
    return [error.status for error in every_error()]


def paused_is_error_403():
    assert [(error.status, error.type) for error in every_error()] == [(403, "paused")] * 3


def over_budget_is_error_402():
    assert [(error.status, error.type) for error in every_error()] == [(402, "over_budget")] * 3


def not_connected_is_error_403():
    assert every_way() == [403] * 3


def drained_is_error_402():
    assert every_way() == [402] * 3


def an_unknown_token_is_error_401():
    stranger = replicate.Client(api_token=UNKNOWN_TOKEN, base_url=BASE)
    assert raises(ReplicateError, lambda: stranger.run(DRAWS, input=PROMPT)).status == 401


def a_route_that_is_not_offered_is_error_404():
    assert raises(ReplicateError, lambda: client.predictions.list()).status == 404
    assert raises(ReplicateError, lambda: client.accounts.current()).status == 404


def a_prediction_that_nobody_made_is_error_404():
    assert raises(ReplicateError, lambda: client.predictions.get("a" * 26)).status == 404


def what_the_provider_refuses_arrives_as_it_is():
    assert raises(ReplicateError, lambda: client.run(DRAWS, input={})).status == 422


def a_dead_key_is_error_401():
    for _ in range(2):
        assert raises(ReplicateError, lambda: client.run(DRAWS, input=PROMPT)).status == 401


run(
    calls=[
        run_and_read_the_output, made_by_model_and_waited_for, made_by_version_and_looked_at, cancelled, streamed,
        run_async,
    ],
    same=[the_same_as_directly],
    not_connected=[not_connected_is_error_403],
    drained=[drained_is_error_402],
    not_allowed=[not_connected_is_error_403],
    paused=[paused_is_error_403],
    over_budget=[over_budget_is_error_402],
    errors=[
        an_unknown_token_is_error_401, a_route_that_is_not_offered_is_error_404,
        a_prediction_that_nobody_made_is_error_404, what_the_provider_refuses_arrives_as_it_is,
    ],
    dead=[a_dead_key_is_error_401],
)
