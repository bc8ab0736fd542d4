// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "search/analysis/compare_studies.h"

namespace parnas::search {

// "'tpe' is better than 'random' in accuracy after 100 trials: ..."
std::string verdict_text(const StudyComparison& comparison,
                         const Cut& cut,
                         std::string_view first,
                         std::string_view second);

// Everything that a comparison found, with convergence bands and attainment surfaces.
Json comparison_json(const StudyGroup& first,
                     const StudyGroup& second,
                     const StudyComparison& comparison);

// The same as one HTML file without any other, like a report. `version`: of parnas.
std::string comparison_html(const StudyGroup& first,
                            const StudyGroup& second,
                            const StudyComparison& comparison,
                            std::string_view version);

}  // namespace parnas::search
