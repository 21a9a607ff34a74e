"use strict";

// What there is: services, objects, grants, builds and all else. Each section is drawn again only when what it shows
// has changed; what is open stays open, and the focus stays where it is.

const drawn = new Map();
const whole = new Set(); // the keys of lists that are shown whole

function show(id, part, build) {
  const now = JSON.stringify(part);
  if (drawn.get(id) === now) return;
  drawn.set(id, now);
  redraw(byID(id), build);
}

function redraw(container, build) {
  const toggled = new Map([...container.querySelectorAll("details[data-key]")].map((d) => [d.dataset.key, d.open]));
  const focus = container.contains(document.activeElement)
    ? document.activeElement.closest("[data-key]")?.dataset.key
    : undefined;
  container.replaceChildren(...[build()].flat(Infinity));
  for (const d of container.querySelectorAll("details[data-key]")) {
    if (toggled.has(d.dataset.key)) d.open = toggled.get(d.dataset.key);
  }
  if (focus !== undefined) {
    const e = container.querySelector(`[data-key="${CSS.escape(focus)}"]`);
    (e?.querySelector("summary") ?? e)?.focus({ preventScroll: true });
  }
}

const none = (text) => element("p", { class: "quiet" }, text);

function table(headings, rows) {
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        headings.map((h) => element("th", { scope: "col" }, h)),
      ),
    ),
    element(
      "tbody",
      {},
      rows.map((cells) =>
        element(
          "tr",
          {},
          cells.map((c) => element("td", {}, c)),
        ),
      ),
    ),
  );
}

function drawServices(services) {
  if (!services.length) return "";
  return element(
    "details",
    { class: "lives", "data-key": "revisions" },
    element("summary", {}, "Services and revisions"),
    services.map((s) => [
      element(
        "p",
        {},
        element("b", {}, name(short(s.name))),
        " at ",
        element("a", { href: s.url }, name(s.url)),
        ", runs ",
        image(s.image),
        " as ",
        person("serviceAccount:" + s.account),
      ),
      table(
        ["Revision", "State", "Instances", "Traffic"],
        s.revisions
          .toReversed()
          .map((r) => [
            name(r.name),
            pill(r.state, { ready: "good", failed: "bad" }[r.state] ?? "warn"),
            String(r.instances),
            r.serving ? "serving" : "",
          ]),
      ),
    ]),
  );
}

const fewObjects = 8;

function drawBuckets(buckets) {
  if (!buckets.length) return none("There are no buckets.");
  return buckets.map((b) => {
    const key = "bucket-" + b.name;
    const shown = whole.has(key) ? b.objects : b.objects.slice(0, fewObjects);
    const left = b.count - shown.length;
    return element(
      "details",
      { class: "card", id: key, "data-key": key, open: true },
      element(
        "summary",
        {},
        element("b", {}, name(b.name)),
        " ",
        element("span", { class: "quiet" }, b.count ? `${plural(b.count, "object")}, ${size(b.bytes)}` : "empty"),
      ),
      element(
        "ul",
        { class: "rows" },
        shown.map((o) => drawObject(b.name, o)),
      ),
      left > 0 && shown.length < b.objects.length
        ? element(
            "p",
            { class: "more" },
            element(
              "button",
              {
                type: "button",
                "data-key": key + "-more",
                onclick: () => {
                  whole.add(key);
                  redraw(byID("buckets"), () => drawBuckets(buckets));
                },
              },
              `Show more (${left.toLocaleString("en")} older)`,
            ),
          )
        : "",
      left > 0 && shown.length === b.objects.length
        ? none(`and ${left.toLocaleString("en")} older: gcloud storage ls gs://${b.name}`)
        : "",
    );
  });
}

function drawObject(bucket, o) {
  const looked = ["application/pdf", "application/json", "text/plain"].includes(o.type.split(";")[0]);
  const href = `/console/object?bucket=${encodeURIComponent(bucket)}&name=${encodeURIComponent(o.name)}`;
  return element(
    "li",
    { class: "object" },
    element(
      "a",
      looked ? { href, target: "_blank", rel: "noopener" } : { href, download: short(o.name) || "object" },
      name(o.name),
    ),
    o.name.endsWith(".error.json")
      ? pill("failed", "bad")
      : element("span", { class: "quiet", title: o.type }, type(o)),
    element("span", { class: "quiet" }, size(o.size)),
    element("span", { class: "quiet" }, when(o.time)),
  );
}

function drawGrants(policies) {
  const groups = Object.entries(Object.groupBy(policies, (p) => p.resource));
  if (!groups.length) return none("There are no grants.");
  const line = (p) =>
    element("li", { class: "grant" }, person(p.member), code(p.role.replace(/^roles\//, ""), { title: p.role }));
  const given = groups.filter(([, grants]) => grants.some((p) => !p.default));
  const usual = groups.flatMap(([on, grants]) => (grants.some((p) => !p.default) ? [] : [on]));
  return [
    given.map(([on, grants]) => {
      const own = grants.filter((p) => !p.default),
        defaults = grants.filter((p) => p.default);
      return element(
        "details",
        { class: "card", "data-key": "grants-" + on, open: true },
        element(
          "summary",
          {},
          element("b", {}, resource(on)),
          " ",
          element("span", { class: "quiet" }, plural(own.length, "grant")),
        ),
        element("ul", { class: "rows" }, own.map(line)),
        defaults.length
          ? element(
              "details",
              { class: "defaults", "data-key": "defaults-" + on },
              element("summary", {}, `and ${defaults.length} that Google makes itself`),
              element("ul", { class: "rows" }, defaults.map(line)),
            )
          : "",
      );
    }),
    usual.length
      ? element(
          "details",
          { class: "card", "data-key": "usual" },
          element(
            "summary",
            {},
            element("b", {}, "Only Google’s own grants"),
            " ",
            element("span", { class: "quiet" }, plural(usual.length, "resource")),
          ),
          usual.map((on) => [
            element("h4", {}, resource(on)),
            element("ul", { class: "rows" }, policies.filter((p) => p.resource === on).map(line)),
          ]),
        )
      : "",
  ];
}
