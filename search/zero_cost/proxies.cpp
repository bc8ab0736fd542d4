// SPDX-License-Identifier: Apache-2.0
#include "search/zero_cost/proxies.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {

std::string_view to_string(Proxy proxy) {
    switch (proxy) {
        case Proxy::synflow:
            return "synflow";
        case Proxy::snip:
            return "snip";
        case Proxy::grasp:
            return "grasp";
        case Proxy::fisher:
            return "fisher";
        case Proxy::grad_norm:
            return "grad_norm";
        case Proxy::jacob_cov:
            return "jacob_cov";
        case Proxy::naswot:
            return "naswot";
        case Proxy::zico:
            return "zico";
    }
    throw Error(ErrorKind::internal, "unknown proxy");
}

std::optional<Proxy> find_proxy(std::string_view name) {
    const auto* const found =
        std::ranges::find(kProxies, name, [](Proxy proxy) { return to_string(proxy); });
    return found == kProxies.end() ? std::nullopt : std::optional(*found);
}

ScoringOptions read_scoring_options(ObjectReader& options) {
    ScoringOptions read;
    std::vector<std::string> known;
    for (const Proxy proxy : kProxies)
        known.emplace_back(to_string(proxy));
    if (options.has("proxies"))
        read.proxies.clear();
    for (const std::string& name : read_words(options, "proxies", known))
        read.proxies.push_back(find_proxy(name).value());
    read_scoring_size(options, read);
    read.seed = static_cast<std::uint64_t>(options.integer("seed", 0, {0}));
    return read;
}

void read_scoring_size(ObjectReader& options, ScoringOptions& scoring) {
    scoring.batch = options.integer("batch", scoring.batch, {2, 4096});
    scoring.repeats = options.integer("repeats", scoring.repeats, {1, 1000});
}

Json to_json(const ScoringOptions& options) {
    Json proxies = Json::array();
    for (const Proxy proxy : options.proxies)
        proxies.push_back(to_string(proxy));
    return {{"proxies", std::move(proxies)},
            {"batch", options.batch},
            {"repeats", options.repeats},
            {"seed", options.seed}};
}

std::vector<std::string> read_words(ObjectReader& options,
                                    std::string_view key,
                                    const std::vector<std::string>& known) {
    const Json* json = options.find(key);
    if (json == nullptr)
        return {};
    if (!json->is_array() || json->empty()) {
        options.fault(key, fmt::format("expected a list of some of {}", fmt::join(known, ", ")));
        return {};
    }
    std::vector<std::string> words;
    for (std::size_t i = 0; i < json->size(); ++i) {
        const Json& entry = (*json)[i];
        std::string word = entry.is_string() ? entry.get<std::string>() : dump_json(entry);
        const std::string place = pointer_to(options.pointer(key), i);
        if (std::ranges::find(known, word) == known.end())
            options.faults().add(place,
                                 fmt::format("expected one of {}, got '{}'{}",
                                             fmt::join(known, ", "),
                                             word,
                                             did_you_mean(word, known)));
        else if (std::ranges::find(words, word) != words.end())
            options.faults().add(place, fmt::format("'{}' is named twice", word));
        else
            words.push_back(std::move(word));
    }
    return words;
}

}  // namespace parnas::search
