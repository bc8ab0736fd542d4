// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/journal/writer.h"

#include <fmt/format.h>

#include "api/optuna/journal/iso_time.h"
#include "api/optuna/journal/operations.h"
#include "api/optuna/journal/raw_json.h"

namespace parnas::optuna {
namespace {

constexpr std::string_view kWorker = "parnas-0";

int code(Operation operation) {
    return static_cast<int>(operation);
}

std::string joined(std::string left, const std::string& right) {
    return left.empty() ? right : std::move(left) + ',' + right;
}

std::string object_of(const store::Attributes& attributes) {
    std::string members;
    for (const auto& [key, value] : attributes)
        members = joined(std::move(members), python_text(key) + ':' + value);
    return '{' + members + '}';
}

std::string array_of(const std::vector<double>& values) {
    std::string elements;
    for (const double value : values)
        elements = joined(std::move(elements), python_number(value));
    return '[' + elements + ']';
}

std::string time_or_null(const std::optional<TimePoint>& time) {
    return time ? '"' + to_iso(*time) + '"' : "null";
}

// `value` of a study with one objective, `values` of others: as Optuna has it.
std::string members_of(const std::vector<double>& values) {
    if (values.size() == 1)
        return fmt::format(R"("value":{},"values":null)", python_number(values.front()));
    return fmt::format(R"("value":null,"values":{})", values.empty() ? "null" : array_of(values));
}

std::string members_of(const std::vector<store::ParamRecord>& params) {
    std::string distributions;
    std::string numbers;
    for (const store::ParamRecord& param : params) {
        const std::string name = python_text(param.name) + ':';
        distributions = joined(std::move(distributions), name + python_text(param.distribution));
        numbers = joined(std::move(numbers), name + python_number(param.internal));
    }
    return fmt::format(R"("distributions":{{{}}},"params":{{{}}})", distributions, numbers);
}

std::string object_of(const std::map<std::int64_t, double>& reports) {
    std::string members;
    for (const auto& [step, value] : reports)
        members = joined(std::move(members), fmt::format(R"("{}":{})", step, python_number(value)));
    return '{' + members + '}';
}

}  // namespace

void JournalWriter::line(int operation, std::string_view members) {
    write_(
        fmt::format("{{\"op_code\":{},\"worker_id\":\"{}\",{}}}\n", operation, kWorker, members));
}

void JournalWriter::begin_study(const store::StudySpec& study,
                                const store::StudyAttributes& attributes) {
    std::string directions;
    for (const Direction direction : study.directions)
        directions = joined(std::move(directions), std::to_string(code_of(direction)));
    line(code(Operation::create_study),
         fmt::format(R"("study_name":{},"directions":[{}])", python_text(study.name), directions));
    const std::int64_t id = studies_++;
    const auto write_each =
        [&](Operation operation, std::string_view member, const store::Attributes& all) {
            for (const auto& [key, value] : all)
                line(code(operation),
                     fmt::format(
                         R"("study_id":{},"{}":{{{}:{}}})", id, member, python_text(key), value));
        };
    write_each(Operation::set_study_user_attr, "user_attr", attributes.user);
    write_each(Operation::set_study_system_attr, "system_attr", attributes.system);
}

void JournalWriter::write_trial(const store::TrialRecord& trial) {
    const std::string complete =
        trial.finished ? fmt::format(R"("datetime_complete":{},)", time_or_null(trial.finished))
                       : std::string();
    line(code(Operation::create_trial),
         fmt::format(R"("study_id":{},"datetime_start":{},{}"state":{},{},{},)"
                     R"("user_attrs":{},"system_attrs":{},"intermediate_values":{})",
                     studies_ - 1,
                     time_or_null(trial.started),
                     complete,
                     code_of(trial.state),
                     members_of(trial.values),
                     members_of(trial.params),
                     object_of(trial.user_attributes),
                     object_of(trial.system_attributes),
                     object_of(trial.reports)));
}

}  // namespace parnas::optuna
