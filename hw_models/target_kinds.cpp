// SPDX-License-Identifier: Apache-2.0
#include "hw_models/target_kinds.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/fitting/fitted_model.h"
#include "hw_models/fitting/network_features.h"
#include "hw_models/fitting/predictor_document.h"
#include "hw_models/roofline.h"
#include "hw_models/roofline_profile.h"
#include "hw_models/table/operator_table.h"
#include "hw_models/table/table_model.h"
#include "hw_models/target_json.h"

namespace parnas::hw_models {
namespace {

TargetCard read_profile_card(const Document& document) {
    return read_profile(document).card;
}

TargetCard read_table_card(const Document& document) {
    const OperatorTable table = read_table(document);
    TargetCard card{.target = table.target,
                    .provenance = Provenance::calibrated,
                    .source = table.provenance.tool,
                    .date = table.provenance.date};
    card.target.name = document_name(table.target);
    return card;
}

TargetCard read_predictor_card(const Document& document) {
    const PredictorDocument read = read_predictor(document, network_schema());
    TargetCard card{.target = read.target,
                    .provenance = Provenance::calibrated,
                    .source = read.provenance.tool,
                    .date = read.provenance.date};
    card.target.name = document_name(read.target);
    if (!is_target_name(card.target.name))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("expected letters, digits, '-', '_', '.' and '/', found '{}'",
                                read.target.name),
                    document.place("/target/name"));
    return card;
}

Json whole_document(const Document& document) {
    return document.root();
}

// Its weights mean nothing to anybody.
Json predictor_figures(const Document& document) {
    const PredictorDocument read = read_predictor(document, network_schema());
    const PredictorEvidence& evidence = read.predictor.evidence();
    Json known = Json::array();
    for (const KnownTarget& each : read.predictor.parts().known)
        known.push_back(each.name);
    Json figures = to_json(read.target);
    figures.erase("name");
    figures["space"] = read.provenance.space;
    figures["samples"] = evidence.samples;
    figures["mean_error"] = evidence.mean_error;
    figures["within_10"] = evidence.within_10;
    figures["explained"] = evidence.explained;
    figures["known_targets"] = std::move(known);
    return figures;
}

constexpr std::array kKinds{
    TargetKind{.word = "profile",
               .model = "roofline",
               .about = "figures of a data sheet or of a calibration",
               .read = read_profile_card,
               .figures = whole_document,
               .make = make_roofline_model},
    TargetKind{.word = "table",
               .model = "table",
               .about = "times of a runtime's kernels, measured on it",
               .read = read_table_card,
               .figures = whole_document,
               .make = make_table_model},
    TargetKind{.word = "predictor",
               .model = "fitted",
               .about = "a model of latencies, fitted to measurements of some networks",
               .read = read_predictor_card,
               .figures = predictor_figures,
               .make = make_fitted_model},
};

}  // namespace

std::span<const TargetKind> target_kinds() {
    return kKinds;
}

const TargetKind& kind_of(const Document& document) {
    Faults faults;
    ObjectReader reader(document.root(), "", faults);
    const std::string word = reader.text("kind", std::string(kKinds.front().word));
    const auto found = std::ranges::find(kKinds, word, &TargetKind::word);
    if (faults.empty() && found == kKinds.end()) {
        std::string known;
        for (const TargetKind& kind : kKinds)
            known += fmt::format("{}'{}'", known.empty() ? "" : ", ", kind.word);
        reader.fault("kind", fmt::format("expected one of {}, found '{}'", known, word));
    }
    document.throw_if_any(faults);
    return *found;
}

std::unique_ptr<HardwareModel> make_model_of_profile(ObjectReader& options,
                                                     const std::filesystem::path& base,
                                                     const TargetLibrary& library) {
    const std::string name = options.text("profile");
    if (name.empty())
        return nullptr;
    return kind_of(library.resolve(name, base)).make(options, base, library);
}

}  // namespace parnas::hw_models
