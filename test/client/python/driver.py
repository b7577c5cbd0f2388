"""Makes the calls that it reads, one JSON text a line, with the installed client, and writes what came of each."""

import asyncio
import json
import sys
import time

import strongroom
from strongroom._calls import plain


def told(error: Exception) -> dict:
    if not isinstance(error, strongroom.StrongroomError):
        return {"raised": type(error).__name__, "message": str(error), "fault": getattr(error, "fault", None)}
    fields = ("code", "status_code", "request_id", "details", "budget", "retry_after", "idempotency_key")
    facts = {name: getattr(error, name) for name in (*fields, "report_id", "sent", "results", "issued")}
    return {"raised": type(error).__name__, "message": str(error), **facts}


def verify(ask: dict):
    webhook = strongroom.verify_webhook(ask["headers"], ask["body"], **ask["keys"])
    return {"id": webhook.id, "type": webhook.type, "seq": webhook.seq}


def listed(ask: dict, client):
    found = strongroom.paginate(getattr(client, ask["call"]), **ask["arguments"])
    return [plain(one) for one in found]


async def listed_async(ask: dict, client):
    found = strongroom.paginate_async(getattr(client, ask["call"]), **ask["arguments"])
    return [plain(one) async for one in found]


def in_threads(ask: dict):
    client_of = getattr(strongroom, f"{ask['client']}Client")
    with client_of(ask["url"], *ask["credential"], **ask.get("options", {})) as client:
        if ask.get("all"):
            return listed(ask, client)
        return getattr(client, ask["call"])(**ask["arguments"])


async def in_asyncio(ask: dict):
    client_of = getattr(strongroom, f"Async{ask['client']}Client")
    async with client_of(ask["url"], *ask["credential"], **ask.get("options", {})) as client:
        if ask.get("all"):
            return await listed_async(ask, client)
        return await getattr(client, ask["call"])(**ask["arguments"])


for line in sys.stdin:
    ask = json.loads(line)
    began = time.monotonic()
    try:
        if "headers" in ask:
            answer = verify(ask)
        elif ask["async"]:
            answer = asyncio.run(in_asyncio(ask))
        else:
            answer = in_threads(ask)
        told_of = {"answer": answer.hex() if isinstance(answer, bytes) else plain(answer)}
    except Exception as error:
        told_of = told(error)
    print(json.dumps({**told_of, "seconds": time.monotonic() - began}), flush=True)
