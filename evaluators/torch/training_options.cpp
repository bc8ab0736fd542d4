// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/training_options.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace parnas::evaluators {
namespace {

constexpr std::int64_t kMaxEpochs = 100'000;

// Reads the object at `key`, or an empty one.
template <typename Read>
void read_object(ObjectReader& options, std::string_view key, Read read) {
    static const Json empty = Json::object();
    const Json* json = options.find(key);
    ObjectReader reader(json == nullptr ? empty : *json, options.pointer(key), options.faults());
    read(reader);
    reader.finish();
}

OptimizerOptions read_optimizer(ObjectReader& options) {
    OptimizerOptions optimizer;
    read_object(options, "optimizer", [&](ObjectReader& reader) {
        optimizer.kind = OptimizerKind(reader.word("type", {"sgd", "adamw"}, "sgd"));
        const bool adamw = optimizer.kind == OptimizerKind::adamw;
        optimizer.lr = reader.real("lr", adamw ? 1e-3 : optimizer.lr, {0.0, 1e6});
        optimizer.momentum = reader.real("momentum", optimizer.momentum, {0.0, 0.9999});
        optimizer.nesterov = reader.boolean("nesterov", optimizer.nesterov);
        optimizer.weight_decay =
            reader.real("weight_decay", adamw ? 1e-2 : optimizer.weight_decay, {0.0, 10.0});
    });
    return optimizer;
}

ScheduleOptions read_schedule(ObjectReader& options) {
    ScheduleOptions schedule;
    read_object(options, "schedule", [&](ObjectReader& reader) {
        schedule.kind = ScheduleKind(reader.word("type", {"cosine", "step", "constant"}, "cosine"));
        schedule.warmup_epochs =
            reader.real("warmup_epochs", schedule.warmup_epochs, {0.0, kMaxEpochs});
        schedule.step_epochs = reader.integer("step_epochs", schedule.step_epochs, {1, kMaxEpochs});
        schedule.gamma = reader.real("gamma", schedule.gamma, {0.0, 1.0});
    });
    return schedule;
}

AugmentOptions read_augment(ObjectReader& options) {
    AugmentOptions augment;
    read_object(options, "augment", [&](ObjectReader& reader) {
        augment.crop = reader.integer("crop", augment.crop, {0, 1024});
        augment.flip = reader.boolean("flip", augment.flip);
    });
    return augment;
}

}  // namespace

TrainingOptions read_training_options(ObjectReader& options) {
    TrainingOptions training;
    training.optimizer = read_optimizer(options);
    training.schedule = read_schedule(options);
    training.augment = read_augment(options);
    training.epochs = options.integer("epochs", training.epochs, {1, kMaxEpochs});
    training.final_epochs = options.integer("final_epochs", training.epochs, {1, kMaxEpochs});
    training.batch = options.integer("batch", training.batch, {1, 65'536});
    training.label_smoothing =
        options.real("label_smoothing", training.label_smoothing, {0.0, 0.99});
    training.clip_norm = options.optional_real("clip_norm", {1e-6, 1e6});
    training.dropout = options.optional_real("dropout", {0.0, 0.99});
    training.keep = Keep(options.word("keep", {"best", "last"}, "best"));
    read_object(options, "early_stopping", [&](ObjectReader& reader) {
        training.patience = reader.optional_integer("patience", {1, kMaxEpochs});
    });
    return training;
}

Json to_json(const TrainingOptions& options) {
    constexpr std::array kSchedules{"cosine", "step", "constant"};
    Json json{
        {"optimizer",
         {{"type", options.optimizer.kind == OptimizerKind::sgd ? "sgd" : "adamw"},
          {"lr", options.optimizer.lr},
          {"momentum", options.optimizer.momentum},
          {"nesterov", options.optimizer.nesterov},
          {"weight_decay", options.optimizer.weight_decay}}},
        {"schedule",
         {{"type", kSchedules[static_cast<std::size_t>(options.schedule.kind)]},
          {"warmup_epochs", options.schedule.warmup_epochs},
          {"step_epochs", options.schedule.step_epochs},
          {"gamma", options.schedule.gamma}}},
        {"augment", {{"crop", options.augment.crop}, {"flip", options.augment.flip}}},
        {"epochs", options.epochs},
        {"final_epochs", options.final_epochs},
        {"batch", options.batch},
        {"label_smoothing", options.label_smoothing},
        {"keep", options.keep == Keep::best ? "best" : "last"},
    };
    if (options.clip_norm)
        json["clip_norm"] = *options.clip_norm;
    if (options.dropout)
        json["dropout"] = *options.dropout;
    if (options.patience)
        json["early_stopping"] = {{"patience", *options.patience}};
    return json;
}

TrainingOptions with_values(const TrainingOptions& options,
                            const Assignment& values,
                            Faults& faults) {
    struct Place {
        std::string_view object;  // empty: the options themselves
        std::string_view key;
    };
    static const std::map<std::string, Place, std::less<>> kPlaces{
        {"lr", {"optimizer", "lr"}},
        {"momentum", {"optimizer", "momentum"}},
        {"weight_decay", {"optimizer", "weight_decay"}},
        {"optimizer", {"optimizer", "type"}},
        {"batch", {"", "batch"}},
        {"epochs", {"", "epochs"}},
        {"label_smoothing", {"", "label_smoothing"}},
        {"dropout", {"", "dropout"}},
    };
    std::vector<std::string> known;
    for (const auto& [name, place] : kPlaces)
        known.push_back(name);

    Json json = to_json(options);
    for (const auto& [name, value] : values) {
        const auto place = kPlaces.find(name);
        if (place == kPlaces.end()) {
            faults.add(
                pointer_to("/training", name),
                "the training evaluator has no such hyperparameter" + did_you_mean(name, known));
            continue;
        }
        Json& object =
            place->second.object.empty() ? json : json[std::string(place->second.object)];
        object[std::string(place->second.key)] = parnas::to_json(value);
    }
    // A finalist trains as long as the candidate says unless the job says more.
    if (values.contains("epochs") && options.final_epochs == options.epochs)
        json["final_epochs"] = json["epochs"];
    Faults found;
    ObjectReader reader(json, "/training", found);
    const TrainingOptions changed = read_training_options(reader);
    for (const Fault& fault : found.list())
        faults.add(fault.where, fault.message);
    return changed;
}

}  // namespace parnas::evaluators
