"use strict";

// The page: documents come in by drop or by the file picker, and each has a row that says what becomes of it.

const byID = (id) => document.getElementById(id);
const queue = new Queue();
const rows = new Set();

function add(files) {
  for (const file of files) new Row(file);
  count();
}

class Row {
  constructor(file) {
    this.file = file;
    this.element = byID("item").content.firstElementChild.cloneNode(true);
    this.part(".name").textContent = file.name;
    this.part("progress").setAttribute("aria-label", `Progress of ${file.name}`);
    for (const action of ["open", "save", "again", "stop", "remove"]) {
      this.part("." + action).setAttribute("aria-label", `${this.part("." + action).textContent} ${file.name}`);
    }
    this.part(".again").onclick = () => this.start();
    this.part(".stop").onclick = () => this.stop();
    this.part(".remove").onclick = () => this.remove();
    this.options = [...new FormData(document.querySelector("#options form"))].filter(([, value]) => value !== "");
    byID("list").append(this.element);
    rows.add(this);
    this.start();
  }

  part(selector) { return this.element.querySelector(selector); }

  show(state, words, detail = "") {
    this.state = state;
    this.element.className = state;
    this.part(".state").textContent = words;
    this.part(".detail").textContent = detail;
    const ended = state === "done" || state === "failed";
    this.part(".open").hidden = this.part(".save").hidden = state !== "done";
    this.part(".again").hidden = state !== "failed";
    this.part(".stop").hidden = ended;
    this.part(".remove").hidden = !ended;
    count();
  }

  // progress without a share says that something is going on.
  progress(share) {
    if (share === undefined) this.part("progress").removeAttribute("value");
    else this.part("progress").value = share;
  }

  start() {
    const form = new FormData();
    for (const [name, value] of this.options) form.append(name, value);
    form.append("file", this.file);
    this.progress(0);
    this.show("waiting", "Waiting for its turn");
    if (this.file.size === 0) return this.failed("It is empty, or a folder. Drop the documents in it.");
    this.form = form;
    queue.add(this);
  }

  sending(share) {
    this.progress(share);
    this.show("running", `Sending, ${Math.round(share * 100)} %`);
  }

  converting() {
    this.progress();
    this.show("running", "Converting");
  }

  pausing(seconds, attempt, words) {
    this.show("running", `Attempt ${attempt} of ${attempts} in ${Math.ceil(seconds)} s`, words);
  }

  done(pdf, report) {
    this.url = URL.createObjectURL(pdf);
    this.pdfName = pdfName(this.file.name);
    for (const action of ["open", "save"]) this.part("." + action).href = this.url;
    this.part(".save").download = this.pdfName;
    const lines = [];
    if (report.fonts.length) lines.push("Lines may end elsewhere than in Word: " + report.fonts.join("; "));
    if (report.warnings.length) lines.push("Missing in the PDF: " + report.warnings.join("; "));
    this.show("done", `${report.pages === 1 ? "1 page" : report.pages + " pages"}, ${size(pdf.size)}`, lines.join(" · "));
  }

  failed(words) { this.show("failed", words); }

  stop() {
    queue.stop(this);
    this.failed("Stopped.");
  }

  remove() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.element.remove();
    rows.delete(this);
    count();
    byID("choose").focus();
  }
}

// pdfName is the converter's own rule: NAME.docx becomes NAME.pdf, every other name is kept whole.
function pdfName(name) {
  return (name.endsWith(".docx") && name !== ".docx" ? name.slice(0, -5) : name) + ".pdf";
}

function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function count() {
  const of = (state) => [...rows].filter((row) => row.state === state).length;
  const done = of("done"), failed = of("failed");
  byID("documents").hidden = rows.size === 0;
  byID("count").textContent = `${done} of ${rows.size} converted` + (failed ? `, ${failed} failed` : "");
  byID("save-all").hidden = done < 2;
  byID("clear").hidden = done + failed < 2;
}

async function health() {
  try {
    const answer = await fetch("health");
    const said = await answer.json();
    byID("health").className = answer.ok ? "" : "bad";
    byID("health").textContent = answer.ok ? "The converter is ready." : said.error || "The converter is not ready yet.";
  } catch {
    byID("health").className = "bad";
    byID("health").textContent = "The converter does not answer in a form this page knows.";
  }
}

byID("choose").onclick = () => byID("files").click();
byID("files").onchange = () => {
  add(byID("files").files);
  byID("files").value = "";
};
byID("save-all").onclick = () => {
  for (const row of rows) if (row.state === "done") row.part(".save").click();
};
byID("clear").onclick = () => {
  for (const row of [...rows]) if (row.state === "done" || row.state === "failed") row.remove();
};
document.querySelector("#options form").onsubmit = (event) => event.preventDefault();

// Dropped beside the field, a document would be opened by the browser in place of the page.
let inside = 0;
addEventListener("dragenter", () => byID("drop").classList.toggle("over", ++inside > 0));
addEventListener("dragleave", () => byID("drop").classList.toggle("over", --inside > 0));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  inside = 0;
  byID("drop").classList.remove("over");
  add(event.dataTransfer.files);
});
addEventListener("beforeunload", (event) => {
  if ([...rows].some((row) => row.state === "running" || row.state === "waiting")) event.preventDefault();
});
health();
