// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

#include "search/sampler.h"

namespace parnas::search {

// Whether a sampler may propose what was proposed before.
enum class Repeats { refused, allowed };

// Key: repeats (true or false; false).
Repeats read_repeats(ObjectReader& options);

// What a study has proposed so far, so that samplers propose nothing twice. Trials come in
// by tell(); the pending ones and this ask's own proposals count during one ask. With
// repeats allowed nothing is kept: every genotype is new.
class Explored {
  public:
    explicit Explored(const spaces::SearchSpace& space, Repeats repeats = Repeats::refused);

    // Cheap: what the trial means is worked out at the next ask that needs it.
    void tell(const Genotype& genotype);
    // `pending` lives until the ask ends.
    void begin_ask(std::span<const Candidate> pending);
    void propose(const Genotype& genotype);

    // Nothing told or pending means the same as `genotype`.
    bool is_new(const Genotype& genotype, const Known& known);

    // A random feasible genotype. Unless repeats are allowed, in a space of at most 10^6
    // points it was never proposed, and nullopt says that all of them were.
    std::optional<Genotype> draw(Rng& rng);
    // The same as a proposal, whose reason is that it is random.
    std::optional<Proposal> newcomer(Rng& rng);

    // Up to `count` proposals, fewer if `next` has no more. It is told how many there are, and
    // each counts before it is asked for another.
    std::vector<Proposal> collect(
        std::size_t count,
        const std::function<std::optional<Proposal>(std::size_t made)>& next);

  private:
    bool unproposed(const Genotype& genotype) const;
    void list_remaining();

    const spaces::SearchSpace& space_;
    Repeats repeats_;
    bool small_ = false;
    std::unordered_set<Digest> told_;        // of a small space
    std::unordered_set<Digest> identities_;  // of the told trials but the unidentified
    std::vector<Genotype> unidentified_;
    std::span<const Candidate> pending_;
    std::vector<Genotype> proposed_;                  // by this ask
    std::optional<std::vector<Genotype>> remaining_;  // of a small space that is nearly used up
};

}  // namespace parnas::search
