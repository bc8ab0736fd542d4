// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/plugin/operator_offer.h"
#include "core/json.h"
#include "core/object_reader.h"
#include "hw_models/hardware_model.h"

namespace parnas::plugin {

// What a plugin says that it offers. Names have versions: "mlp@1".

struct SpaceOffer {
    std::string name;
    std::string about;
    std::string document;  // JSON text of a space document
    bool decodes = false;  // the plugin makes the networks; the document has parameters alone
};

struct EvaluatorOffer {
    std::string name;
    std::vector<std::string> metrics;
};

struct Offer {
    std::vector<SpaceOffer> spaces;
    std::vector<EvaluatorOffer> evaluators;
    std::vector<std::string> samplers;
    std::vector<hw_models::Target> targets;
    std::vector<OperatorOffer> operators;
    std::string blocks = "{}";  // JSON text: definitions for space documents, by name
};

// Reads the result of `describe`. Throws Error(invalid_input) with all faults.
Offer read_offer(const Json& description);

// What a job has for the plugin's part alone, under `options`: an object, empty if it says nothing.
Json read_part_options(ObjectReader& options);

// "mlp" of "mlp@1".
std::string without_version(const std::string& name);

}  // namespace parnas::plugin
