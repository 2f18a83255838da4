// What happens, as it happens: server-sent events over fetch, which can carry a credential where EventSource can't.

import { query, send, Refused } from "./api.js";
import { current } from "./session.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

/**
 * Listens until `signal` is aborted, again and again. `on(event, data)` gets each event; `state("live" | "waiting")` the
 * connection's state. After "live" something may have been missed.
 */
export async function listen(tenant, { on, state, signal }) {
  let wait = FIRST_WAIT;
  while (!signal.aborted) {
    try {
      await stream(tenant, on, signal, () => {
        wait = FIRST_WAIT;
        state("live");
      });
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (error instanceof Refused && [401, 403, 404].includes(error.status)) {
        state("waiting");
        return;
      }
    }
    state("waiting");
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

async function stream(tenant, on, signal, opened) {
  const response = await send(`events${query({ tenant })}`, {
    signal,
    credential: current()?.authorization,
    accept: "text/event-stream",
    patience: 0,
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Refused(response.status, null, null);
  }
  opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      tell(block, on);
    }
  }
}

/** One event; a comment, such as a heartbeat, has no data. */
function tell(block, on) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) {
      event = line.slice("event:".length).trim();
    } else if (line.startsWith("data:")) {
      data.push(line.slice("data:".length).replace(/^ /, ""));
    }
  }
  if (data.length === 0) {
    return;
  }
  let parsed;
  try {
    parsed = JSON.parse(data.join("\n"));
  } catch {
    return;
  }
  on(event, parsed);
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
