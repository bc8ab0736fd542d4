// SPDX-License-Identifier: Apache-2.0
#include "hw_models/target_kinds.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/roofline.h"
#include "hw_models/roofline_profile.h"
#include "hw_models/table/operator_table.h"
#include "hw_models/table/table_model.h"

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

constexpr std::array kKinds{
    TargetKind{.word = "profile",
               .model = "roofline",
               .about = "figures of a data sheet or of a calibration",
               .read = read_profile_card,
               .make = make_roofline_model},
    TargetKind{.word = "table",
               .model = "table",
               .about = "times of a runtime's kernels, measured on it",
               .read = read_table_card,
               .make = make_table_model},
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
