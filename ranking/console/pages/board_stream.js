// Board stream: changed boards over one request. An EventSource cannot send a key, so this module
// reads the events from a plain request.

import { address, headers } from "./client.js";

const SOONEST = 500,
  LATEST = 10_000;

/** Subscribe to boards; returns a function that stops. `state` receives "live" or "lost". */
export function subscribe(query, board, state) {
  const stopping = new AbortController();
  let pause = SOONEST;

  async function once() {
    const answer = await fetch(address("/v1/stream", query), { headers: headers(), signal: stopping.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    state("live");
    pause = SOONEST;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let left = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (left + value).split("\n\n");
      left = events.pop();
      for (const event of events) {
        const data = event
          .split("\n")
          .filter((line) => line.startsWith("data: "))
          .map((line) => line.slice(6));
        if (data.length) board(JSON.parse(data.join("\n")));
      }
    }
  }

  async function always() {
    while (!stopping.signal.aborted) {
      try {
        await once();
      } catch {
        /* tried again below */
      }
      if (stopping.signal.aborted) return;
      state("lost");
      await new Promise((done) => setTimeout(done, pause));
      pause = Math.min(2 * pause, LATEST);
    }
  }

  always();
  return () => stopping.abort();
}
