// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/object_reader.h"

namespace parnas {

// Named factories of one interface, filled by main() at the start and then only read.
template <typename Factory>
class Registry {
  public:
    // `what` names the kind of thing in messages: "sampler".
    explicit Registry(std::string what) : what_(std::move(what)) {}

    // Throws Error(conflict) if the name is taken.
    void add(std::string name, Factory factory) {
        if (!factories_.emplace(name, std::move(factory)).second)
            throw Error(ErrorKind::conflict,
                        "there already is a " + what_ + " named '" + name + "'");
    }

    // Throws Error(not_found), which lists the known names.
    const Factory& find(std::string_view name) const {
        const auto found = factories_.find(name);
        if (found != factories_.end())
            return found->second;
        std::string known;
        for (const std::string& each : names())
            known += (known.empty() ? "" : ", ") + each;
        throw Error(ErrorKind::not_found,
                    "no " + what_ + " is named '" + std::string(name) + "'; known are: " + known);
    }

    bool has(std::string_view name) const { return factories_.contains(name); }

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& [name, factory] : factories_)
            names.push_back(name);
        return names;
    }

  private:
    std::string what_;
    std::map<std::string, Factory, std::less<>> factories_;
};

}  // namespace parnas
