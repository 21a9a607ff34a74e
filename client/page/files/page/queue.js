"use strict";

// Sends documents to the converter, a few at a time, and again when it is busy.

const atOnce = 4;
const attempts = 8;

class Queue {
  #waiting = [];
  #running = 0;

  // add sends a form when its turn comes. task has form, and is told of: sending(share), converting(), pausing(seconds,
  // attempt), done(pdf, report), failed(words).
  add(task) {
    task.stopped = false;
    this.#waiting.push(task);
    this.#next();
  }

  stop(task) {
    task.stopped = true;
    this.#waiting = this.#waiting.filter((other) => other !== task);
    task.request?.abort();
  }

  async #next() {
    if (this.#running >= atOnce || this.#waiting.length === 0) return;
    this.#running++;
    const task = this.#waiting.shift();
    try {
      await this.#run(task);
    } catch (error) {
      if (!task.stopped) task.failed(error.message);
    }
    this.#running--;
    this.#next();
  }

  async #run(task) {
    for (let attempt = 1; ; attempt++) {
      const answer = await send(task);
      if (task.stopped) return;
      if (answer.pdf) return task.done(answer.pdf, answer.report);
      if (!answer.again || attempt === attempts) throw new Error(answer.words);
      const seconds = Math.max(answer.after, Math.min(30, 1.5 ** attempt));
      task.pausing(seconds, attempt + 1, answer.words);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      if (task.stopped) return;
    }
  }
}

// send posts a form to where the page is from.
function send(task) {
  return new Promise((resolve) => {
    const request = task.request = new XMLHttpRequest();
    request.open("POST", "./");
    request.responseType = "blob";
    request.upload.onprogress = (event) => event.lengthComputable && task.sending(event.loaded / event.total);
    request.upload.onload = () => task.converting();
    request.onabort = () => resolve({ words: "Stopped." });
    request.onerror = () => resolve({
      again: false, words: "The program behind this page does not answer. Start it again (client serve) and open the address that it prints.",
    });
    request.onload = async () => resolve(await read(request));
    request.send(task.form);
  });
}

async function read(request) {
  if (request.status === 200 && request.response.type === "application/pdf") {
    return { pdf: request.response, report: report(request) };
  }
  const again = [408, 429, 502, 503].includes(request.status);
  const after = Number(request.getResponseHeader("Retry-After")) || 0;
  const text = await request.response.text();
  let words = "";
  try {
    words = JSON.parse(text).error;
  } catch {
    // Cloud Run's own pages.
  }
  if (!words) {
    words = {
      401: "Google does not accept the sign-in. Is the clock of this machine right?",
      403: "You may not call the converter. Have roles/run.invoker granted to you.",
      404: "No converter answers. Was it taken down or moved?",
      413: "The document is too large: 32 MiB at most here. Use client convert, which takes larger ones.",
      429: "All instances of the converter are busy.",
    }[request.status] || `The converter answered ${request.status} ${request.statusText}.`;
  }
  return { again, after, words };
}

// matters tells whether lines and pages may end elsewhere because of a font.
function matters(item) { return item && !/ \((same widths|signs)\)$/.test(item); }

// report is what the service tells beside the PDF.
function report(request) {
  const header = (name) => request.getResponseHeader(name) || "";
  const fonts = header("X-Fonts-Substituted").split("; ").filter(matters).map((item) => {
    const [font, used] = item.replace(/ \(.*/, "").split("=");
    return used ? `${decode(font)} → ${used.split("+").map(decode).join(", ")}` : decode(font);
  });
  return { pages: Number(header("X-Pages")), fonts, warnings: warnings(header("X-Warnings")) };
}

function warnings(text) {
  if (!text) return [];
  try {
    return JSON.parse(text).map((warning) => warning.message || warning.code);
  } catch {
    return text.split(/[;,] ?/).map(decode);
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
