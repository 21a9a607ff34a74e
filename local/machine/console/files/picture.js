"use strict";

// The deployment as a picture: the way of a document through buckets, topic, subscription and service, with what
// waits, runs and failed at each place, and the arrows that lack a grant.

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
    parts.push(
      node(
        "topic",
        "topic",
        "Topic",
        name(short(flow.topic)),
        element(
          "span",
          { class: "quiet" },
          "of ",
          notice?.events.length ? notice.events.map((e) => events[e] ?? e).join(", ") : "all that happens to objects",
        ),
      ),
    );
  }
  if (sub) {
    link("subscribe", "subscribe", "queues");
    const pushes = totals(log.filter((r) => r.call === "push " + short(sub.name)));
    parts.push(
      node(
        "subscription",
        "subscription",
        "Subscription",
        name(short(sub.name)),
        element(
          "span",
          { class: sub.backlog ? "warn" : "" },
          element("b", {}, sub.backlog.toLocaleString("en")),
          " waiting",
        ),
        counted(pushes, "delivery", { service: "Pub/Sub push", text: short(sub.name) }),
      ),
    );
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
      parts.push(
        node(
          "callers",
          "caller",
          callers.length === 1 ? "Caller" : "Callers",
          "",
          callers
            .slice(0, 4)
            .map(([member, made]) =>
              element(
                "div",
                { class: "caller-line" },
                caller(member),
                " ",
                counted(totals(made), "call", { service: "Container", text: member }),
              ),
            ),
        ),
      );
    }
  }
  if (flow.deadTopic) {
    const dead = state.subscriptions.filter((s) => flow.dead.includes(s.name));
    link("dead", "dead", `after ${sub.attempts} failed deliveries`, sub.dead);
    parts.push(node("deadtopic", "topic", "Dead letters’ topic", name(short(flow.deadTopic))));
    dead.forEach((d, i) => {
      if (i === 0) link("deadqueue", "deadqueue", "keeps");
      parts.push(
        node(
          "deadletters",
          "subscription" + (d.backlog ? " alarm" : ""),
          "Dead letters",
          name(short(d.name)),
          element(
            "span",
            { class: d.backlog ? "bad" : "" },
            element("b", {}, d.backlog.toLocaleString("en")),
            " waiting",
          ),
        ),
      );
    });
  }
  const broken = why.filter(([, v]) => !v.allowed);
  return element(
    "div",
    { class: "flow-frame" },
    element("ol", { class: "flow" + (flow.topic ? "" : " direct") }, parts),
    broken.map(([label, v]) => element("p", { class: "bad" }, `“${label}” does not work: `, name(v.why), ".")),
    why.length
      ? element(
          "details",
          { class: "lives", "data-key": "lives-" + flow.service + flow.subscription },
          element("summary", {}, "The grants behind the arrows"),
          element(
            "ul",
            {},
            why.map(([label, v]) =>
              element("li", { class: v.allowed ? "" : "bad" }, element("b", {}, label), ": ", name(v.why)),
            ),
          ),
        )
      : "",
  );
}

function drawService(service, calls) {
  const kind = { ready: "good", failed: "bad" }[service.state] ?? "warn";
  const running = service.revisions.reduce((n, r) => n + r.instances, 0);
  const dots = element(
    "span",
    { class: "dots", "aria-hidden": "true" },
    Array.from({ length: Math.min(running, 12) }, () => element("i")),
  );
  return node(
    "service",
    "service",
    ["Service ", pill(service.state, kind)],
    name(short(service.name)),
    element("span", {}, dots, running ? plural(running, "instance") : "no instance, none is needed"),
    counted(totals(calls), "request", { service: "Container", text: service.url }),
    service.message ? element("span", { class: "bad" }, service.message) : "",
  );
}

function drawPicture(state, log) {
  if (!state.flows.length && !state.buckets.length) {
    return element(
      "div",
      { class: "empty" },
      element("p", {}, element("b", {}, "Nothing is deployed yet.")),
      element(
        "p",
        { class: "quiet" },
        "In the shell that has the lines of ",
        element("code", {}, "go run ./local env" + state.flag),
        " run ",
        element("code", {}, "pulumi up --stack local"),
        ". This page follows.",
      ),
    );
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
