// SPDX-License-Identifier: Apache-2.0
#include "search/study_target.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "hw_models/costs/costed_model.h"
#include "hw_models/learns.h"
#include "spaces/dtype.h"

namespace parnas::search {
namespace {

constexpr const char* kTarget = "/target";
constexpr const char* kMeasure = "measure";

// Calls `make` with the model's factory; what a model says is wrong gets the pointer.
template <typename Make>
std::unique_ptr<hw_models::HardwareModel> make_model(const Json& json,
                                                     const std::string& pointer,
                                                     const Registries& registries,
                                                     Faults& faults,
                                                     const Make& make) {
    ObjectReader options(json, pointer, faults);
    // A target with a name knows its model.
    const std::string type =
        options.has("profile") ? options.text("model", "auto") : options.text("model");
    if (type.empty())
        return nullptr;
    try {
        auto model = make(registries.hardware_models.find(type), options);
        options.finish();
        return model;
    } catch (const Error& error) {
        for (const Fault& fault : error.faults())
            faults.add(pointer,
                       fault.where.empty() ? fault.message : fault.where + ": " + fault.message);
        return nullptr;
    }
}

template <typename Value>
void compare(const char* what,
             const Value& predicted,
             const Value& measured,
             std::vector<std::string>& differences) {
    if (predicted != measured)
        differences.push_back(fmt::format("{} {} instead of {}", what, measured, predicted));
}

// A latency is one of hardware, runtime and setting.
void check_measurer(const hw_models::HardwareModel& model,
                    const hw_models::HardwareModel& measurer,
                    Faults& faults) {
    const std::string pointer = pointer_to(kTarget, kMeasure);
    const hw_models::Target& predicted = model.target();
    const hw_models::Target& measured = measurer.target();
    if (dynamic_cast<const hw_models::Learns*>(&model) == nullptr)
        faults.add(pointer,
                   fmt::format("the model of {} does not learn from measurements: expected "
                               "`model: fitted`, or no `measure`",
                               predicted.name));
    std::vector<std::string> differences;
    compare("hardware", predicted.hardware, measured.hardware, differences);
    compare("runtime", predicted.runtime, measured.runtime, differences);
    compare("threads", predicted.threads, measured.threads, differences);
    compare("dtype",
            spaces::to_string(predicted.dtype),
            spaces::to_string(measured.dtype),
            differences);
    compare("batch", predicted.batch, measured.batch, differences);
    compare("layout",
            hw_models::to_string(predicted.layout),
            hw_models::to_string(measured.layout),
            differences);
    if (!differences.empty())
        faults.add(pointer,
                   fmt::format("measures another target than the predicted {}: {}",
                               predicted.name,
                               fmt::join(differences, "; ")));
}

}  // namespace

StudyTarget make_study_target(const JobSpec& job, const Registries& registries, Faults& faults) {
    if (!job.target)
        return {};
    Json json = parse_json(*job.target, kTarget);
    const bool measures = json.is_object() && json.contains(kMeasure);
    const Json measure = measures ? json[kMeasure] : Json();
    if (measures)
        json.erase(kMeasure);
    StudyTarget target;
    target.model = make_model(
        json, kTarget, registries, faults, [&](const auto& factory, ObjectReader& options) {
            return hw_models::with_costs(factory(options, job.base), options);
        });
    if (!measures)
        return target;
    // Memory, energy and price are the target's own.
    target.measurer = make_model(
        measure,
        pointer_to(kTarget, kMeasure),
        registries,
        faults,
        [&](const auto& factory, ObjectReader& options) { return factory(options, job.base); });
    if (target.model && target.measurer)
        check_measurer(*target.model, *target.measurer, faults);
    return target;
}

}  // namespace parnas::search
