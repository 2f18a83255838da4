"""The official OpenAI Python SDK as a client of the gateway.

Every check is a promise to somebody who points this SDK at the gateway: what works, which exception comes, and that
the tokens charged are the tokens used.
"""

import sys
import time

import openai
from gateway import Gateway
from openai import DefaultHttpxClient, OpenAI

PROGRAM = sys.argv[1]
CHECKS = []


def check(test):
    CHECKS.append(test)
    return test


class Wire:
    """What really went over the wire: each request's time, and its response's status, headers and time."""

    def __init__(self):
        self.requests = []
        self.responses = []

    def client(self):
        hooks = {
            "request": [lambda _: self.requests.append(time.monotonic())],
            "response": [lambda it: self.responses.append((time.monotonic(), it.status_code, it.headers))],
        }
        return DefaultHttpxClient(event_hooks=hooks)


def sdk(gateway, key, **more):
    return OpenAI(base_url=gateway.url + "/v1", api_key=key, **{"max_retries": 0, **more})


def ask(client, text="What is a toll?", model="demo-small", **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def raises(kind, act):
    try:
        act()
    except kind as error:
        # Subclasses of what is expected are something else.
        assert type(error) is kind, repr(error)
        return error
    raise AssertionError(f"no {kind.__name__}")


@check
def a_completion_is_answered(gateway):
    answer = ask(sdk(gateway, "sk-demo-acme"))
    assert answer.choices[0].message.content.startswith("A toll is paid"), answer
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@check
def a_stream_comes_word_by_word_and_every_chunk_has_a_choice(gateway):
    chunks = list(ask(sdk(gateway, "sk-demo-acme"), stream=True))
    words = [chunk.choices[0].delta.content for chunk in chunks]
    assert "".join(word for word in words if word).startswith("A toll is paid"), words
    assert len(chunks) > 5 and chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)


@check
def a_stream_that_asks_for_its_usage_gets_it(gateway):
    chunks = list(ask(sdk(gateway, "sk-demo-acme"), stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


@check
def a_429_is_retried_after_exactly_the_wait_and_then_succeeds(gateway):
    wire = Wire()
    client = sdk(gateway, "sk-demo-patient", max_retries=2, http_client=wire.client())
    before = gateway.books()["gate"]
    answers = [ask(client), ask(client), ask(client)]
    assert all(answer.choices for answer in answers)
    # Two at once, one refusal, and one retry: the SDK needed no second one.
    statuses = [status for _, status, _ in wire.responses]
    assert statuses == [200, 200, 429, 200], statuses
    refused_at, _, headers = wire.responses[2]
    wait = int(headers["retry-after-ms"]) / 1000
    waited = wire.requests[3] - refused_at
    assert wait <= int(headers["retry-after"]) < wait + 1 and 0 < wait < 4, headers
    assert wait <= waited, (wait, waited)
    after = gateway.books()["gate"]
    assert after["denied"] - before["denied"] == 1 and after["admitted"] - before["admitted"] == 3, after
    return f"told to wait {wait:.3f} s, came after {waited:.3f} s"


@check
def a_429_that_is_not_retried_is_a_rate_limit_error(gateway):
    client = sdk(gateway, "sk-demo-patient")
    error = raises(openai.RateLimitError, lambda: [ask(client) for _ in range(3)])
    assert error.code == "rate_limit_exceeded", error.body
    assert error.type == "requests", error.body


@check
def a_cost_above_a_limit_is_refused_and_never_retried(gateway):
    wire = Wire()
    client = sdk(gateway, "sk-demo-acme", max_retries=2, http_client=wire.client())
    raises(openai.RateLimitError, lambda: ask(client, model="demo-large", max_tokens=5000))
    (_, _, headers), = wire.responses
    assert "retry-after" not in headers and headers["x-should-retry"] == "false", headers


@check
def a_model_that_is_not_allowed_is_a_permission_denied_error(gateway):
    client = sdk(gateway, "sk-demo-globex")
    error = raises(openai.PermissionDeniedError, lambda: ask(client, model="demo-large"))
    assert "demo-large" in error.message, error.message
    assert [model.id for model in client.models.list()] == ["demo-small"]


@check
def a_wrong_key_is_an_authentication_error(gateway):
    error = raises(openai.AuthenticationError, lambda: ask(sdk(gateway, "sk-wrong")))
    assert error.code == "invalid_api_key", error.body
    raises(openai.AuthenticationError, lambda: sdk(gateway, "sk-wrong").models.list())


@check
def a_bad_request_names_the_parameter(gateway):
    error = raises(openai.BadRequestError, lambda: ask(sdk(gateway, "sk-demo-acme"), max_tokens=-1))
    assert error.param == "max_tokens", error.body


@check
def what_fails_behind_the_gateway_is_free(gateway):
    key = "sk-demo-acme"
    before = gateway.level(key, "tokens"), gateway.level(key, "requests_per_minute")
    client = sdk(gateway, key)
    raises(openai.InternalServerError, lambda: ask(client, model="fail-500"))
    raises(openai.InternalServerError, lambda: ask(client, model="fail-429"))
    gateway.books()
    after = gateway.level(key, "tokens"), gateway.level(key, "requests_per_minute")
    assert [level["used"] for level in before] == [level["used"] for level in after], (before, after)
    raises(openai.BadRequestError, lambda: ask(client, model="fail-400"))
    gateway.books()
    assert gateway.level(key, "tokens")["used"] == before[0]["used"]
    assert gateway.level(key, "requests_per_minute")["used"] == before[1]["used"] + 1


@check
def a_client_that_hangs_up_frees_its_slot_and_pays_what_was_reserved(gateway):
    key = "sk-demo-crowd"
    before = gateway.level(key, "tokens")["used"]
    stream = ask(sdk(gateway, key), model="demo-slow", stream=True, max_tokens=500)
    assert next(stream).choices and next(stream).choices
    assert gateway.level(key, "in-flight")["used"] == 1
    reserved = gateway.level(key, "tokens")["used"] - before
    stream.close()
    gateway.until(lambda: gateway.level(key, "in-flight"), lambda level: level["used"] == 0)
    assert gateway.level(key, "tokens")["used"] == before + reserved and reserved > 500
    return f"{reserved} tokens kept"


@check
def the_headers_tell_the_levels_as_openai_does(gateway):
    raw = sdk(gateway, "sk-demo-globex").chat.completions.with_raw_response
    told = ask(type("Chat", (), {"chat": type("", (), {"completions": raw})})).headers
    assert told["x-ratelimit-limit-requests"] == "60" and told["x-ratelimit-limit-tokens"] == "5000", told
    assert told["x-ratelimit-remaining-requests"] == "59", told
    assert "set-cookie" not in told and told["x-request-id"] == "req_demo"


@check
def what_is_charged_is_what_was_used_to_the_token(gateway):
    key = "sk-demo-acme"
    used = lambda: (gateway.books(), gateway.level(key, "tokens")["used"])[1]
    begin, client, told, calls = used(), sdk(gateway, key), 0, 0
    for number in range(1, 13):
        text = "word " * (number * 7 % 31 + 1)
        told += ask(client, text).usage.total_tokens
        told += ask(client, text, max_tokens=number, n=number % 3 + 1).usage.total_tokens
        stream = list(ask(client, text, stream=True, stream_options={"include_usage": True}))
        told += stream[-1].usage.total_tokens
        calls += 3
    charged = used() - begin
    assert charged == told, (charged, told)

    # Streams that tell their client nothing: the upstream's own books know.
    books, begin = gateway.books()["upstream"], used()
    for number in range(12):
        list(ask(client, "word " * number, stream=True))
        calls += 1
    now, hidden = gateway.books()["upstream"], used() - begin
    served = sum(now[name] - books[name] for name in ("prompt_tokens", "completion_tokens"))
    assert hidden == served > 0, (hidden, served)
    return f"{calls} calls: {charged} + {hidden} tokens charged, {told} + {served} used"


@check
def every_request_was_settled_and_has_ended(gateway):
    gate = gateway.books()["gate"]
    assert gate["admitted"] == gate["settled"] == gate["finished"] > 50, gate
    return str(gate)


def clamped():
    """With --clamp an answer is as long as the tenant can pay."""
    with Gateway(PROGRAM, "--clamp") as gateway:
        client = sdk(gateway, "sk-demo-acme")
        large = lambda **more: ask(client, model="demo-large", **more)
        answer = large(max_tokens=1_000_000)
        assert answer.choices[0].finish_reason == "stop"
        # The answers take 40 tokens and more of 2,000 a minute: the last one that can be paid is cut short.
        for _ in range(60):
            answer = large()
            if answer.choices[0].finish_reason == "length":
                break
        assert answer.choices[0].finish_reason == "length", answer
        gateway.books()
        left = gateway.level("sk-demo-acme", "large")["remaining"]
        error = raises(openai.RateLimitError, large)
        assert "retry-after-ms" in error.response.headers
        return f"the last answer had {answer.usage.completion_tokens} tokens, {left} of 2000 are left"


def main():
    print(f"openai {openai.__version__}")
    with Gateway(PROGRAM) as gateway:
        for test in CHECKS:
            told = test(gateway)
            print(f"ok  {test.__name__.replace('_', ' ')}" + (f": {told}" if told else ""))
    print(f"ok  with --clamp an answer is as long as the tenant can pay: {clamped()}")
    print(f"{len(CHECKS) + 1} checks passed")


main()
