// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "api/plugin/operator_offer.h"
#include "spaces/custom_op.h"

namespace parnas::plugin {

// A network of the operator alone, to try it on: on the inputs of the offer's example, else on the
// first of an image, a sequence and a vector that it takes. Throws Error(invalid_input) with what
// it says if it takes none.
spaces::Network operator_example(const OperatorOffer& offer,
                                 const std::shared_ptr<const spaces::CustomOp>& op);

// "8x16x16, 4096 multiply-adds, ...": what a network of one op gives and costs.
std::string figures_text(const spaces::Network& network);

}  // namespace parnas::plugin
