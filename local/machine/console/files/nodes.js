"use strict";

// The parts of the picture: nodes, arrows between them, and counts that lead to the requests.

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
  return element(
    "li",
    { class: `node ${kind} at-${place}` },
    element("div", { class: "kind" }, icon(kind), title),
    element("div", { class: "name" }, label),
    facts
      .flat()
      .filter(Boolean)
      .map((fact) => element("div", { class: "fact" }, fact)),
  );
}

// arrow joins two nodes; a verdict says whether the grant is there that it lives by.
function arrow(place, key, label, verdict = { allowed: true, why: "" }) {
  return element(
    "li",
    { class: `arrow at-${place}${verdict.allowed ? "" : " broken"}`, "data-link": key, title: verdict.why },
    element("span", { class: "label" }, label),
    element("span", { class: "line", "aria-hidden": "true" }),
    verdict.allowed ? undefined : element("span", { class: "lacks" }, "a grant is missing"),
  );
}

const events = {
  OBJECT_FINALIZE: "new objects",
  OBJECT_DELETE: "deleted objects",
  OBJECT_ARCHIVE: "archived objects",
  OBJECT_METADATA_UPDATE: "new metadata",
};

const totals = (requests) => ({
  all: requests.length,
  refused: requests.filter((r) => r.outcome === "refused").length,
  failed: requests.filter((r) => r.outcome === "failed").length,
});

// counted says how many requests there were, as a link to them.
function counted(n, word, filter) {
  const part = (outcome) =>
    n[outcome]
      ? [
          ", ",
          element(
            "a",
            { class: "bad", href: "#requests", onclick: () => requests.choose({ ...filter, outcome }) },
            `${n[outcome].toLocaleString("en")} ${outcome}`,
          ),
        ]
      : "";
  return element(
    "span",
    {},
    element("a", { href: "#requests", onclick: () => requests.choose(filter) }, plural(n.all, word)),
    part("refused"),
    part("failed"),
  );
}

const bucketFacts = (b) =>
  b
    ? [
        element("a", { href: "#bucket-" + b.name }, plural(b.count, "object")),
        b.count ? element("span", { class: "quiet" }, size(b.bytes), ", last ", when(b.objects[0].time)) : "",
      ]
    : [];
