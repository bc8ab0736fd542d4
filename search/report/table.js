// SPDX-License-Identifier: Apache-2.0
// All trials: sorted, filtered, a page at a time.

const PAGE = 50;

const tagsText = (trial) => (trial.tags ?? []).join(", ");

function columnsOf() {
  const some = (test) => report.trials.some(test);
  const number = (key, title, value, format = shortNumber) => ({ key, title, value, format, numeric: true });
  const text = (key, title, value, wide = false) => ({ key, title, value, wide });
  const metrics = shownMetrics.filter((metric) => !metric.endsWith("_seconds"));
  return [
    number("number", "trial", (trial) => trial.number),
    text("state", "state", (trial) => trial.state),
    ...(some((trial) => trial.stage === "finalist") ? [text("stage", "stage", (trial) => trial.stage)] : []),
    ...(some((trial) => trial.fidelity < 1) ? [number("fidelity", "fidelity", (trial) => trial.fidelity)] : []),
    ...metrics.map((metric) => number("metric " + metric, metricLabel(metric), (trial) => metricOf(trial, metric))),
    number("cost", "evaluation", (trial) => trial.cost_seconds, shortDuration),
    ...(some((trial) => trial.tags) ? [text("tags", "tags", tagsText)] : []),
    ...(some((trial) => trial.note) ? [text("note", "note", (trial) => trial.note ?? "", true)] : []),
    ...(some(reasonText) ? [text("reason", "reason", reasonText, true)] : []),
    text("params", "parameters of the space", paramsText, true),
  ];
}

function sorted(trials, column, descending) {
  const sign = descending ? -1 : 1;
  const missing = (key) => key === "" || Number.isNaN(key);  // comes last either way
  return trials.map((trial) => [column.value(trial), trial])
      .sort(([a], [b]) => missing(a) - missing(b) || (a < b ? -sign : a > b ? sign : 0))
      .map(([, trial]) => trial);
}

function cell(column, trial) {
  if (column.key === "number") return html("td", { class: "number" }, trialLink(trial));
  if (column.key === "state") return html("td", {}, html("span", { class: `state ${trial.state}` }, trial.state));
  const value = column.value(trial);
  if (column.wide) return wideCell(value);
  return html("td", { class: column.numeric ? "number" : null }, column.numeric ? column.format(value) : value);
}

function showTrials(section) {
  if (!report.trials.length) {
    section.append(html("p", { class: "empty" }, "There are no trials yet."));
    return;
  }
  const columns = columnsOf();
  const texts = new Map(report.trials.map((trial) =>
      [trial, `${trial.number} ${trial.state} ${trial.stage} ${tagsText(trial)} ${trial.note ?? ""} ${reasonText(trial)} ${paramsText(trial)}`.toLowerCase()]));
  const state = { sort: columns[0], descending: false, text: "", only: "", page: 0 };
  const head = html("tr", {}), body = html("tbody", {}), where = html("span", { role: "status" });
  const previous = html("button", { onclick: () => turn(-1) }, "Previous"), next = html("button", { onclick: () => turn(1) }, "Next");

  function turn(pages) {
    state.page += pages;
    draw();
  }
  function sortBy(column) {
    state.descending = state.sort === column && !state.descending;
    state.sort = column;
    state.page = 0;
    draw();
  }
  function matches(trial) {
    const kind = state.only === "front" ? onFront.has(trial.number) : !state.only || trial.state === state.only;
    return kind && texts.get(trial).includes(state.text);
  }
  function draw() {
    const found = sorted(report.trials.filter(matches), state.sort, state.descending);
    const from = state.page * PAGE;
    head.replaceChildren(...columns.map((column) => {
      const isSorted = column === state.sort;
      return html("th", { scope: "col", class: column.numeric ? "number" : null,
                          "aria-sort": isSorted ? (state.descending ? "descending" : "ascending") : null },
          html("button", { onclick: () => sortBy(column) }, column.title + (isSorted ? (state.descending ? " ▼" : " ▲") : "")));
    }));
    body.replaceChildren(...found.slice(from, from + PAGE).map((trial) =>
        html("tr", { "data-trial": trial.number }, columns.map((column) => cell(column, trial)))));
    where.textContent = found.length
        ? `${from + 1} to ${Math.min(from + PAGE, found.length)} of ${found.length} trials` : "No trial matches.";
    previous.disabled = state.page === 0;
    next.disabled = from + PAGE >= found.length;
  }

  const states = [...new Set(report.trials.map((trial) => trial.state))].sort();
  const search = html("input", { type: "search", placeholder: "number, tag, parameter, reason …", oninput: () => {
    Object.assign(state, { text: search.value.toLowerCase(), page: 0 });
    draw();
  } });
  section.append(
      html("div", { class: "controls" }, html("label", {}, "Find ", search),
          choice("Show", [["", "all trials"], ["front", "on the front"], ...states.map((each) => [each, each])], "",
              (only) => { Object.assign(state, { only, page: 0 }); draw(); })),
      html("div", { class: "scroll" }, html("table", { id: "trials-table" }, html("thead", {}, head), body)),
      html("div", { class: "pages" }, previous, next, where));
  draw();
}
