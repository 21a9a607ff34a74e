"use strict";

// element makes an element with text or children; text never becomes markup.
function element(name, content, className) {
  const e = document.createElement(name);
  if (className) e.className = className;
  for (const part of [].concat(content ?? [])) e.append(part);
  return e;
}

function table(headings, rows) {
  if (rows.length === 0) return element("p", "none", "none");
  const head = element("tr", headings.map((h) => {
    const cell = element("th", h);
    cell.scope = "col";
    return cell;
  }));
  return element("table", [element("thead", head), element("tbody", rows.map((cells) => element("tr", cells.map((c) => element("td", c)))))]);
}

function show(id, ...content) {
  document.getElementById(id).replaceChildren(...content);
}

const short = (name) => name.slice(name.lastIndexOf("/") + 1);
const verdict = (text, good) => element("span", String(text), good ? "good" : "bad");

function render(state) {
  document.getElementById("address").textContent = state.address;
  show("services", ...(state.services.length ? state.services.flatMap((s) => [
    element("h3", [short(s.name), " ", verdict(s.state, s.state === "ready"), " ", element("code", s.url, "soft")]),
    element("p", s.message, "bad"),
    table(["Revision", "State", "Instances", "Traffic"], s.revisions.map((r) =>
      [r.name, verdict(r.state, r.state === "ready"), String(r.instances), r.serving ? "serving" : ""])),
  ]) : [table([], [])]));
  show("buckets", ...(state.buckets.length ? state.buckets.flatMap((b) => [
    element("h3", [b.name, " ", element("span", b.project, "soft")]),
    table(["Object", "Bytes", "Type", "Updated"], b.objects.map((o) => [o.name, String(o.size), o.type, o.time])),
  ]) : [table([], [])]));
  show("subscriptions", table(["Subscription", "Topic", "Push to", "Backlog"],
    state.subscriptions.map((s) => [short(s.name), short(s.topic), s.endpoint, String(s.backlog)])));
  show("images", table(["Repository", "Images"], state.repositories.map((r) => [short(r.name), r.images.map((i) => element("div", short(i)))])));
  show("builds", table(["Build", "Status", "Started"], state.builds.map((b) =>
    [b.id, [verdict(b.status, b.status === "SUCCESS"), element("div", b.detail, "soft")], b.time])));
  show("projects", table(["Project", "Number", "Enabled APIs"], state.projects.map((p) => [p.id, p.number, p.apis.join(", ")])));
  show("accounts", table(["Service account", "Keys"], state.accounts.map((a) => [a.email, String(a.keys)])));
  show("policies", table(["On", "Role", "Member"], state.policies.map((p) => [p.resource, p.role, p.member])));
  show("others", table(["Resource"], state.others.map((name) => [name])));
  show("requests", table(["Time", "Status", "Call", "Caller", "Why", "ms"], state.requests.map((r) =>
    [r.time, verdict(r.status, r.status < 400), [r.call, element("div", element("code", `${r.method} ${r.path}`), "soft")], r.caller, r.why, String(r.milliseconds)])));
}

const live = document.getElementById("live");
const events = new EventSource("/console/events");
events.onmessage = (event) => {
  live.textContent = "Live.";
  render(JSON.parse(event.data));
};
events.onerror = () => { live.textContent = "The local cloud does not answer; waiting for it."; };
