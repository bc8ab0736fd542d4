// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/plugin/offer.h"
#include "api/plugin/plugin.h"
#include "evaluators/evaluator.h"

namespace parnas::plugin {

// An evaluator that a plugin offers. A job's options for it:
//
//   options   an object, which the plugin gets as it is
//   timeout   of one trial, default 1h
//
// A plugin that hangs, crashes or lies fails the trial; a stop ends the evaluation.
evaluators::EvaluatorFactory make_plugin_evaluators(std::shared_ptr<const Plugin> plugin,
                                                    EvaluatorOffer offer);

}  // namespace parnas::plugin
