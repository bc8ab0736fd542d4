// SPDX-License-Identifier: Apache-2.0
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

std::string_view to_string(Source source) {
    switch (source) {
        case Source::measured:
            return "measured";
        case Source::fitted:
            return "fitted";
        case Source::analytic:
            break;
    }
    return "analytic";
}

}  // namespace parnas::hw_models
