// SPDX-License-Identifier: Apache-2.0
// The head of the page and its order.

const STATES = { complete: "--good", pruned: "--accent", fail: "--bad", running: "--dot", waiting: "--dot" };

function showHead() {
  const { study } = report;
  document.title = `${study.name} – parnas report`;
  byId("name").textContent = study.name;
  byId("aim").textContent = objectives.map((each) => `${each.direction} ${metricLabel(each.metric)}`).join(", ");
  const chip = (name, value, kind = "") => html("span", { class: `chip ${kind}` }, name ? html("b", {}, name) : "", value);
  const mood = { complete: "good", failed: "bad" }[study.state] ?? "";
  byId("chips").append(chip("", study.state + (study.reason ? ` (${study.reason})` : ""), mood));
  for (const tag of study.tags ?? []) byId("chips").append(chip("tag", tag));
  byId("note").textContent = study.note ?? "";
  byId("note").hidden = !study.note;
  const { job } = study;
  if (!job) return;
  const space = job.space?.name ?? job.space?.document?.name ?? job.space?.file ?? job.space;
  byId("chips").append(chip("space", typeof space === "string" ? space : "of its own"));
  for (const [metric, limit] of Object.entries(study.limits ?? {}))
    byId("chips").append(chip("limit", `${metricLabel(metric)} ≤ ${shortNumber(toNumber(limit))}`));
  if (job.preset) byId("chips").append(chip("preset", job.preset));
  for (const [what, much] of Object.entries(job.budget ?? {}))
    byId("chips").append(chip("budget", what === "trials" ? `${much} trials` : `${what.replaceAll("_", " ")} ${shortDuration(much)}`));
  byId("chips").append(chip("evaluator", String(job.evaluator?.type ?? "?")));
  if (job.target) byId("chips").append(chip("target", [job.target.model, job.target.profile].filter(Boolean).map(String).join(" ")));
}

function card(label, value, more) {
  return html("div", { class: "card" }, html("div", { class: "label" }, label), html("div", { class: "value" }, value),
      html("div", { class: "more" }, more));
}

function bestCard({ metric, direction }) {
  let best = null;
  for (const trial of report.trials)
    if (isFull(trial) && Number.isFinite(metricOf(trial, metric)) &&
        (!best || isBetter(metric, metricOf(trial, metric), metricOf(best, metric)))) best = trial;
  const name = `${direction === "maximize" ? "highest" : "lowest"} ${metricLabel(metric)}`;
  return best ? card(name, shortNumber(metricOf(best, metric)), ["trial ", trialLink(best)]) : card(name, "–", "no trial has it");
}

function stateBar(counts) {
  const bar = svg("svg", { class: "states", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" });
  let from = 0;
  for (const [state, count] of counts) {
    const width = (100 * count) / report.trials.length;
    bar.append(svg("rect", { x: from, y: 0, width, height: 4, fill: themeColor(STATES[state] ?? "--dot") }));
    from += width;
  }
  return bar;
}

function showOverview(section) {
  const counts = Object.keys(STATES).map((state) => [state, report.trials.filter((trial) => trial.state === state).length])
      .filter(([, count]) => count > 0);
  const hypervolume = toNumber(report.fronts.at(-1)?.hypervolume);
  const cost = [...report.trials, ...report.phases].reduce((total, each) => total + (each.cost_seconds || 0), 0);
  const last = finished.at(-1)?.time;
  section.append(html("div", { class: "cards" },
      objectives.map(bestCard),
      card("trials", String(report.trials.length),
          [report.trials.length ? stateBar(counts) : "", counts.map(([state, count]) => `${count} ${state}`).join(", ") || "none yet"]),
      card("front", `${front.length} ${front.length === 1 ? "trial" : "trials"}`,
          Number.isFinite(hypervolume) ? `hypervolume ${shortNumber(hypervolume)}` : "that no other one dominates"),
      card("evaluations", shortDuration(cost), last === undefined ? "" : `over ${shortDuration(last)} since the start`)));
}

// The search trial of the same values, if there is one.
function searchTrialOf(finalist) {
  const params = JSON.stringify(finalist.params);
  return report.trials.find((trial) => trial.stage === "search" && trial.state === "complete" && JSON.stringify(trial.params) === params);
}

function showFinalists(section) {
  const finalists = report.trials.filter((trial) => trial.stage === "finalist");
  if (!finalists.length) return;
  section.hidden = false;
  const test = shownMetrics.filter((metric) => metric.startsWith("test_") && finalists.some((trial) => Number.isFinite(metricOf(trial, metric))));
  const value = (trial, metric) => html("td", { class: "number" }, trial ? shortNumber(metricOf(trial, metric)) : "–");
  section.append(
      html("p", { class: "about" }, "Members of the front, trained again from scratch with the full schedule."),
      html("div", { class: "scroll" }, html("table", {},
          html("thead", {}, html("tr", {}, ["trial", "state", "from trial"].map((title) => html("th", { scope: "col" }, title)),
              objectives.flatMap(({ metric }) => [`${metricLabel(metric)} in the search`, metricLabel(metric)])
                  .concat(test.map(metricLabel)).map((title) => html("th", { scope: "col", class: "number" }, title)),
              html("th", { scope: "col" }, "parameters of the space"))),
          html("tbody", {}, finalists.map((trial) => {
            const before = searchTrialOf(trial);
            return html("tr", { "data-trial": trial.number },
                html("td", {}, trialLink(trial)), html("td", {}, html("span", { class: `state ${trial.state}` }, trial.state)),
                html("td", {}, before ? trialLink(before) : "–"),
                objectives.flatMap(({ metric }) => [value(before, metric), value(trial, metric)]),
                test.map((metric) => value(trial, metric)),
                wideCell(reasonText(trial) || paramsText(trial)));
          })))));
}

function showNotes(section) {
  section.append(html("ul", {}, report.notes.map((note) => html("li", {}, note))));
}

function showMade(section) {
  const { study } = report;
  const { job } = study;
  const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const starts = report.sessions.filter((session) => session.kind === "session_started");
  const facts = [["program", `parnas ${report.parnas}`], ["study created", `${study.created.slice(0, 19)} UTC`],
                 ["report written", `${report.written.slice(0, 19)} UTC`]];
  if (starts.length) facts.push(["sessions", `${starts.length}, the last from ${starts.at(-1).time.slice(0, 19)} UTC`]);
  if (job) {
    facts.push(["seed", /"seed": (\d+)/.exec(study.job_text)?.[1] ?? "–"]);
    for (const key of ["strategy", "target", "workers", "threads", "lag", "reuse", "finalists"])
      if (job[key] !== undefined) facts.push([key, plain(job[key])]);
  }
  section.append(definitions(facts, { class: "facts" }),
      job ? html("details", { open: study.job_text.length < 3000 }, html("summary", {}, "The job document"), html("pre", { tabindex: 0 }, study.job_text))
          : html("p", { class: "empty" }, "The store has no job of this study."));
}

showHead();
showOverview(byId("overview"));
showFront(byId("front"));
showFinalists(byId("finalists"));
showAudit(byId("audit"));
showHistory(byId("history"));
showPhases(byId("phases"));
if (report.network) showNetwork(byId("network"));
showParams(byId("params"));
showImportance(byId("importance"));
showTrials(byId("trials"));
showNotes(byId("notes"));
showMade(byId("made"));
for (const title of document.querySelectorAll("section:not([hidden]) > h2"))
  byId("contents").append(html("li", {}, html("a", { href: `#${title.parentElement.id}` }, title.textContent)));
addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideTip();
});
document.documentElement.dataset.ready = "yes";
