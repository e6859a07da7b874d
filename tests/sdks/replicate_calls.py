"""Every work call of Replicate that an assistant may make, with the official SDK."""

import replicate
from replicate.exceptions import ReplicateError
from replicate.helpers import FileOutput
from steps import GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run

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
    errors=[
        an_unknown_token_is_error_401, a_route_that_is_not_offered_is_error_404,
        a_prediction_that_nobody_made_is_error_404, what_the_provider_refuses_arrives_as_it_is,
    ],
    dead=[a_dead_key_is_error_401],
)
