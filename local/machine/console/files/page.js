"use strict";

// The page follows the local cloud's stream: requests and log lines as they come, the state whenever it has changed.

const requests = new Requests();
const logs = new Logs();
let state;

// draw is done at most once for each frame, however much has come.
let due = false;
function drawSoon() {
  if (due) return;
  due = true;
  setTimeout(
    () =>
      requestAnimationFrame(() => {
        due = false;
        draw();
      }),
    0,
  );
}

function draw() {
  requests.draw();
  logs.draw();
  if (!state) return;
  byID("address").textContent = state.address;
  const work = requests.all.filter((r) => r.service === "Container" || r.service === "Pub/Sub push");
  show("picture", [state.flows, state.buckets, state.subscriptions, state.services, work.length, work.at(-1)?.id], () =>
    drawPicture(state, work),
  );
  show("services", state.services, () => drawServices(state.services));
  show("buckets", state.buckets, () => drawBuckets(state.buckets));
  show("policies", state.policies, () => drawGrants(state.policies));
  logs.drawBuilds(state.builds);
  drawRest(state);
}

function connect() {
  const events = new EventSource("/console/events");
  events.onopen = () => {
    requests.clear();
    logs.clear();
    state = undefined;
  };
  events.addEventListener("requests", (event) => {
    const fresh = JSON.parse(event.data);
    requests.add(fresh);
    drawSoon();
    if (state) requestAnimationFrame(() => setTimeout(() => pulse(...new Set(fresh.map(arrowOf))), 50));
  });
  events.addEventListener("logs", (event) => {
    logs.add(JSON.parse(event.data));
    drawSoon();
  });
  events.addEventListener("state", (event) => {
    const before = state;
    state = JSON.parse(event.data);
    byID("live").textContent = "Live.";
    byID("live").className = "on";
    drawSoon();
    if (before) requestAnimationFrame(() => setTimeout(() => grown(before, state), 50));
  });
  events.onerror = () => {
    byID("live").textContent = "The local cloud does not answer; waiting for it.";
    byID("live").className = "off";
  };
}

// arrowOf is the arrow of the picture that a request goes along.
function arrowOf(r) {
  if (r.service === "Pub/Sub push") return "push";
  return r.service === "Container" && !r.agent.includes("CloudPubSub") ? "call" : "none";
}

// grown shows new objects in the picture.
function grown(before, after) {
  for (const flow of after.flows) {
    const more = (n) =>
      (after.buckets.find((b) => b.name === n)?.objects[0]?.time ?? "") >
      (before.buckets.find((b) => b.name === n)?.objects[0]?.time ?? "");
    if (flow.inputs.some(more)) pulse("notify", "subscribe");
    if (flow.outputs.some(more)) pulse("write");
    const waiting = (s) =>
      s.subscriptions.filter((sub) => flow.dead.includes(sub.name)).reduce((n, sub) => n + sub.backlog, 0);
    if (waiting(after) > waiting(before)) pulse("dead", "deadqueue");
  }
}

// The key / leads to the search, as on many pages; Firefox would search the page at once.
const slash = (event) =>
  event.key === "/" &&
  !event.ctrlKey &&
  !event.metaKey &&
  !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName);
addEventListener("keydown", (event) => {
  if (slash(event)) event.preventDefault();
});
addEventListener("keyup", (event) => {
  if (slash(event)) requests.form.elements.text.focus();
});
setInterval(refreshTimes, 1000);
connect();
