"""What every script here does: names its steps, prints how many passed as JSON, and fails at the first that does not."""

import asyncio
import inspect
import json
import os
import sys
import traceback

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
