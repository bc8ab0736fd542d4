// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/learner.h"

#include <set>

#include "search/points/enumeration.h"
#include "search/samplers/grid.h"
#include "tests/search/ask_and_tell.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::search;
using namespace parnas::tests;

namespace {

// What the strategies that were made were told, the last one's at the end.
using Lessons = std::vector<std::vector<Trial>>;

// Proposes the points of a grid and writes down what it is told.
class Pupil final : public Strategy {
  public:
    Pupil(const SamplerSetup& setup, Lessons& lessons)
        : grid_(make_sampler_strategy(make_grid_sampler({}, setup))), lessons_(lessons) {
        lessons_.emplace_back();
    }

    Step next(const AskContext& context) override { return grid_->next(context); }

    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished)
            lessons_.back().push_back(std::get<Trial>(each));
        grid_->tell(finished);
    }

  private:
    std::unique_ptr<Strategy> grid_;
    Lessons& lessons_;
};

struct Lesson {
    FakeSpace space = small_space();
    Lessons lessons;
    Levels levels{2, 0.25};
    Learner learner{
        [this] { return std::make_unique<Pupil>(SamplerSetup{.space = space}, lessons); },
        levels,
        2};

    Step next(std::span<const Candidate> pending = {}) {
        Rng rng(1);
        const Known known = genotype_facts;
        return learner.next(
            {.space = space, .number = 0, .pending = pending, .rng = rng, .known = known});
    }

    Genotype point(int index) const {
        return Enumeration(space.params()).at(static_cast<std::uint64_t>(index));
    }

    void tell(TrialNumber number, int index, std::size_t level, double error) {
        tell(number, point(index), level, error);
    }

    void tell(TrialNumber number, const Genotype& genotype, std::size_t level, double error) {
        learner.tell(Trial{.number = number,
                           .genotype = genotype,
                           .state = TrialState::pruned,
                           .objectives = {error},
                           .fidelity = levels.fidelity(level)});
    }

    std::vector<TrialNumber> taught() const {
        std::vector<TrialNumber> numbers;
        for (const Trial& trial : lessons.back())
            numbers.push_back(trial.number);
        return numbers;
    }
};

using Numbers = std::vector<TrialNumber>;

}  // namespace

TEST_CASE("new configurations are learned from the highest level with enough of them",
          "[search][multi_fidelity]") {
    Lesson lesson;
    lesson.tell(0, 0, 0, 0.5);
    lesson.tell(1, 1, 0, 0.4);
    lesson.tell(2, 2, 0, 0.3);
    lesson.tell(3, 2, 1, 0.2);
    (void)lesson.next();
    CHECK(lesson.taught() == Numbers{0, 1, 2});
    CHECK(lesson.lessons.back()[0].state == TrialState::complete);
    CHECK(lesson.lessons.back()[0].objectives == std::vector{0.5});

    lesson.tell(4, 1, 1, 0.1);
    (void)lesson.next();
    CHECK(lesson.taught() == Numbers{3, 4});
    lesson.tell(5, 4, 0, 0.4);
    lesson.tell(6, 0, 1, 0.1);
    (void)lesson.next();
    CHECK(lesson.taught() == Numbers{3, 4, 6});
    CHECK(lesson.lessons.size() == 2);
}

TEST_CASE("failures are learned from at every level", "[search][multi_fidelity]") {
    Lesson lesson;
    lesson.tell(0, 0, 1, 0.5);
    lesson.tell(1, 1, 1, 0.5);
    lesson.learner.tell(Trial{.number = 2,
                              .genotype = lesson.point(2),
                              .state = TrialState::fail,
                              .violation = 0.5,
                              .fidelity = 0.25});
    (void)lesson.next();
    CHECK(lesson.taught() == Numbers{0, 1, 2});
    CHECK(lesson.lessons.back()[2].violation == 0.5);
}

TEST_CASE("what was learned does not depend on when it was told", "[search][multi_fidelity]") {
    Lesson bit_by_bit;
    Lesson at_once;
    const auto tell = [](Lesson& lesson, bool asks) {
        for (int i = 0; i < 9; ++i) {
            lesson.tell(i, i % 5, i < 5 ? 0 : 1 + static_cast<std::size_t>(i) % 2, 1.0 / (i + 1));
            if (asks)
                (void)lesson.next();
        }
        (void)lesson.next();
    };
    tell(bit_by_bit, true);
    tell(at_once, false);
    CHECK(bit_by_bit.taught() == at_once.taught());
}

TEST_CASE("no configuration is new that was measured at any level", "[search][multi_fidelity]") {
    Lesson lesson;
    std::set<std::vector<Value>> points;
    for (int i = 0; i < 12; ++i) {
        const Step step = lesson.next();
        REQUIRE(std::holds_alternative<Proposal>(step));
        const Genotype& genotype = std::get<Proposal>(step).genotype;
        CHECK(points.insert(genotype.values).second);
        lesson.tell(i, genotype, static_cast<std::size_t>(i) % 3, 0.1);
    }
    CHECK(std::holds_alternative<Done>(lesson.next()));
    const Candidate pending[] = {{.number = 20, .genotype = lesson.point(0), .fidelity = 1.0}};
    CHECK(std::holds_alternative<Wait>(lesson.next(pending)));
}
