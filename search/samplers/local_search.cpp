// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/local_search.h"

#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "search/fronts/crowding.h"
#include "search/json_text.h"
#include "search/pareto.h"
#include "search/samplers/explored.h"
#include "search/samplers/ranking.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

// Walks in a row that found nothing new, before starts are no longer pending points, and
// before the space counts as exhausted.
constexpr int kPendingStarts = 8;
constexpr int kKnownWalks = 1000;

// A point that was proposed.
struct Visit {
    enum class Standing { pending, failed, comparable };

    Standing standing = Standing::pending;
    Individual individual;
};

using Visits = std::unordered_map<Digest, Visit>;

// A pending point is neither better nor worse than any other.
bool improves(const Visit& a, const Visit& b) {
    using Standing = Visit::Standing;
    if (a.standing != Standing::comparable || b.standing == Standing::pending)
        return false;
    return b.standing == Standing::failed || better(a.individual, b.individual);
}

// Where the search stands. Copied to look ahead.
struct Walk {
    std::vector<Genotype> starts;  // to begin at the best of them
    std::optional<Visit> at;       // none: the walk is still to begin
    std::vector<Edit> edits;       // of `at`, shuffled
    std::size_t tried = 0;         // of the edits
    std::uint64_t moves = 0;       // of all walks
    std::uint64_t drawn = 0;       // starts of all walks
    std::set<TrialNumber> left;    // those of the front that have no better neighbour
};

class LocalSearch final : public Sampler {
  public:
    LocalSearch(const LocalSearchOptions& options, const SamplerSetup& setup)
        : options_(options),
          space_(setup.space),
          rng_(Rng(setup.seed).fork("local search")),
          explored_(setup.space) {
        go_on(walk_, {});
    }

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        Visits pending;
        for (const Candidate& candidate : context.pending)
            add_pending(pending, candidate.number, candidate.genotype);
        Walk walk = walk_;
        std::vector<Proposal> proposals;
        while (proposals.size() < count) {
            std::optional<Proposal> proposal = go_on(walk, pending);
            if (!proposal)
                break;
            add_pending(pending,
                        context.number + static_cast<TrialNumber>(proposals.size()),
                        proposal->genotype);
            proposals.push_back(*std::move(proposal));
        }
        return proposals;
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            remember(trial);
            go_on(walk_, {});
        }
    }

  private:
    static void add_pending(Visits& pending, TrialNumber number, const Genotype& genotype) {
        pending.emplace(spaces::hash(genotype),
                        Visit{.individual = {.number = number, .genotype = genotype}});
    }

    void remember(const Trial& trial) {
        const Visit visit{.standing = is_comparable(trial) ? Visit::Standing::comparable
                                                           : Visit::Standing::failed,
                          .individual = to_individual(trial)};
        told_.insert_or_assign(spaces::hash(trial.genotype), visit);
        if (trial.state != TrialState::complete || trial.violation > 0.0)
            return;
        const ParetoArchive::Change change = archive_.insert(trial.number, trial.objectives);
        if (change.entered)
            front_.emplace(trial.number, visit);
        for (const TrialNumber number : change.left) {
            front_.erase(number);
            walk_.left.erase(number);
        }
    }

    const Visit* find(const Genotype& genotype, const Visits& pending) const {
        const Digest key = spaces::hash(genotype);
        if (const auto visit = told_.find(key); visit != told_.end())
            return &visit->second;
        const auto visit = pending.find(key);
        return visit != pending.end() ? &visit->second : nullptr;
    }

    // Takes the walk as far as visited points lead. Returns the first one that nobody
    // visited, or nullopt if there is none.
    std::optional<Proposal> go_on(Walk& walk, const Visits& pending) {
        for (int walks = 0; walks < kKnownWalks; ++walks) {
            if (!walk.at) {
                if (walk.starts.empty() &&
                    !draw_starts(walk, walks < kPendingStarts ? Visits() : pending))
                    return std::nullopt;
                if (auto start = begin(walk, pending))
                    return start;
            }
            if (auto neighbour = climb(walk, pending))
                return neighbour;
            leave(walk);
        }
        return std::nullopt;
    }

    bool draw_starts(Walk& walk, const Visits& avoided) {
        explored_.begin_ask({});
        for (const auto& [key, visit] : avoided)
            explored_.propose(visit.individual.genotype);
        for (std::size_t i = 0; i < options_.initial; ++i) {
            Rng rng = rng_.fork("start").fork(walk.drawn++);
            if (std::optional<Genotype> start = explored_.draw(rng))
                walk.starts.push_back(*std::move(start));
        }
        return !walk.starts.empty();
    }

    std::optional<Proposal> begin(Walk& walk, const Visits& pending) const {
        const Visit* best = nullptr;
        for (const Genotype& start : walk.starts) {
            const Visit* visit = find(start, pending);
            if (visit == nullptr)
                return Proposal{.genotype = start,
                                .attributes = {{"reason", "\"a random start\""}}};
            if (best == nullptr || improves(*visit, *best))
                best = visit;
        }
        walk.starts.clear();
        move(walk, *best);
        return std::nullopt;
    }

    void move(Walk& walk, const Visit& to) const {
        walk.at = to;
        walk.edits = neighbours(space_.params(), to.individual.genotype);
        walk.tried = 0;
        Rng rng = rng_.fork("order").fork(++walk.moves);
        rng.shuffle(std::span(walk.edits));
    }

    // Moves on to better neighbours until one is unknown or none is left.
    std::optional<Proposal> climb(Walk& walk, const Visits& pending) const {
        while (walk.tried < walk.edits.size()) {
            const Individual& at = walk.at->individual;
            const Edit& edit = walk.edits[walk.tried];
            Rng rng = rng_.fork("edit").fork(walk.moves).fork(walk.tried);
            Genotype genotype = edited(space_.params(), at.genotype, edit, rng);
            const bool feasible = space_.feasible(genotype);
            const Visit* visit = feasible ? find(genotype, pending) : nullptr;
            if (feasible && visit == nullptr)
                return describe(std::move(genotype), at.number, edit);
            ++walk.tried;
            if (visit != nullptr && improves(*visit, *walk.at))
                move(walk, *visit);
        }
        return std::nullopt;
    }

    Proposal describe(Genotype genotype, TrialNumber parent, const Edit& edit) const {
        const std::string& changed = space_.params()[edit.param].name;
        return {.genotype = std::move(genotype),
                .attributes = {
                    {"reason", json_text(fmt::format("trial {} with another {}", parent, changed))},
                    {"parents", fmt::format("[{}]", parent)}}};
    }

    // No neighbour is better. Goes on where the front is thinnest.
    void leave(Walk& walk) const {
        if (front_.contains(walk.at->individual.number))
            walk.left.insert(walk.at->individual.number);
        walk.at.reset();
        if (walk.left.size() == front_.size())
            return;
        const std::vector<Point> points = archive_.points();
        const std::vector<double> room =
            crowding_distances({.values = rows_of(points), .objectives = points[0].size()});
        const Visit* widest = nullptr;
        double most = 0.0;
        auto distance = room.begin();
        for (const auto& [number, visit] : front_) {
            if (!walk.left.contains(number) && (widest == nullptr || *distance > most)) {
                widest = &visit;
                most = *distance;
            }
            ++distance;
        }
        move(walk, *widest);
    }

    LocalSearchOptions options_;
    const spaces::SearchSpace& space_;
    Rng rng_;
    Explored explored_;
    Visits told_;
    ParetoArchive archive_;
    std::map<TrialNumber, Visit> front_;  // its members
    Walk walk_;                           // as far as the told trials lead
};

}  // namespace

LocalSearchOptions read_local_search(ObjectReader& options) {
    return {.initial = static_cast<std::size_t>(
                options.integer("initial", 1, {.low = 1, .high = 10'000}))};
}

std::unique_ptr<Sampler> make_local_search_sampler(const LocalSearchOptions& options,
                                                   const SamplerSetup& setup) {
    return std::make_unique<LocalSearch>(options, setup);
}

}  // namespace parnas::search
