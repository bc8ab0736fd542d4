// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "search/sampler.h"
#include "search/samplers/ranking.h"
#include "search/samplers/tpe/joint_parzen.h"

namespace parnas::search {

// Parameters that are always active together, and their values in the trials in which they are.
struct ParamGroup {
    std::vector<spaces::ParamIndex> params;  // intervals first, then by index
    std::vector<ParzenAxis> axes;            // one per parameter
    std::optional<spaces::Condition> condition;

    ParzenPoints storage;  // a column per parameter; the first rows are filled
    // Of each row: JointParzen::settled_offset() of parameters that are grouped together, the
    // ParzenAxis::place() of a single one.
    std::vector<double> offsets;
    std::vector<std::uint32_t> places;
    std::vector<std::size_t> trials;   // of each row
    std::vector<std::ptrdiff_t> rows;  // of each trial; -1 where it is inactive
    std::size_t ranked = 0;            // rows of trials that have a rank

    auto coordinates() const { return storage.topRows(static_cast<Eigen::Index>(trials.size())); }
};

enum class Grouping { together, single };  // one group per condition, or per parameter

// The trials of a study by groups of parameters and in order of merit. A trial is named by its
// place in the order in which they were added.
class TrialGroups {
  public:
    struct Setup {
        std::span<const spaces::Param> params;
        std::size_t objectives = 1;
        Grouping grouping = Grouping::together;
        ParzenShape shape = {};
    };

    explicit TrialGroups(const Setup& setup);

    // O(parameters).
    void tell(const Trial& trial);
    // A trial that nothing is known of; until pop_pending() no other is told.
    void push_pending(const Genotype& genotype);
    void pop_pending(std::size_t count);

    // In an order in which parents come before what they wake.
    std::span<const ParamGroup> groups() const { return groups_; }
    Grouping grouping() const { return grouping_; }
    std::size_t size() const { return size_; }
    // Complete, pruned and infeasible trials: those that say what is better. Others, failed
    // or pending, are never among the best.
    std::size_t ranked() const { return ranks_.size(); }

    // The rows of the `count` best ranked trials in which the group is active, ascending.
    // Complete ones by their objective, or by non-domination, and of the last front that is needed
    // those that make most of its hypervolume; then pruned ones (of one objective); then by how
    // much they break limits.
    std::vector<std::size_t> best_rows(const ParamGroup& group, std::size_t count);

  private:
    struct Rank {
        int tier = 0;
        double value = 0.0;
        std::size_t trial = 0;
        std::size_t individual = 0;  // of several objectives, its place in individuals_

        auto operator<=>(const Rank&) const = default;
    };

    void add(const Genotype& genotype, bool ranked);
    void add_row(ParamGroup& group, const Genotype& genotype) const;
    void sort();
    std::vector<std::size_t> best_of_fronts(const ParamGroup& group, std::size_t count) const;
    std::vector<Rank> spread(std::span<const Rank> front, std::size_t count) const;

    std::span<const spaces::Param> params_;
    std::size_t objectives_;
    Grouping grouping_;
    ParzenShape shape_;
    std::vector<ParamGroup> groups_;
    std::size_t size_ = 0;
    std::vector<Rank> ranks_;
    std::size_t sorted_ = 0;               // of the ranks
    std::vector<Individual> individuals_;  // of several objectives, one per rank as told
    // Of several objectives, the last answer of best_rows() for groups that are always active.
    std::vector<std::size_t> best_;
};

}  // namespace parnas::search
