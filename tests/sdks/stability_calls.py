"""Every work call of Stability that an assistant may make: it has no SDK, so a plain multipart client stands for it."""

import base64

import httpx
from steps import GATEWAY, TOKEN, UNKNOWN_TOKEN, run

GENERATE = f"{GATEWAY}/stability/v2beta/stable-image/generate"
PARTS = {"prompt": (None, "A paper boat"), "output_format": (None, "png")}


def made(engine, accept, token=TOKEN, parts=PARTS):
    headers = {"authorization": f"Bearer {token}", "accept": accept}
    return httpx.post(f"{GENERATE}/{engine}", headers=headers, files=parts, timeout=30)


def pictures_as_bytes():
    for engine in ("core", "ultra", "sd3"):
        answer = made(engine, "image/*")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "image/png" and answer.content.startswith(b"\x89PNG")
        assert answer.headers["finish-reason"] == "SUCCESS" and answer.headers["seed"]
        assert answer.headers["ownkey-paid-by"] == "client"


def pictures_as_json():
    for engine in ("core", "ultra", "sd3"):
        answer = made(engine, "application/json").json()
        assert base64.b64decode(answer["image"]).startswith(b"\x89PNG") and answer["finish_reason"] == "SUCCESS"


def a_model_of_sd3():
    assert made("sd3", "image/*", parts={**PARTS, "model": (None, "sd3.5-medium")}).status_code == 200


async def pictures_async():
    async with httpx.AsyncClient(timeout=30) as own:
        headers = {"authorization": f"Bearer {TOKEN}", "accept": "image/*"}
        answer = await own.post(f"{GENERATE}/core", headers=headers, files=PARTS)
        assert answer.content.startswith(b"\x89PNG")


def an_unknown_token_is_401():
    answer = made("core", "image/*", token=UNKNOWN_TOKEN)
    assert answer.status_code == 401 and answer.json()["name"], answer.text


def a_route_that_is_not_offered_is_404():
    headers = {"authorization": f"Bearer {TOKEN}"}
    for path in ("/v1/user/account", "/v1/user/balance", "/v2beta/none"):
        answer = httpx.get(f"{GATEWAY}/stability{path}", headers=headers)
        assert answer.status_code == 404 and answer.json()["errors"], answer.text


def what_the_provider_refuses_arrives_as_it_is():
    answer = made("core", "image/*", parts={"prompt": (None, "")})
    assert answer.status_code == 400 and answer.json()["errors"] == ["prompt: is required"], answer.text
    answer = made("core", "image/*", parts={"prompt": (None, "[moderated]")})
    assert answer.status_code == 403 and answer.json()["name"] == "content_moderation", answer.text


def a_dead_key_is_401():
    for _ in range(2):
        answer = made("core", "image/*")
        assert answer.status_code == 401, answer.text


run(
    calls=[pictures_as_bytes, pictures_as_json, a_model_of_sd3, pictures_async],
    errors=[an_unknown_token_is_401, a_route_that_is_not_offered_is_404, what_the_provider_refuses_arrives_as_it_is],
    dead=[a_dead_key_is_401],
)
