"""The gateway under test: the real program with its fake upstream, on a free port, ended with the test."""

import json
import os
import signal
import subprocess
import time
import urllib.request

# Whatever is waited for comes within this many seconds, or the test fails.
PATIENCE = 20


class Gateway:
    def __init__(self, program, *flags):
        self.child = subprocess.Popen(
            [program, "--demo", "--listen", "127.0.0.1:0", *flags],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        for line in self.child.stdout:
            if "listening on " in line:
                self.url = line.split("listening on ")[1].strip()
                return
        raise AssertionError(f"the gateway ended with {self.child.wait()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGINT)
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise

    def get(self, path, key=None):
        request = urllib.request.Request(self.url + path)
        if key:
            request.add_header("Authorization", f"Bearer {key}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return json.load(response)

    def books(self):
        """What the upstream has used and what the gate has told, once all hooks were called."""
        return self.until(
            lambda: self.get("/demo/books"),
            lambda books: books["gate"]["admitted"] == books["gate"]["settled"] == books["gate"]["finished"],
        )

    def level(self, key, limit):
        """A limit's level, as its tenant is told."""
        limits = self.get("/v1/usage", key)["limits"]
        return next(level for level in limits if level["name"] == limit)

    @staticmethod
    def until(look, good):
        """What `look` gives, as soon as it is good."""
        end = time.monotonic() + PATIENCE
        while not good(seen := look()):
            assert time.monotonic() < end, f"still {seen} after {PATIENCE} s"
            time.sleep(0.02)
        return seen
