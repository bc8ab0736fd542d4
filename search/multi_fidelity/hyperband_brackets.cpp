// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "search/multi_fidelity/promoter.h"

namespace parnas::search {
namespace {

struct BracketMember {
    Genotype genotype;
    bool ended = false;
    std::optional<Entrant> measured;  // none: it is pending, failed or was stopped
};

struct BracketRung {
    std::vector<BracketMember> members;
    bool full = false;

    bool ended() const { return full && std::ranges::all_of(members, &BracketMember::ended); }
};

// Successive halving from one level up to the top.
class Bracket {
  public:
    // `size`: of the configurations that it begins with.
    Bracket(const Levels& levels, std::size_t entry, std::size_t size)
        : eta_(static_cast<std::size_t>(levels.eta())),
          entry_(entry),
          size_(size),
          rungs_(levels.count() - entry) {}

    std::size_t entry() const { return entry_; }
    bool full() const { return rungs_[0].full; }
    // It begins with no more than it has.
    void close() { rungs_[0].full = true; }

    // Whether the trial at `level` is a promotion of this bracket's, which then has it.
    bool promotes(std::size_t level, const BracketMember& member) {
        if (level <= entry_)
            return false;
        const std::size_t rung = level - entry_;
        // Nobody goes on from a bracket that is not full, unless nobody else will come.
        if (rung == 1 &&
            std::ranges::count(rungs_[0].members, member.genotype, &BracketMember::genotype))
            close();
        const std::vector<Promotion> chosen = promotions(rung - 1);
        if (std::ranges::none_of(chosen,
                                 [&](const Promotion& each) { return is_of(each, member); }) ||
            has(rung, member.genotype))
            return false;
        rungs_[rung].members.push_back(member);
        rungs_[rung].full = rungs_[rung].members.size() == chosen.size();
        return true;
    }

    void enter(const BracketMember& member) {
        rungs_[0].members.push_back(member);
        rungs_[0].full = rungs_[0].members.size() == size_;
    }

    // What goes on next from any of its rungs.
    std::optional<Promotion> next() const {
        for (std::size_t rung = 0; rung + 1 < rungs_.size(); ++rung)
            for (const Promotion& each : promotions(rung))
                if (!has(rung + 1, each.from.individual.genotype))
                    return each;
        return std::nullopt;
    }

    // Nothing of it is pending or will be.
    bool over() const {
        for (const BracketRung& rung : rungs_) {
            if (rung.members.empty() && &rung != &rungs_[0])
                return !next();
            if (!rung.ended())
                return false;
        }
        return true;
    }

  private:
    static bool is_of(const Promotion& promotion, const BracketMember& member) {
        return promotion.from.individual.genotype == member.genotype;
    }

    bool has(std::size_t rung, const Genotype& genotype) const {
        return std::ranges::count(rungs_[rung].members, genotype, &BracketMember::genotype) > 0;
    }

    // Who goes on from a rung, best first: the best 1/eta of all that began it, once all ended.
    std::vector<Promotion> promotions(std::size_t rung) const {
        if (!rungs_[rung].ended())
            return {};
        const std::vector<BracketMember>& members = rungs_[rung].members;
        std::vector<Entrant> measured;
        for (const BracketMember& each : members)
            if (each.measured)
                measured.push_back(*each.measured);
        const std::vector<std::size_t> order = best_first(measured);
        std::vector<Promotion> chosen;
        for (std::size_t i = 0; i < std::min(order.size(), members.size() / eta_); ++i)
            chosen.push_back({.from = measured[order[i]],
                              .to = entry_ + rung + 1,
                              .place = i + 1,
                              .of = members.size()});
        return chosen;
    }

    std::size_t eta_;
    std::size_t entry_;
    std::size_t size_;
    std::vector<BracketRung> rungs_;  // from its entry up
};

// The brackets that are open, after some of the trials in the order of their numbers.
class Book {
  public:
    explicit Book(const Levels& levels) : levels_(levels) { begin_bracket(); }

    void place(double fidelity, BracketMember member) {
        const auto level = levels_.of(fidelity);
        if (!level)
            return;
        for (Bracket& bracket : brackets_)
            if (bracket.promotes(*level, member))
                return;
        if (brackets_.back().full())
            begin_bracket();
        if (*level == brackets_.back().entry())
            brackets_.back().enter(member);
    }

    Promoter::Turn next(bool exhausted) {
        if (exhausted)
            brackets_.back().close();
        for (const Bracket& bracket : brackets_)
            if (std::optional<Promotion> promotion = bracket.next())
                return {.promotion = std::move(promotion)};
        if (brackets_.back().full())
            begin_bracket();
        return {.entry = brackets_.back().entry()};
    }

    void drop_ended() {
        while (brackets_.size() > 1 && brackets_.front().over())
            brackets_.erase(brackets_.begin());
    }

  private:
    // The k-th from 0 begins at level k mod count: with n = ceil(count / (s + 1) * eta^s)
    // configurations, where s levels follow.
    void begin_bracket() {
        const std::size_t entry = begun_++ % levels_.count();
        const auto more = static_cast<double>(levels_.top() - entry);
        const double size = std::ceil(static_cast<double>(levels_.count()) / (more + 1.0) *
                                      std::pow(static_cast<double>(levels_.eta()), more));
        brackets_.emplace_back(levels_, entry, static_cast<std::size_t>(size));
    }

    Levels levels_;
    std::size_t begun_ = 0;
    std::vector<Bracket> brackets_;  // never empty
};

class HyperbandPromoter final : public Promoter {
  public:
    explicit HyperbandPromoter(const Levels& levels) : book_(levels) {}

    void tell(const Trial& trial) override { told_.emplace(trial.number, trial); }

    Turn next(std::span<const Candidate> pending, bool exhausted) override {
        // Trials before the first pending one have all ended: they need not be placed again.
        while (!told_.empty() &&
               (pending.empty() || told_.begin()->first < pending.front().number)) {
            const auto first = told_.extract(told_.begin());
            book_.place(first.mapped().fidelity, ended(first.mapped()));
            book_.drop_ended();
        }
        Book book = book_;
        auto told = told_.begin();
        for (const Candidate& candidate : pending) {
            for (; told != told_.end() && told->first < candidate.number; ++told)
                book.place(told->second.fidelity, ended(told->second));
            book.place(candidate.fidelity, {.genotype = candidate.genotype});
        }
        for (; told != told_.end(); ++told)
            book.place(told->second.fidelity, ended(told->second));
        return book.next(exhausted);
    }

  private:
    static BracketMember ended(const Trial& trial) {
        BracketMember member{.genotype = trial.genotype, .ended = true};
        if (!trial.objectives.empty())
            member.measured = Entrant{.individual = to_individual(trial), .weights = trial.weights};
        return member;
    }

    Book book_;  // after the trials before those in told_
    std::map<TrialNumber, Trial> told_;
};

}  // namespace

std::unique_ptr<Promoter> make_hyperband_promoter(const Levels& levels) {
    return std::make_unique<HyperbandPromoter>(levels);
}

}  // namespace parnas::search
