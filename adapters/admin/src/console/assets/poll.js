// Asking again every two seconds: never twice at once, not while nobody looks, and more slowly while the server is gone.

const PACE = 2000;
const SLOWEST = 15_000;

/** Calls `ask(signal)` now and then until `signal` is aborted. Gives a function that has it called at once. */
export function poll(ask, signal, pace = PACE) {
  let timer = null;
  let running = null;
  let failures = 0;

  const later = () => {
    clearTimeout(timer);
    if (!signal.aborted && !document.hidden) {
      timer = setTimeout(run, Math.min(pace * 2 ** failures, SLOWEST));
    }
  };

  const run = async () => {
    clearTimeout(timer);
    running?.abort();
    const own = new AbortController();
    running = own;
    const both = AbortSignal.any([signal, own.signal]);
    try {
      await ask(both);
      failures = 0;
    } catch {
      if (!both.aborted) {
        failures += 1;
      }
    }
    if (running === own) {
      running = null;
      later();
    }
  };

  const shown = () => (document.hidden ? clearTimeout(timer) : run());
  document.addEventListener("visibilitychange", shown, { signal });
  window.addEventListener("online", run, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  run();
  return run;
}
