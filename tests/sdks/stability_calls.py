"""Every work call of Stability that an assistant may make: it has no SDK, so a plain multipart client stands for it."""

import base64

import httpx
from steps import DIRECT, DIRECT_KEY, GATEWAY, TOKEN, UNKNOWN_TOKEN, run, same

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


EDIT = f"{GATEWAY}/stability/v2beta/stable-image"
BOAT = ("boat.png", b"\x89PNG practice", "image/png")


def posted(path, base=f"{GATEWAY}/stability", key=TOKEN, accept="image/*", **parts):
    headers = {"authorization": f"Bearer {key}", "accept": accept}
    return httpx.post(f"{base}/v2beta/stable-image/{path}", headers=headers, files={"image": BOAT, **parts}, timeout=30)


def edits_and_upscales():
    for path in ("edit/erase", "edit/remove-background", "edit/outpaint", "upscale/fast"):
        assert posted(path).content.startswith(b"\x89PNG"), path
    for path in ("edit/inpaint", "edit/search-and-replace", "edit/search-and-recolor", "upscale/conservative"):
        assert posted(path, prompt=(None, "A boat")).content.startswith(b"\x89PNG"), path


def work_that_is_fetched_later():
    started = [
        posted("upscale/creative", prompt=(None, "A boat")),
        posted("edit/replace-background-and-relight", subject_image=BOAT),
    ]
    for one in started:
        assert one.status_code in (200, 202), one.text
        address = f"{GATEWAY}/stability/v2beta/results/{one.json()['id']}"
        headers = {"authorization": f"Bearer {TOKEN}", "accept": "image/*"}
        states = [httpx.get(address, headers=headers).status_code for _ in range(2)]
        assert states == [202, 200], states
    foreign = httpx.get(f"{GATEWAY}/stability/v2beta/results/of-somebody-else", headers=headers)
    assert foreign.status_code == 404


def the_same_as_directly():
    here, there = (f"{GATEWAY}/stability", TOKEN), (DIRECT, DIRECT_KEY)

    def later(c):
        base, key = c
        made = posted("upscale/creative", base, key, prompt=(None, "A boat")).json()["id"]
        headers = {"authorization": f"Bearer {key}", "accept": "image/*"}
        return [httpx.get(f"{base}/v2beta/results/{made}", headers=headers).content for _ in range(2)]

    calls = {
        f"{engine}, {accept}": lambda c, e=engine, a=accept: posted(f"generate/{e}", *c, a, prompt=(None, "A boat")).content
        for engine in ("core", "ultra", "sd3")
        for accept in ("image/*", "application/json")
    }
    calls |= {"erased": lambda c: posted("edit/erase", *c).content, "later": later}
    same("stability", here, there, calls)


def not_connected_is_403():
    assert made("sd3", "image/*", parts={**PARTS, "model": (None, "sd3.5-medium")}).status_code == 403


def drained_is_402():
    for _ in range(2):
        answer = made("core", "image/*")
        assert answer.status_code == 402 and answer.json()["name"] == "payment_required", answer.text


def paused_is_403():
    answer = made("core", "image/*")
    assert (answer.status_code, answer.json()["name"]) == (403, "paused"), answer.text


def over_budget_is_402():
    answer = made("core", "image/*")
    assert (answer.status_code, answer.json()["name"]) == (402, "over_budget"), answer.text


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
    calls=[
        pictures_as_bytes, pictures_as_json, a_model_of_sd3, edits_and_upscales, work_that_is_fetched_later,
        pictures_async,
    ],
    same=[the_same_as_directly],
    not_connected=[not_connected_is_403],
    drained=[drained_is_402],
    not_allowed=[not_connected_is_403],
    paused=[paused_is_403],
    over_budget=[over_budget_is_402],
    errors=[an_unknown_token_is_401, a_route_that_is_not_offered_is_404, what_the_provider_refuses_arrives_as_it_is],
    dead=[a_dead_key_is_401],
)
