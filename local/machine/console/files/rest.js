"use strict";

// All else that there is: projects, accounts, topics, images and monitoring.

function drawRest(state) {
  show("projects", state.projects, () =>
    state.projects.map((p) => [
      element("p", {}, element("b", {}, name(p.id)), " ", element("span", { class: "quiet" }, "number ", p.number)),
      element(
        "p",
        { class: "chips" },
        p.apis.map((api) => [element("span", { class: "chip" }, api), " "]),
      ),
    ]),
  );
  show("accounts", state.accounts, () =>
    state.accounts.length
      ? element(
          "ul",
          { class: "rows" },
          state.accounts.map((a) =>
            element(
              "li",
              { class: "pair" },
              person("serviceAccount:" + a.email),
              element("span", { class: "quiet" }, a.keys ? plural(a.keys, "key") : "no key"),
            ),
          ),
        )
      : none("There are none."),
  );
  const topics = state.topics.map((t) => ({ topic: t, subs: state.subscriptions.filter((s) => s.topic === t) }));
  show("subscriptions", topics, () =>
    topics.length
      ? element(
          "ul",
          { class: "rows" },
          topics.map(({ topic, subs }) =>
            element(
              "li",
              {},
              name(short(topic)),
              element(
                "ul",
                { class: "rows" },
                subs.map((s) =>
                  element(
                    "li",
                    { class: "pair" },
                    name(short(s.name)),
                    element("span", { class: "quiet" }, `${s.backlog.toLocaleString("en")} waiting`),
                  ),
                ),
              ),
            ),
          ),
        )
      : none("There are none."),
  );
  show("images", state.repositories, () =>
    state.repositories.length
      ? state.repositories.map((r) => [
          element("p", {}, name(short(r.name))),
          r.images.map((i) => element("p", { class: "quiet" }, image(i))),
        ])
      : none("There are none."),
  );
  show("others", state.others, () =>
    state.others.length
      ? element(
          "ul",
          { class: "rows" },
          state.others.map((n) => element("li", { title: n }, name(n.split("/").slice(-2).join("/")))),
        )
      : none("There is none."),
  );
}
