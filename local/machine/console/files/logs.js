"use strict";

// What containers and builds wrote.

class Logs {
  seen = new Set();
  lines = []; // of containers, the oldest first
  builds = new Map(); // lines by the build's id
  limit = few;

  constructor() {
    this.form = byID("log-filter");
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => {
      this.limit = few;
      this.draw();
    };
    byID("log-more").onclick = () => {
      this.limit += 200;
      this.draw();
    };
  }

  clear() {
    this.seen.clear();
    this.lines = [];
    this.builds.clear();
    byID("log-list").replaceChildren();
  }

  add(fresh) {
    for (const line of fresh) {
      if (this.seen.has(line.id)) continue;
      this.seen.add(line.id);
      if (!line.build) this.lines.push(line);
      else if (this.builds.has(line.build)) this.builds.get(line.build).push(line);
      else this.builds.set(line.build, [line]);
    }
    this.lines.splice(0, Math.max(0, this.lines.length - 5_000));
  }

  draw() {
    const worst = {
      "": [],
      WARNING: ["WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"],
      ERROR: ["ERROR", "CRITICAL", "ALERT", "EMERGENCY"],
    }[this.form.elements.severity.value];
    const fitting = worst.length ? this.lines.filter((l) => worst.includes(l.severity)) : this.lines;
    const left = Math.max(0, fitting.length - this.limit);
    fill(byID("log-list"), fitting.slice(left).toReversed(), (l) => l.id, logLine);
    byID("log-none").hidden = fitting.length > 0;
    byID("log-more").hidden = left === 0;
    byID("log-more").textContent = `Show more (${left.toLocaleString("en")} older)`;
  }

  drawBuilds(builds) {
    show("build-list", [builds, builds.map((b) => this.builds.get(b.id)?.length)], () =>
      builds.length ? builds.map((b, i) => this.build(b, i === 0)) : none("There are none."),
    );
  }

  build(b, latest) {
    const kind = { SUCCESS: "good", WORKING: "warn", QUEUED: "warn", PENDING: "warn" }[b.status] ?? "bad";
    const lines = this.builds.get(b.id) ?? [];
    return element(
      "details",
      { class: "card", "data-key": "build-" + b.id, open: latest && kind === "bad" },
      element(
        "summary",
        {},
        pill(b.status.toLowerCase().replaceAll("_", " "), kind),
        " ",
        element("b", { title: b.id }, "build ", b.id.split("-")[0]),
        " ",
        element(
          "span",
          { class: "quiet" },
          b.end ? `took ${took(Date.parse(b.end) - Date.parse(b.time))}, ` : "",
          when(b.time),
        ),
        b.detail ? element("span", { class: "bad" }, " ", b.detail) : "",
      ),
      b.images.map((i) => element("p", { class: "quiet" }, image(i))),
      lines.length
        ? element(
            "ol",
            { class: "lines" },
            lines.map((l) => element("li", { class: severity(l) }, name(l.text))),
          )
        : none(`Its log is not among the latest lines: go run ./local logs${state.flag} -build ${b.id}`),
    );
  }
}

const severity = (line) =>
  ({ WARNING: "warn", ERROR: "bad", CRITICAL: "bad", ALERT: "bad", EMERGENCY: "bad" })[line.severity] ?? "";

function logLine(line) {
  const parts = [
    element("span", { class: "level " + severity(line) }, (line.severity || "default").toLowerCase()),
    element("span", { class: "what" }, name(line.text)),
    element("span", { class: "from quiet", title: line.service }, name(line.revision || line.service)),
    element("span", { class: "time quiet" }, when(line.time)),
  ];
  if (!line.fields)
    return element("li", { class: "line " + severity(line) }, element("div", { class: "cells" }, parts));
  const details = element("details", {}, element("summary", { class: "cells" }, parts));
  details.ontoggle = () => {
    if (details.open && details.children.length === 1) details.append(fields(line.fields));
  };
  return element("li", { class: "line " + severity(line) }, details);
}

// fields are a structured entry's, as names and values.
function fields(json) {
  return element(
    "dl",
    {},
    Object.entries(JSON.parse(json)).map(([key, value]) => [
      element("dt", {}, name(key)),
      element("dd", {}, name(typeof value === "object" ? JSON.stringify(value).replaceAll(",", ", ") : value)),
    ]),
  );
}
