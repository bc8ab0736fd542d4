// SPDX-License-Identifier: Apache-2.0
#include "search/reranker.h"

#include <utility>
#include <variant>

#include "core/error.h"

namespace parnas::search {

void Reranker::add(const Trial& trial) {
    if (!screen_.measures() || trial.state != TrialState::complete || trial.fidelity < 1.0)
        return;
    entries_[trial.number] = {.genotype = trial.genotype, .recorded = trial.metrics};
    stale_ = true;
}

void Reranker::tell(TrialNumber number) {
    const auto found = entries_.find(number);
    if (found == entries_.end())
        return;
    found->second.told = true;
    stale_ = true;
}

bool Reranker::refresh(const std::stop_token& stop) {
    if (!screen_.measures())
        return false;
    if (!stale_ && version_ == screen_.version())
        return true;
    try {
        for (auto& [number, entry] : entries_)
            look(entry, stop);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable || !stop.stop_requested())
            throw;
        return false;
    }
    front_ = {};
    front_told_ = {};
    for (const auto& [number, entry] : entries_) {
        insert(front_, number, entry, entry.newer);
        if (entry.told)
            insert(front_told_, number, entry, entry.newer);
    }
    figures_of_front_ = find_figures_of_front();
    version_ = screen_.version();
    stale_ = false;
    return true;
}

void Reranker::look(Entry& entry, const std::stop_token& stop) const {
    if (entry.looked_at == screen_.version())
        return;
    entry.newer = screen_.look(entry.genotype, stop).metrics;
    std::erase_if(entry.newer, [&entry](const auto& metric) {
        const auto recorded = entry.recorded.find(metric.first);
        return recorded == entry.recorded.end() || recorded->second == metric.second;
    });
    entry.looked_at = screen_.version();
}

void Reranker::insert(ParetoArchive& archive,
                      TrialNumber number,
                      const Entry& entry,
                      const Metrics& newer) const {
    Metrics metrics = newer;
    metrics.insert(entry.recorded.begin(), entry.recorded.end());
    if (violation(job_.limits, metrics) > 0.0)
        return;
    const auto values = objective_values(job_.objectives, metrics);
    if (const auto* point = std::get_if<std::vector<double>>(&values))
        archive.insert(number, minimised(job_.objectives, *point));
}

Reestimates Reranker::figures() const {
    Reestimates figures;
    for (const auto& [number, entry] : entries_)
        if (!entry.newer.empty())
            figures[number] = entry.newer;
    return figures;
}

// Members' own; and while others would be members by their records, theirs.
Reestimates Reranker::find_figures_of_front() const {
    Reestimates figures;
    for (bool more = true; more;) {
        more = false;
        ParetoArchive front;
        for (const auto& [number, entry] : entries_) {
            const bool known = front_.contains(number) || figures.contains(number);
            insert(front, number, entry, known ? entry.newer : Metrics{});
        }
        for (const auto& [number, point] : front.members()) {
            const Metrics& newer = entries_.at(number).newer;
            if (!newer.empty())
                more = figures.try_emplace(number, newer).second || more;
        }
    }
    return figures;
}

}  // namespace parnas::search
