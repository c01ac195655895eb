
"use strict";

// Every text reaches the page as a text node, so nothing that a bundle or a function says can be markup.
function make(tag, facts = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const one = (id) => document.getElementById(id);

function pathNode(path) {
  const node = make("span", { class: "path" });
  for (const part of path.split(/(\{[^}/]*\})/)) node.append(part.startsWith("{") ? make("b", {}, part) : part);
  return node;
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function quoted(text) {
  return "'" + text.replaceAll("'", "'\\''") + "'";
}

class Endpoint {
  constructor(method, path, operation) {
    this.method = method.toUpperCase();
    this.path = path;
    this.parameters = (operation.parameters || []).filter((parameter) => parameter.in === "path");
    this.takesQuery = (operation.parameters || []).some((parameter) => parameter.in === "query");
    this.takesBody = Boolean(operation.requestBody);
    this.words = [this.method, path, operation.summary || "", operation.description || "", ...(operation.tags || [])]
      .join(" ").toLowerCase();
    this.node = this.render(operation);
  }

  render(operation) {
    const summary = make("summary", {},
      make("span", { class: "method " + this.method.toLowerCase() }, this.method), pathNode(this.path),
      make("span", { class: "name" }, operation.summary || ""));
    this.form = make("form", { novalidate: "" });
    if (operation.description) this.form.append(make("p", {}, operation.description));
    this.inputs = new Map();
    const fields = make("div", { class: "fields" });
    for (const parameter of this.parameters) fields.append(this.field(parameter));
    if (this.takesQuery) {
      this.query = make("input", { type: "text", placeholder: "name=value&other=value", spellcheck: "false", autocomplete: "off" });
      fields.append(make("label", { class: "field" }, make("span", {}, "query"), this.query));
    }
    if (fields.childElementCount) this.form.append(fields);
    if (this.takesBody) {
      this.body = make("textarea", { spellcheck: "false", "aria-label": "body, JSON" });
      this.body.value = operation.requestBody.required ? "{}" : "";
      this.form.append(make("label", { class: "field" }, make("span", {}, "body (JSON)"), this.body));
    }
    this.send = make("button", { type: "submit" }, "Send");
    this.copy = make("button", { type: "button", class: "plain" }, "Copy as curl");
    this.note = make("span", { role: "status" });
    this.form.append(make("div", { class: "actions" }, this.send, this.copy, this.note));
    this.curl = make("pre", { "aria-label": "curl command", tabindex: "0" });
    this.text = make("pre", { "aria-label": "response", tabindex: "0" });
    this.answer = make("div", { class: "answer", hidden: true }, this.text, this.curl);
    this.form.append(this.answer);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.run(); });
    this.copy.addEventListener("click", () => this.copyCurl());
    return make("details", {}, summary, this.form);
  }

  field(parameter) {
    const choices = parameter.schema && parameter.schema.enum;
    const input = choices
      ? make("select", {}, ...choices.map((choice) => make("option", { value: choice }, choice)))
      : make("input", { type: "text", required: "", spellcheck: "false", autocomplete: "off" });
    this.inputs.set(parameter.name, input);
    return make("label", { class: "field" }, make("span", {}, parameter.name), input);
  }

  get url() {
    let path = this.path;
    for (const [name, input] of this.inputs) path = path.replace("{" + name + "}", () => encodeURIComponent(input.value));
    const query = this.query ? this.query.value.trim().replace(/^\?/, "") : "";
    return path + (query ? "?" + query : "");
  }

  get hasBody() {
    return this.takesBody && this.body.value.trim() !== "";
  }

  get command() {
    const parts = ["curl"];
    if (this.method !== "GET") parts.push("-X", this.method);
    parts.push(quoted(location.origin + this.url));
    if (this.hasBody) parts.push("-H", quoted("Content-Type: application/json"), "-d", quoted(this.body.value));
    return parts.join(" ");
  }

  async run() {
    const empty = [...this.inputs].find(([, input]) => input.value === "");
    if (empty) {
      this.say("bad", empty[0] + " is missing");
      empty[1].focus();
      return;
    }
    this.send.disabled = true;
    this.say("", "sending…");
    const request = { method: this.method, headers: {} };
    if (this.hasBody) {
      request.body = this.body.value;
      request.headers["Content-Type"] = "application/json";
    }
    const started = performance.now();
    try {
      const response = await fetch(this.url, request);
      const text = await response.text();
      const time = (performance.now() - started).toFixed(1) + " ms";
      this.say(response.ok ? "good" : "bad", `${response.status} ${response.statusText} · ${time} · ${new Blob([text]).size} bytes`);
      this.show(text === "" ? "(no content)" : pretty(text));
    } catch (error) {
      this.say("bad", "no answer: " + error.message);
      this.show("(no answer)");
    } finally {
      this.send.disabled = false;
    }
    refresh();
  }

  async copyCurl() {
    this.curl.textContent = this.command;
    this.answer.hidden = false;
    try {
      await navigator.clipboard.writeText(this.command);
      this.say("good", "copied");
    } catch {
      this.say("", "the command is below");
    }
  }

  say(kind, text) {
    this.note.className = kind;
    this.note.textContent = text;
  }

  show(text) {
    this.text.textContent = text;
    this.curl.textContent = this.command;
    this.answer.hidden = false;
  }
}

function fill(id, heads, rows) {
  const section = one(id);
  section.hidden = rows.length === 0;
  const head = make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text))));
  const body = make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)))));
  section.querySelector("table").replaceChildren(head, body);
}

async function state(path) {
  const response = await fetch(path, { cache: "no-store" });
  return { ok: response.ok, value: await response.json() };
}

async function refresh() {
  try {
    const [ready, goals, intents] = await Promise.all([state("/readyz"), state("/_goals"), state("/_intents")]);
    one("ready").textContent = ready.ok ? "ready" : "not ready";
    one("ready").className = "chip " + (ready.ok ? "good" : "bad");
    if (goals.ok) showGoals(goals.value.goals);
    if (intents.ok) showIntents(intents.value.intents);
  } catch {
    one("ready").textContent = "not reachable";
    one("ready").className = "chip bad";
  }
}

function showGoals(goals) {
  const kinds = { met: "good", missed: "bad" };
  fill("goals", ["service", "goal", "target", "measured", "state"], goals.map((goal) => [
    goal.service, goal.goal, goal.target, measured(goal), make("span", { class: kinds[goal.state] || "" }, goal.state),
  ]));
}

function measured(goal) {
  if (goal.measured === null) return "–";
  const [factor, unit] = { latency: [1000, " ms"], "error-rate": [100, " %"] }[goal.metric] || [1, " /s"];
  return Number((goal.measured * factor).toPrecision(3)) + unit;
}

function showIntents(intents) {
  const counts = ["waiting", "running", "done", "failed", "skipped", "expired"];
  fill("intents", ["intent", "sensor", ...counts], intents.map((intent) => [
    intent.intent, intent.sensor, ...counts.map((name) => String(intent.counts[name] ?? 0)),
  ]));
}

function showEndpoints(document_) {
  one("title").textContent = document.title = document_.info.title;
  one("version").textContent = document_.info.version === "0" ? "" : document_.info.version;
  one("description").textContent = document_.info.description || "";
  const groups = new Map(document_.tags.map((tag) => [tag.name, { tag, endpoints: [] }]));
  for (const [path, operations] of Object.entries(document_.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      groups.get(operation.tags[0]).endpoints.push(new Endpoint(method, path, operation));
    }
  }
  const sections = [...groups.values()].filter((group) => group.endpoints.length).map((group) => {
    const title = make("h2", {}, group.tag.name === "server" ? "The server itself" : group.tag.name);
    const about = group.tag.description && group.tag.name !== "server" ? [make("p", {}, group.tag.description)] : [];
    group.node = make("div", {}, title, ...about, ...group.endpoints.map((endpoint) => endpoint.node));
    return group;
  });
  one("endpoints").replaceChildren(...sections.map((group) => group.node));
  one("find").addEventListener("input", () => filter(sections));
}

function filter(groups) {
  const words = one("find").value.toLowerCase().split(/\s+/);
  for (const group of groups) {
    for (const endpoint of group.endpoints) endpoint.node.hidden = !words.every((word) => endpoint.words.includes(word));
    group.node.hidden = group.endpoints.every((endpoint) => endpoint.node.hidden);
  }
}

async function begin() {
  try {
    showEndpoints((await state("/openapi.json")).value);
  } catch (error) {
    one("trouble").hidden = false;
    one("trouble").textContent = "The list of endpoints can't be loaded: " + error.message;
  }
  await refresh();
}

begin();
