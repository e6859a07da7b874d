"""What every script here does: names its steps, prints how many passed as JSON, and fails at the first that does not."""

import asyncio
import inspect
import json
import os
import re
import sys
import traceback
import urllib.request

GATEWAY = os.environ["OWNKEY_GATEWAY"]
TOKEN = os.environ["OWNKEY_TOKEN"]
UNKNOWN_TOKEN = os.environ["OWNKEY_UNKNOWN_TOKEN"]  # of the right form, given to nobody


def raises(kind, act):
    """The error that `act` raises, which must be a `kind`."""
    try:
        done = act()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected, and nothing was raised: {str(done)[:300]}")


DIRECT = os.environ.get("OWNKEY_DIRECT", "")  # the simulated provider itself
DIRECT_KEY = os.environ.get("OWNKEY_DIRECT_KEY", "")  # of the same account as the client's own
FURTHER = json.loads(os.environ.get("OWNKEY_FURTHER", "{}"))  # its further hosts, by name
TIME = re.compile(r'"?\b\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"?|"(created|created_at|completed_at|expires_at)": ?[\d.]+')


def counter(value=None):
    """The simulator's counter of ids: read, or set back so that the same calls are answered with the same ids."""
    body = None if value is None else json.dumps({"counter": value}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{DIRECT}/_sim/counter", data=body)) as answer:
        return json.load(answer).get("counter")


def shown(result):
    """What an SDK gave, as text in full."""
    if isinstance(result, (list, tuple)):
        return "\n".join(shown(one) for one in result)
    if isinstance(result, bytes):
        return result.hex()
    if hasattr(result, "model_dump_json"):
        return result.model_dump_json(exclude={"sdk_http_response"})
    if hasattr(result, "dict"):
        return json.dumps(result.dict(), default=str)
    return json.dumps(result, default=str)


def at_the_provider(text, provider):
    """A text with the gateway's addresses turned back into the provider's, and without the time of day."""
    here = f"{GATEWAY}/{provider}"
    for name, origin in FURTHER.items():
        text = text.replace(f"{here}/_host/{name}", origin)
    return TIME.sub("(time)", text.replace(here, DIRECT))


def same(provider, here, there, calls):
    """Each call through the gateway gives what it gives directly, byte for byte."""
    for name, call in calls.items():
        at = counter()
        through = at_the_provider(shown(finished(call, here)), provider)
        counter(at)
        direct = at_the_provider(shown(finished(call, there)), provider)
        assert direct and through == direct, f"{name}\nthrough: {through[:1500]}\ndirect:  {direct[:1500]}"


def finished(call, client):
    return asyncio.run(call(client)) if inspect.iscoroutinefunction(call) else call(client)


def run(**parts):
    """Runs the part that the command line names: a list of functions, plain or async, in their order."""
    done = []
    for step in parts[sys.argv[1]]:
        try:
            asyncio.run(step()) if inspect.iscoroutinefunction(step) else step()
        except BaseException:
            traceback.print_exc()
            print(json.dumps({"passed": done, "failed": step.__name__}))
            sys.exit(1)
        done.append(step.__name__)
    print(json.dumps({"passed": done}))
