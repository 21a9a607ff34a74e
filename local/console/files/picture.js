"use strict";

// The deployment as a picture: the way of a document through buckets, topic, subscription and service, with what
// waits, runs and failed at each place, and the arrows that lack a grant.

const icons = {
  bucket: "M5 7h22l-3 19H8zM5 7c0-2 5-3 11-3s11 1 11 3",
  topic: "M6 16h8M18 8l8-4v8zM18 16l8-4v8zM18 24l8-4v8zM14 16 18 9M14 16h4M14 16l4 7",
  subscription: "M4 8h24v17H4zM4 9l12 9L28 9",
  service: "M5 6l9 10L5 26M14 6l13 10-13 10",
  caller: "M16 15a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM5 28c1-7 5-10 11-10s10 3 11 10",
};

function icon(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", icons[kind]);
  return svg;
}

function node(place, kind, title, label, ...facts) {
  return element("li", { class: `node ${kind} at-${place}` },
    element("div", { class: "kind" }, icon(kind), title),
    element("div", { class: "name" }, label),
    facts.flat().filter(Boolean).map((fact) => element("div", { class: "fact" }, fact)));
}

// arrow joins two nodes; a verdict says whether the grant is there that it lives by.
function arrow(place, key, label, verdict = { allowed: true, why: "" }) {
  return element("li", { class: `arrow at-${place}${verdict.allowed ? "" : " broken"}`, "data-link": key, title: verdict.why },
    element("span", { class: "label" }, label), element("span", { class: "line", "aria-hidden": "true" }),
    verdict.allowed ? undefined : element("span", { class: "lacks" }, "a grant is missing"));
}

const events = { OBJECT_FINALIZE: "new objects", OBJECT_DELETE: "deleted objects", OBJECT_ARCHIVE: "archived objects", OBJECT_METADATA_UPDATE: "new metadata" };

const totals = (requests) => ({
  all: requests.length, refused: requests.filter((r) => r.outcome === "refused").length, failed: requests.filter((r) => r.outcome === "failed").length,
});

// counted says how many requests there were, as a link to them.
function counted(n, word, filter) {
  const part = (outcome) => n[outcome] ? [", ", element("a", { class: "bad", href: "#requests", onclick: () => requests.choose({ ...filter, outcome }) },
    `${n[outcome].toLocaleString("en")} ${outcome}`)] : "";
  return element("span", {}, element("a", { href: "#requests", onclick: () => requests.choose(filter) }, plural(n.all, word)), part("refused"), part("failed"));
}

const bucketFacts = (b) => b ? [
  element("a", { href: "#bucket-" + b.name }, plural(b.count, "object")),
  b.count ? element("span", { class: "quiet" }, size(b.bytes), ", last ", when(b.objects[0].time)) : "",
] : [];

function drawFlow(flow, state, log) {
  const bucket = (n) => state.buckets.find((b) => b.name === n);
  const sub = state.subscriptions.find((s) => s.name === flow.subscription);
  const service = state.services.find((s) => s.name === flow.service);
  const input = bucket(flow.inputs[0]);
  const parts = [];
  const why = [];
  const link = (place, key, label, verdict) => {
    parts.push(arrow(place, key, label, verdict));
    if (verdict) why.push([label, verdict]);
  };
  if (input) parts.push(node("input", "bucket", "Input bucket", name(input.name), bucketFacts(input)));
  if (flow.topic) {
    const notice = input?.topics.find((t) => t.topic === flow.topic);
    link("notify", "notify", "tells of objects", notice?.grant);
    parts.push(node("topic", "topic", "Topic", name(short(flow.topic)),
      element("span", { class: "quiet" }, "of ", notice?.events.length ? notice.events.map((e) => events[e] ?? e).join(", ") : "all that happens to objects")));
  }
  if (sub) {
    link("subscribe", "subscribe", "queues");
    const pushes = totals(log.filter((r) => r.call === "push " + short(sub.name)));
    parts.push(node("subscription", "subscription", "Subscription", name(short(sub.name)),
      element("span", { class: sub.backlog ? "warn" : "" }, element("b", {}, sub.backlog.toLocaleString("en")), " waiting"),
      counted(pushes, "delivery", { service: "Pub/Sub push", text: short(sub.name) })));
  }
  if (service) {
    const access = (n) => service.buckets.find((a) => a.bucket === n);
    if (sub) link("push", "push", "pushes", sub.push);
    else if (input) link("push", "read", "is read by", access(input.name)?.read);
    const calls = log.filter((r) => r.service === "Container" && r.path.startsWith(service.url));
    parts.push(drawService(service, calls));
    if (sub && input && access(input.name)) why.push(["reads " + input.name, access(input.name).read]);
    flow.outputs.forEach((output, i) => {
      if (i === 0) link("write", "write", "writes", access(output)?.write);
      parts.push(node("output", "bucket", "Output bucket", name(output), bucketFacts(bucket(output))));
    });
    const callers = Object.entries(Object.groupBy(calls, (r) => r.caller)).sort(([, a], [, b]) => b.length - a.length);
    if (callers.length) {
      link("call", "call", "call");
      parts.push(node("callers", "caller", callers.length === 1 ? "Caller" : "Callers", "",
        callers.slice(0, 4).map(([member, made]) => element("div", { class: "caller-line" }, caller(member), " ", counted(totals(made), "call", { service: "Container", text: member })))));
    }
  }
  if (flow.deadTopic) {
    const dead = state.subscriptions.filter((s) => flow.dead.includes(s.name));
    link("dead", "dead", `after ${sub.attempts} failed deliveries`, sub.dead);
    parts.push(node("deadtopic", "topic", "Dead letters’ topic", name(short(flow.deadTopic))));
    dead.forEach((d, i) => {
      if (i === 0) link("deadqueue", "deadqueue", "keeps");
      parts.push(node("deadletters", "subscription" + (d.backlog ? " alarm" : ""), "Dead letters", name(short(d.name)),
        element("span", { class: d.backlog ? "bad" : "" }, element("b", {}, d.backlog.toLocaleString("en")), " waiting")));
    });
  }
  const broken = why.filter(([, v]) => !v.allowed);
  return element("div", { class: "flow-frame" },
    element("ol", { class: "flow" + (flow.topic ? "" : " direct") }, parts),
    broken.map(([label, v]) => element("p", { class: "bad" }, `“${label}” does not work: `, name(v.why), ".")),
    why.length ? element("details", { class: "lives", "data-key": "lives-" + flow.service + flow.subscription },
      element("summary", {}, "The grants behind the arrows"),
      element("ul", {}, why.map(([label, v]) => element("li", { class: v.allowed ? "" : "bad" }, element("b", {}, label), ": ", name(v.why))))) : "");
}

function drawService(service, calls) {
  const kind = { ready: "good", failed: "bad" }[service.state] ?? "warn";
  const running = service.revisions.reduce((n, r) => n + r.instances, 0);
  const dots = element("span", { class: "dots", "aria-hidden": "true" }, Array.from({ length: Math.min(running, 12) }, () => element("i")));
  return node("service", "service", ["Service ", pill(service.state, kind)], name(short(service.name)),
    element("span", {}, dots, running ? plural(running, "instance") : "no instance, none is needed"),
    counted(totals(calls), "request", { service: "Container", text: service.url }),
    service.message ? element("span", { class: "bad" }, service.message) : "");
}

function drawPicture(state, log) {
  if (!state.flows.length && !state.buckets.length) {
    return element("div", { class: "empty" }, element("p", {}, element("b", {}, "Nothing is deployed yet.")),
      element("p", { class: "quiet" }, "In the shell that has the lines of ", element("code", {}, "go run ./local env" + state.flag), " run ",
        element("code", {}, "pulumi up --stack local"), ". This page follows."));
  }
  return state.flows.map((flow) => drawFlow(flow, state, log));
}

// pulse shows for a moment that something has gone along an arrow.
function pulse(...keys) {
  for (const key of keys) {
    for (const e of document.querySelectorAll(`[data-link="${key}"]`)) {
      e.classList.remove("hot");
      void e.offsetWidth; // starts the animation again
      e.classList.add("hot");
    }
  }
}
