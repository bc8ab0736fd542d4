// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/error.h"
#include "core/json.h"
#include "spaces/param.h"

namespace parnas::spaces {

// True for an object that describes a domain: it has the key one_of, integer or real.
bool is_domain(const Json& json);

// Reads a single value. Adds a fault and returns nullopt for lists, objects, integers beyond
// 64 bits, and numbers that are not finite: they could not be kept with a study.
std::optional<Scalar> read_scalar(const Json& json, const std::string& pointer, Faults& faults);

// Reads {one_of: [...], ordered}, {integer: [low, high], step, log} or {real: [low, high],
// step, log}; the key `when` is left to read_condition(). Adds a fault and returns nullopt
// for what is none of them.
std::optional<Domain> read_domain(const Json& json, const std::string& pointer, Faults& faults);

// What read_domain() reads as this domain.
Json to_json(const Domain& domain);

// Reads {PARENT: value}, {PARENT: [values]} or {PARENT: {at_least: a, at_most: b}} with a
// parent among `params`.
std::optional<Condition> read_condition(const Json& json,
                                        const std::string& pointer,
                                        std::span<const Param> params,
                                        Faults& faults);

// The condition under which `index` has one of the values for which `holds`: an interval of
// an integer if they are adjacent, a set of choices of a categorical. Nullopt if they are
// neither, or the domain has no finite list of values.
std::optional<Condition> condition_where(std::span<const Param> params,
                                         ParamIndex index,
                                         const std::function<bool(const Scalar&)>& holds);

}  // namespace parnas::spaces
