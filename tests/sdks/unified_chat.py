"""One assistant, written with OpenAI's SDK, that runs unchanged on whichever account its client prefers for chat.

Nothing here knows which provider answers: only what the client picked differs from run to run.
"""

import base64
import json
from typing import Literal

import openai
from pydantic import BaseModel
from steps import GATEWAY, TOKEN, UNKNOWN_TOKEN, raises, run

BASE = f"{GATEWAY}/chat/v1"
MODEL = "ownkey"
client = openai.OpenAI(base_url=BASE, api_key=TOKEN, max_retries=0)
chats = client.chat.completions
HELLO = [{"role": "user", "content": "Say hello."}]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = base64.b64encode(b"%PDF-1.4\n% a practice file\n%%EOF\n").decode()


def function(name, strict=False, **properties):
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "function": {"name": name, "description": f"Tells the {name}.", "parameters": parameters, "strict": strict},
    }


WEATHER = function("weather", city={"type": "string"}, days={"type": "integer", "minimum": 1, "maximum": 7})
CLOCK = function("clock", strict=True, zone={"type": "string", "enum": ["CET", "UTC"]})
TOOLS = [WEATHER, CLOCK]


class Place(BaseModel):
    name: str
    unit: Literal["km", "mi"]


class Trip(BaseModel):
    title: str
    days: int
    places: list[Place]
    note: str | None


def in_the_background():
    """An async client of its own: one event loop each."""
    return openai.AsyncOpenAI(base_url=BASE, api_key=TOKEN, max_retries=0)


def ask(messages=HELLO, **more):
    return chats.create(model=MODEL, messages=messages, **more)


def arguments(call):
    return json.loads(call.function.arguments)


def plain():
    answer = chats.with_raw_response.create(model=MODEL, messages=HELLO)
    assert answer.headers["ownkey-paid-by"] == "client", dict(answer.headers)
    assert answer.headers["ownkey-call"].startswith("call_")
    whole = answer.parse()
    [choice] = whole.choices
    assert whole.object == "chat.completion" and whole.id and whole.created > 1_700_000_000
    assert choice.message.role == "assistant" and choice.message.content and choice.finish_reason == "stop"
    assert choice.message.tool_calls is None and choice.message.refusal is None
    usage = whole.usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def system_and_developer():
    talk = [
        {"role": "system", "content": "You are brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Answer in English."}]},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": "A word?"},
        {"role": "developer", "content": "One word only."},
    ]
    alone = ask([talk[2]]).usage.prompt_tokens
    answer = ask(talk, temperature=0.2, max_completion_tokens=200, user="customer-7")
    assert answer.choices[0].message.content and answer.usage.prompt_tokens > alone


def tools_in_turns():
    talk = [{"role": "user", "content": "Compare the weather in two cities."}]
    first = ask(talk, tools=TOOLS).choices[0]
    assert first.finish_reason == "tool_calls", first
    calls = first.message.tool_calls
    assert len(calls) == 2 and calls[0].id != calls[1].id, calls
    for call in calls:
        assert call.type == "function" and call.function.name == "weather"
        assert isinstance(arguments(call)["city"], str) and 1 <= arguments(call)["days"] <= 7
    talk.append(first.message)
    talk += [{"role": "tool", "tool_call_id": c.id, "content": f"It rains in place {n}."} for n, c in enumerate(calls)]
    second = ask(talk, tools=TOOLS).choices[0]
    assert second.finish_reason == "stop"
    assert all(f"It rains in place {n}." in second.message.content for n in (0, 1)), second.message.content
    talk += [second.message, {"role": "user", "content": "And what does the clock say?"}]
    third = ask(talk, tools=TOOLS).choices[0]
    [call] = third.message.tool_calls
    assert call.function.name == "clock" and arguments(call)["zone"] in ("CET", "UTC")
    talk += [third.message.model_dump(exclude_none=True)]
    talk += [{"role": "tool", "tool_call_id": call.id, "content": [{"type": "text", "text": "Noon."}]}]
    assert "Noon." in ask(talk, tools=TOOLS).choices[0].message.content
    assert "Noon." in ask(talk).choices[0].message.content, "the tools are not needed any more"


def choices_of_tools():
    talk = [{"role": "user", "content": "The weather in two cities, please."}]

    def called(**more):
        found = ask(talk, tools=TOOLS, **more).choices[0].message
        return [call.function.name for call in found.tool_calls or []]

    assert called(tool_choice="auto") == ["weather", "weather"]
    assert called(tool_choice="none") == []
    assert called(tool_choice="required") == ["weather"]
    assert called(tool_choice={"type": "function", "function": {"name": "clock"}}) == ["clock"]
    assert called(parallel_tool_calls=False) == ["weather"]
    allowed = {"mode": "auto", "tools": [{"type": "function", "function": {"name": "clock"}}]}
    assert set(called(tool_choice={"type": "allowed_tools", "allowed_tools": allowed})) == {"clock"}


def pictures():
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}}
    parts = [{"type": "text", "text": "What is on them?"}, picture, picture]
    answer = ask([{"role": "user", "content": parts}])
    assert "2 pictures" in answer.choices[0].message.content
    assert answer.usage.prompt_tokens > ask([{"role": "user", "content": parts[:1]}]).usage.prompt_tokens


def pdf():
    file = {"filename": "offer.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
    parts = [{"type": "file", "file": file}, {"type": "text", "text": "Sum it up."}]
    assert "1 file" in ask([{"role": "user", "content": parts}]).choices[0].message.content


def json_answers():
    schema = Trip.model_json_schema()
    schema["additionalProperties"] = schema["$defs"]["Place"]["additionalProperties"] = False
    schema["required"] = ["title", "days", "places", "note"]
    form = {"type": "json_schema", "json_schema": {"name": "trip", "strict": True, "schema": schema}}
    Trip.model_validate_json(ask(response_format=form).choices[0].message.content)
    words = [{"role": "user", "content": "A trip as JSON."}]
    whole = ask(words, response_format={"type": "json_object"}).choices[0]
    assert isinstance(json.loads(whole.message.content), dict) and whole.finish_reason == "stop"
    chunks = list(ask(words, response_format={"type": "json_object"}, stream=True))
    assert json.loads(text(chunks)) == json.loads(whole.message.content)
    assert chunks[-1].choices[0].finish_reason == "stop"
    # With tools beside it: first the tool, then the answer.
    talk = [{"role": "user", "content": "The weather as JSON."}]
    first = ask(talk, tools=[WEATHER], response_format={"type": "json_object"}).choices[0].message
    talk += [first, *({"role": "tool", "tool_call_id": c.id, "content": "Rain."} for c in first.tool_calls)]
    last = ask(talk, tools=[WEATHER], response_format={"type": "json_object"}).choices[0].message
    assert isinstance(json.loads(last.content), dict), last


def parsed():
    trip = chats.parse(model=MODEL, messages=HELLO, response_format=Trip).choices[0].message
    assert isinstance(trip.parsed, Trip) and isinstance(trip.parsed.places[0], Place)
    again = chats.parse(model=MODEL, messages=[*HELLO, trip, *HELLO], response_format=Trip)
    assert isinstance(again.choices[0].message.parsed, Trip)
    tool = openai.pydantic_function_tool(Trip, name="book")
    talk = [{"role": "user", "content": "Please book it."}]
    booked = chats.parse(model=MODEL, messages=talk, tools=[tool]).choices[0].message
    [call] = booked.tool_calls
    assert isinstance(call.function.parsed_arguments, Trip)
    talk += [booked, {"role": "tool", "tool_call_id": call.id, "content": "Booked."}]
    assert "Booked." in chats.parse(model=MODEL, messages=talk, tools=[tool]).choices[0].message.content


def ends():
    whole = ask().choices[0].message.content
    word = whole.split()[4]
    cut = ask(stop=[word, "never said"]).choices[0]
    assert cut.finish_reason == "stop" and cut.message.content == whole.split(word)[0]
    limited = ask(max_tokens=3)
    assert limited.choices[0].finish_reason == "length" and limited.usage.completion_tokens == 3
    assert whole.startswith(limited.choices[0].message.content)
    refused = ask([{"role": "user", "content": "[refused] please"}]).choices[0]
    assert refused.message.refusal and not refused.message.content, refused
    told = list(ask([{"role": "user", "content": "[refused] please"}], stream=True))
    assert "".join(c.choices[0].delta.refusal or "" for c in told) == refused.message.refusal
    raises(openai.LengthFinishReasonError, lambda: chats.parse(model=MODEL, messages=HELLO, response_format=Trip, max_tokens=3))


def text(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def streamed():
    chunks = list(ask(stream=True))
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[-1].choices[0].finish_reason == "stop"
    assert text(chunks) == ask().choices[0].message.content and len(chunks) > 5
    assert all(c.usage is None and "usage" not in c.model_fields_set for c in chunks), "usage was not asked for"
    assert len({c.id for c in chunks}) == 1
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage == ask().usage, (chunks[-1].usage, ask().usage)
    assert all(c.usage is None for c in chunks[:-1])


def streamed_tools():
    talk = [{"role": "user", "content": "The weather in two cities."}]
    chunks = list(ask(talk, tools=TOOLS, stream=True, stream_options={"include_usage": True}))
    found = {}
    for chunk in chunks:
        for piece in chunk.choices[0].delta.tool_calls or [] if chunk.choices else []:
            call = found.setdefault(piece.index, {"id": piece.id, "name": piece.function.name, "arguments": ""})
            call["arguments"] += piece.function.arguments or ""
    assert sorted(found) == [0, 1] and all(c["id"] and c["name"] == "weather" for c in found.values()), found
    whole = ask(talk, tools=TOOLS).choices[0].message.tool_calls
    assert [json.loads(found[n]["arguments"]) for n in (0, 1)] == [arguments(call) for call in whole]
    assert chunks[-2].choices[0].finish_reason == "tool_calls" and chunks[-1].usage.total_tokens > 0
    with chats.stream(model=MODEL, messages=talk, tools=TOOLS) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds
    assert [c.function.name for c in final.choices[0].message.tool_calls] == ["weather", "weather"]


async def in_async():
    async with in_the_background() as own:
        create = own.chat.completions.create
        whole = await create(model=MODEL, messages=HELLO)
        stream = await create(model=MODEL, messages=HELLO, stream=True)
        assert text([chunk async for chunk in stream]) == whole.choices[0].message.content
        called = await create(model=MODEL, messages=[{"role": "user", "content": "The clock?"}], tools=TOOLS)
        assert called.choices[0].message.tool_calls[0].function.name == "clock"
        trip = await own.chat.completions.parse(model=MODEL, messages=HELLO, response_format=Trip)
        assert isinstance(trip.choices[0].message.parsed, Trip)
        async with own.chat.completions.stream(model=MODEL, messages=HELLO) as stream:
            final = await stream.get_final_completion()
        assert final.choices[0].message.content == whole.choices[0].message.content


async def agent():
    """The agents SDK: a loop of its own that calls two tools and then answers, and one that is streamed."""
    import agents

    agents.set_tracing_disabled(True)
    asked = []

    @agents.function_tool
    def weather(city: str) -> str:
        """Tells the weather."""
        asked.append(city)
        return f"It rains in {city}."

    async with in_the_background() as own:
        model = agents.OpenAIChatCompletionsModel(model=MODEL, openai_client=own)
        helper = agents.Agent(name="Helper", instructions="Use your tools.", model=model, tools=[weather])
        done = await agents.Runner.run(helper, "The weather in two cities.")
        assert len(asked) == 2 and all(f"It rains in {city}." in done.final_output for city in asked), done.final_output
        usage = done.context_wrapper.usage
        assert usage.requests == 2 and usage.total_tokens > 0, usage
        again = await agents.Runner.run(helper, [*done.to_input_list(), {"role": "user", "content": "Thank you."}])
        assert again.final_output and len(asked) == 3
        streaming = agents.Runner.run_streamed(helper, "The weather?")
        kinds = {event.type async for event in streaming.stream_events()}
        assert "raw_response_event" in kinds and "It rains" in streaming.final_output and len(asked) == 4
        planner = agents.Agent(name="Planner", instructions="Plan.", model=model, output_type=Trip)
        planned = await agents.Runner.run(planner, "A trip.")
        assert isinstance(planned.final_output, Trip)


def error_classes():
    unknown = raises(openai.NotFoundError, lambda: chats.create(model="no-such-model", messages=HELLO))
    assert unknown.code == "model_not_found", unknown.body
    odd = raises(openai.BadRequestError, lambda: ask(extra_body={"no_such_field": 1}))
    assert odd.param == "no_such_field" and odd.type == "invalid_request_error", odd.body
    raises(openai.BadRequestError, lambda: ask([{"role": "nobody", "content": "Hello"}]))
    dangling = [*HELLO, {"role": "tool", "tool_call_id": "call_none", "content": "x"}]
    raises(openai.BadRequestError, lambda: ask(dangling))
    stranger = openai.OpenAI(base_url=BASE, api_key=UNKNOWN_TOKEN, max_retries=0)
    raises(openai.AuthenticationError, lambda: stranger.chat.completions.create(model=MODEL, messages=HELLO))
    raises(openai.NotFoundError, lambda: client.models.list())


def refused_by_name():
    """Only where the preferred account cannot carry a field."""
    error = raises(openai.BadRequestError, lambda: ask(seed=7))
    assert (error.param, error.code) == ("seed", "unsupported_parameter"), error.body
    error = raises(openai.BadRequestError, lambda: ask(n=2))
    assert error.param == "n" and "Anthropic" in error.message
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    error = raises(openai.BadRequestError, lambda: ask([{"role": "user", "content": [sound]}]))
    assert error.param == "messages[0].content[0].input_audio", error.body


def dead():
    for _ in range(2):
        error = raises(openai.AuthenticationError, ask)
        assert error.status_code == 401, error
    raises(openai.AuthenticationError, lambda: list(ask(stream=True)))


def drained():
    for _ in range(3):
        error = raises(openai.RateLimitError, ask)
        assert error.type == "insufficient_quota", error.body
    retrying = openai.OpenAI(base_url=BASE, api_key=TOKEN, max_retries=2)
    raises(openai.RateLimitError, lambda: retrying.chat.completions.create(model=MODEL, messages=HELLO))


def drained_in_async():
    async def asks():
        async with in_the_background() as own:
            await own.chat.completions.create(model=MODEL, messages=HELLO)

    import asyncio

    raises(openai.RateLimitError, lambda: asyncio.run(asks()))


talks = [plain, system_and_developer, tools_in_turns, choices_of_tools, pictures, pdf, json_answers, parsed, ends]
talks += [streamed, streamed_tools, in_async]
run(
    calls=talks,
    agent=[agent],
    errors=[error_classes],
    refused=[refused_by_name],
    dead=[dead],
    drained=[drained, drained_in_async],
)
