"""Makes one call per line of standard input with a provider's own SDK, and says which error class it raised.

In: {"provider", "gateway", "token"}; out: {"class", "status"}, or {"class": null} when the call succeeded.
"""

import json
import sys

import anthropic
import httpx
import openai
import replicate
from google import genai
from google.genai.errors import APIError
from replicate.exceptions import ReplicateError

HELLO = [{"role": "user", "content": "Say hello."}]


def call(provider, gateway, token):
    base = f"{gateway}/{provider}"
    if provider == "openai":
        client = openai.OpenAI(api_key=token, base_url=f"{base}/v1", max_retries=0)
        client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    elif provider == "anthropic":
        client = anthropic.Anthropic(api_key=token, base_url=base, max_retries=0)
        client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=HELLO)
    elif provider == "gemini":
        client = genai.Client(api_key=token, http_options=genai.types.HttpOptions(base_url=base))
        client.models.generate_content(model="gemini-3.1-flash-image", contents="A paper boat")
    elif provider == "replicate":
        client = replicate.Client(api_token=token, base_url=base)
        client.models.predictions.create(model="black-forest-labs/flux-schnell", input={"prompt": "A boat"}, wait=True)
    else:
        address = f"{base}/v2beta/stable-image/generate/core"
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        httpx.post(address, headers=headers, files={"prompt": (None, "A boat")}, timeout=30).raise_for_status()


def status(error):
    found = getattr(error, "status_code", None) or getattr(error, "code", None) or getattr(error, "status", None)
    return error.response.status_code if isinstance(error, httpx.HTTPStatusError) else found


for line in sys.stdin:
    asked = json.loads(line)
    try:
        call(asked["provider"], asked["gateway"], asked["token"])
        told = {"class": None, "status": 200}
    except (openai.APIError, anthropic.APIError, APIError, ReplicateError, httpx.HTTPStatusError) as error:
        told = {"class": type(error).__name__, "status": status(error)}
    print(json.dumps(told), flush=True)
