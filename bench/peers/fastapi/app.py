"""The no-op and the echo of bench/plugins/noop.cpp as FastAPI would have it."""

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

app = FastAPI()


@app.post("/noop")
async def noop():
    return PlainTextResponse("ok")


@app.post("/echo")
async def echo(request: Request):
    return Response(await request.body())
