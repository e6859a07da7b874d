"""The official library of the Standard Webhooks specification takes what the agency sent, and nothing that was changed."""

import os

from standardwebhooks import Webhook, WebhookVerificationError

body = os.environ["OWNKEY_BODY"]
headers = {name: os.environ["OWNKEY_" + name.replace("-", "_").upper()] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
desk = Webhook(os.environ["OWNKEY_WEBHOOK_KEY"])

said = desk.verify(body, headers)
assert said["type"] == "key.due", said
for changed in ({"webhook-id": "evt_other"}, {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}):
    try:
        desk.verify(body, headers | changed)
    except WebhookVerificationError:
        continue
    raise AssertionError(f"{changed} was taken")
