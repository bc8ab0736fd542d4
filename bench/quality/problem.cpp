// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/problem.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/embedded.h"
#include "core/error.h"
#include "search/job_spec.h"
#include "search/pareto.h"

namespace parnas::bench {

std::span<const EmbeddedFile> problem_documents();

namespace {

std::string name_of(const EmbeddedFile& file) {
    return std::filesystem::path(file.name).stem().string();
}

}  // namespace

std::vector<std::string> Problem::names() {
    std::vector<std::string> names;
    for (const EmbeddedFile& file : problem_documents())
        names.push_back(name_of(file));
    return names;
}

Problem Problem::find(std::string_view name) {
    const auto files = problem_documents();
    const auto file = std::ranges::find(files, name, name_of);
    if (file == files.end())
        throw Error(
            ErrorKind::not_found,
            fmt::format("no problem is named '{}'; there are: {}", name, fmt::join(names(), ", ")));
    const Document document = Document::parse(file->text, std::string(file->name));
    Faults faults;
    const search::JobSpec job = search::read_job(document.root(), "/", 1, faults);
    document.throw_if_any(faults);
    Problem problem;
    problem.name_ = job.name;
    problem.document_ = document;
    problem.trials_ = job.budget.trials.value();
    problem.table_ = document.root().at("evaluator").value("table", "");
    problem.objectives_ = job.objectives;
    problem.reference_ = job.hypervolume_reference.value_or(std::vector<double>());
    return problem;
}

Direction Problem::direction() const {
    return objectives_.size() > 1 ? Direction::maximize : objectives_[0].direction;
}

double Problem::score(const std::vector<store::TrialRecord>& trials) const {
    std::vector<search::Point> points;
    for (const store::TrialRecord& trial : trials)
        if (trial.state == TrialState::complete)
            points.push_back(search::minimised(objectives_, trial.values));
    if (objectives_.size() > 1)
        return search::hypervolume(points, search::minimised(objectives_, reference_));
    const auto best = std::ranges::min_element(points);
    if (best == points.end())
        return std::numeric_limits<double>::quiet_NaN();
    return search::minimised(objectives_, *best)[0];
}

}  // namespace parnas::bench
