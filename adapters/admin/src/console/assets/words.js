// Numbers, times and codes as people read them.

const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const RATE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** 12,345 */
export function number(value) {
  return NUMBER.format(value);
}

/** 12.3K from ten thousand on. */
export function short(value) {
  return value < 10_000 ? NUMBER.format(value) : COMPACT.format(value);
}

/** 0.4, of a count in a step. */
export function rate(count, seconds) {
  return RATE.format(count / seconds);
}

/** "1 request", "2 requests" */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** "12 s", "3 min", "5 h", "2 days" */
export function duration(seconds) {
  if (seconds < 120) {
    return `${RATE.format(Math.round(seconds))} s`;
  }
  if (seconds < 2 * 3600) {
    return `${Math.round(seconds / 60)} min`;
  }
  if (seconds < 48 * 3600) {
    return `${Math.round(seconds / 3600)} h`;
  }
  return `${Math.round(seconds / 86400)} days`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** The time of day, here; the day as well unless it is today. */
export function time(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) {
    return String(at);
  }
  return date.toDateString() === new Date().toDateString() ? CLOCK.format(date) : DATE.format(date);
}

const REASONS = {
  quota: "Over its limit",
  never: "Costs more than the limit can ever hold",
  suspended: "The tenant is suspended",
  removed: "The tenant was removed",
  in_use: "All of it is in use",
  ungranted: "The shared limit has granted nothing",
  queued: "The queue is full",
  unavailable: "The store couldn't be reached",
  other: "Denied",
};

/** A reason's code in words. */
export function reason(code) {
  if (!code) {
    return "";
  }
  if (code.startsWith("policy")) {
    const what = code.slice("policy:".length).replaceAll("_", " ");
    return what === "" ? "Not allowed by its policy" : `Policy: ${what}`;
  }
  return REASONS[code] ?? code.replaceAll("_", " ");
}

const ALGORITHMS = {
  sliding_window: "sliding window",
  sliding: "sliding window",
  token_bucket: "token bucket",
  bucket: "token bucket",
  calendar: "calendar period",
  concurrency: "at a time",
};

/** An algorithm's code in words. */
export function algorithm(code) {
  return ALGORITHMS[code] ?? code;
}

/** What was asked for: "1 request, 500 tokens". */
export function cost(amounts) {
  const given = Object.entries(amounts ?? {}).filter(([, amount]) => amount > 0);
  return given.map(([name, amount]) => `${number(amount)} ${amount === 1 ? name.replace(/s$/, "") : name}`).join(", ");
}

/** How full something is, as a class: calm, warm, full. */
export function heat(used, capacity) {
  const share = capacity > 0 ? used / capacity : used > 0 ? 1 : 0;
  if (share >= 1) {
    return "full";
  }
  return share >= 0.8 ? "warm" : "calm";
}
