"use strict";

// The requests, the newest first: filtered by outcome, service and text, each refusal with what would have allowed it.

const few = matchMedia("(max-width: 52rem)").matches ? 10 : 25; // shown before somebody asks for more

class Requests {
  all = []; // the oldest first
  counts = { allowed: 0, refused: 0, failed: 0 };
  services = new Map();
  limit = few;

  constructor() {
    this.form = byID("filter");
    this.form.onsubmit = (event) => event.preventDefault();
    this.form.oninput = () => {
      this.limit = few;
      this.draw();
    };
    byID("request-more").onclick = () => {
      this.limit += 100;
      this.draw();
    };
  }

  clear() {
    this.all = [];
    this.counts = { allowed: 0, refused: 0, failed: 0 };
    this.services.clear();
    byID("request-list").replaceChildren();
  }

  add(fresh) {
    for (const r of fresh) {
      r.outcome = r.refused ? "refused" : r.status >= 400 || r.status === 0 ? "failed" : "allowed";
      r.text = [
        r.call,
        r.method,
        r.path,
        r.caller,
        r.why,
        r.status,
        r.service,
        r.lacked?.permission,
        r.lacked?.role,
        r.agent,
      ]
        .join(" ")
        .toLowerCase();
      this.all.push(r);
      this.count(r, 1);
    }
    for (const old of this.all.splice(0, Math.max(0, this.all.length - 10_000))) this.count(old, -1);
  }

  count(r, by) {
    this.counts[r.outcome] += by;
    this.services.set(r.service, (this.services.get(r.service) ?? 0) + by);
  }

  // choose sets the filter.
  choose({ outcome = "", service = "", text = "" }) {
    for (const radio of this.form.elements.outcome) radio.checked = radio.value === outcome;
    this.form.elements.service.value = service;
    this.form.elements.text.value = text;
    this.limit = few;
    this.draw();
  }

  draw() {
    this.drawFilter();
    const { outcome, service, text } = Object.fromEntries(new FormData(this.form));
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (r) =>
      (!outcome || r.outcome === outcome) &&
      (!service || r.service === service) &&
      words.every((w) => r.text.includes(w));
    const shown = [];
    let left = 0;
    for (let i = this.all.length - 1; i >= 0; i--) {
      if (!fits(this.all[i])) continue;
      if (shown.length < this.limit) shown.push(this.all[i]);
      else left++;
    }
    fill(
      byID("request-list"),
      shown,
      (r) => r.id,
      (r) => this.row(r),
    );
    byID("request-more").hidden = left === 0;
    byID("request-more").textContent = `Show more (${left.toLocaleString("en")} older)`;
    byID("request-none").hidden = shown.length > 0;
    byID("request-none").textContent = this.all.length
      ? "No request fits the filter."
      : "Nobody has asked for anything yet.";
  }

  drawFilter() {
    byID("count-all").textContent = this.all.length.toLocaleString("en");
    for (const [outcome, n] of Object.entries(this.counts))
      byID("count-" + outcome).textContent = n.toLocaleString("en");
    const select = this.form.elements.service;
    const names = [...this.services]
      .filter(([, n]) => n > 0)
      .map(([service]) => service)
      .sort();
    const have = [...select.options].slice(1).map((o) => o.value);
    if (names.join() === have.join()) return;
    const chosen = select.value;
    if (chosen && !names.includes(chosen)) names.push(chosen);
    select.replaceChildren(
      select.options[0],
      ...names.map((service) => element("option", { value: service }, service)),
    );
    select.value = chosen;
  }

  row(r) {
    const details = element("details", {}, this.summary(r));
    details.ontoggle = () => {
      if (details.open && details.children.length === 1) details.append(this.details(r));
    };
    const quiet = r.outcome === "allowed" || r.status === 404; // a caller that looks whether something is there
    return element(
      "li",
      { class: "request " + r.outcome + (quiet ? " quiet-one" : "") },
      details,
      quiet ? "" : this.verdict(r),
    );
  }

  summary(r) {
    const mark = { allowed: "good", refused: "bad", failed: "warn" }[r.outcome];
    return element(
      "summary",
      {},
      element("span", { class: "status " + mark }, r.status || "none"),
      element("span", { class: "service" }, r.service),
      element(
        "span",
        { class: "what" },
        element("b", {}, name(verb(r))),
        " ",
        element("span", { class: "quiet" }, name(target(r))),
      ),
      element("span", { class: "caller" }, caller(r.caller)),
      element("span", { class: "took quiet" }, took(r.milliseconds)),
      element("span", { class: "time quiet" }, when(r.time)),
    );
  }

  verdict(r) {
    const lacked = r.lacked;
    if (!lacked) {
      const granted = r.outcome === "failed" && / has roles\//.test(r.why);
      const text = granted
        ? `The ${r.service === "Container" ? "container" : "call"} was allowed, and answered with ${r.status}.`
        : r.why || `It was answered with ${r.status}.`;
      return element("p", { class: "verdict" }, name(text));
    }
    const on = lacked.resource ? [" on ", resource(lacked.resource)] : "";
    return element(
      "p",
      { class: "verdict" },
      r.caller === "allUsers"
        ? ["A caller without credentials lacks ", code(lacked.permission), on, ". Send a token."]
        : [
            person(r.caller),
            " lacks ",
            code(lacked.permission),
            on,
            ". ",
            lacked.role ? ["It would be allowed by ", code(lacked.role), lacked.resource ? " there. " : ". "] : "",
          ],
      lacked.command ? copy(lacked.command) : "",
    );
  }

  details(r) {
    const lines = [
      ["Call", code(r.call || "unknown")],
      ["Request", code(`${r.method} ${decode(r.path)}`)],
      ["Caller", name(r.caller || "unknown")],
      [r.outcome === "allowed" ? "Allowed, since" : "Answered, since", name(r.why || "it needs no permission")],
    ];
    if (r.permission) lines.splice(3, 0, ["Permission", code(r.permission)]);
    if (r.lacked?.command) lines.push(["Grant it", code(r.lacked.command)]);
    if (r.agent) lines.push(["Client", name(r.agent)]);
    lines.push(["Time", `${exact(Date.parse(r.time))}, took ${took(r.milliseconds)}`]);
    return element(
      "dl",
      {},
      lines.map(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
    );
  }
}

// verb is a call without what its service says already.
function verb(r) {
  if (r.call.startsWith("push ")) return "push";
  if (r.service === "Container") return r.method;
  return r.call.slice(r.call.indexOf(".") + 1).replace(/^projects\.(locations\.)?/, "") || r.method;
}

// target is what a call is about: its path without version and project.
function target(r) {
  if (r.call.startsWith("push ")) return r.call.slice(5);
  if (r.service === "Container") return decode(r.path);
  const path = decode(r.path)
    .replace(/^(\/(download|upload))?\/[a-z]+\/v\d\w*\//, "")
    .replace(/^projects\/[^/]+\/(locations\/[^/]+\/)?/, "")
    .replace(/^\//, "");
  return path
    .replace(/^b\/([^/]+)\/o\//, "gs://$1/")
    .replace(/^b\/([^/]+)\/o$/, "gs://$1")
    .replace(/^b\//, "gs://")
    .replace(/:[a-zA-Z]+$/, "");
}

function decode(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

// copy is a button that copies a command.
function copy(command) {
  const button = element("button", { type: "button", class: "copy", title: command }, "Copy the gcloud command");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
    } catch {
      button.replaceWith(code(command));
    }
  };
  return button;
}
