"use strict";

// How things are said: elements, names that break only where a person would break them, sizes, times, and who is who.

const byID = (id) => document.getElementById(id);

// element makes an element; text never becomes markup. Attributes whose value is undefined or false are left out.
function element(name, attributes, ...content) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false) continue;
    if (key.startsWith("on")) e[key] = value;
    else e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...content.flat(Infinity).filter((part) => part !== undefined && part !== null && part !== ""));
  return e;
}

// name is text that may be broken after the signs between its words, and nowhere else.
function name(text) {
  const parts = String(text).split(/(?<=[/.@:_?=&]|\w-)(?=\w)/);
  const f = document.createDocumentFragment();
  parts.forEach((part, i) => f.append(...(i ? [document.createElement("wbr"), part] : [part])));
  return f;
}

const code = (text, attributes) => element("code", attributes, name(text));
const short = (text) => text.slice(text.lastIndexOf("/") + 1);
const plural = (n, word) => `${n.toLocaleString("en")} ${n === 1 ? word : word.replace(/y$/, "ie") + "s"}`;

function size(bytes) {
  if (bytes < 1000) return plural(bytes, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let unit = -1;
  do {
    bytes /= 1000;
    unit++;
  } while (bytes >= 999.5 && unit < 3);
  return `${bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

// took is a span of time, in milliseconds.
function took(ms) {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

function ago(time) {
  const s = Math.round((Date.now() - time) / 1000);
  if (s < 3) return "just now";
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  const days = Math.floor(s / 86_400);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

const exact = (time) =>
  new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" }) +
  "." +
  String(new Date(time).getMilliseconds()).padStart(3, "0");

// when is a moment as "2 min ago", which goes on, with the exact time on hover.
function when(text) {
  const time = Date.parse(text);
  if (Number.isNaN(time)) return "";
  return element("time", { datetime: text, title: exact(time) }, ago(time));
}

function refreshTimes() {
  for (const e of document.querySelectorAll("time")) {
    const now = ago(Date.parse(e.dateTime));
    if (e.textContent !== now) e.textContent = now;
  }
}

const agents = {
  "gcp-sa-pubsub": "Pub/Sub’s agent",
  "gs-project-accounts": "Cloud Storage’s agent",
  "serverless-robot-prod": "Cloud Run’s agent",
  "gcp-sa-cloudbuild": "Cloud Build’s agent",
  "gcp-sa-artifactregistry": "Artifact Registry’s agent",
};

// who is a member of a policy or a caller as people speak of it.
function who(member) {
  if (!member) return "unknown";
  if (member === "allUsers") return "anyone";
  if (member === "allAuthenticatedUsers") return "anyone signed in";
  const [kind, id] = [member.slice(0, member.indexOf(":")), member.slice(member.indexOf(":") + 1)];
  const basic = { projectOwner: "owners of ", projectEditor: "editors of ", projectViewer: "viewers of " }[kind];
  if (basic) return basic + id;
  if (kind === "deleted") return who(id.replace(/\?uid=.*/, "")) + " (deleted)";
  const [account, domain = ""] = id.split("@");
  if (kind !== "serviceAccount") return id;
  return agents[domain.split(".")[0]] ?? account;
}

const person = (member) => element("span", { class: "who", title: member }, name(who(member)));

// caller is who made a request. One without a token counts as allUsers, one with a token that does not hold as nobody.
const caller = (member) =>
  member && member !== "allUsers"
    ? person(member)
    : element("span", { class: "who" }, member ? "no token" : "no valid token");

const kinds = {
  buckets: "bucket",
  projects: "project",
  services: "service",
  topics: "topic",
  subscriptions: "subscription",
  serviceAccounts: "account",
  repositories: "repository",
  builds: "build",
};

// thing is a resource by its kind and its last name.
function thing(resource) {
  if (resource.endsWith("/objects")) return "objects of " + thing(resource.slice(0, -8));
  const parts = resource.split("/");
  return `${kinds[parts.at(-2)] ?? parts.at(-2) ?? ""} ${who("serviceAccount:" + parts.at(-1))}`.trim();
}

const resource = (text) => element("span", { title: text }, name(thing(text)));

const types = {
  "application/pdf": "PDF",
  "application/json": "JSON",
  "application/zip": "ZIP",
  "text/plain": "text",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
};

// type is an object's media type as people say it, or else the ending of its name.
const type = (o) => types[o.type.split(";")[0]] ?? { docx: "Word" }[ending(o.name)] ?? (ending(o.name) || "bytes");
const ending = (path) => /\.([a-zA-Z0-9]{1,8})$/.exec(path)?.[1].toLowerCase() ?? "";

// image is an image with as much of its digest as people compare.
const image = (text) => code(short(text).replace(/([0-9a-f]{12})[0-9a-f]{52}/, "$1…"), { title: text });

const pill = (text, kind) => element("span", { class: "pill " + kind }, text);

// fill makes a container's children those of the items, and keeps the elements of items that stay.
function fill(container, items, key, make) {
  const have = new Map([...container.children].map((e) => [e.dataset.key, e]));
  let at = container.firstChild;
  for (const item of items) {
    const k = String(key(item));
    let e = have.get(k);
    if (e) have.delete(k);
    else (e = make(item)).dataset.key = k;
    if (e === at) at = at.nextSibling;
    else container.insertBefore(e, at);
  }
  for (const gone of have.values()) gone.remove();
}
