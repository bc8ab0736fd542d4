// SPDX-License-Identifier: Apache-2.0
#include "search/audit/run_audit.h"

#include <set>

#include "search/pareto.h"
#include "tests/search/audit/audit_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::AuditFixture;

std::vector<double> column(const Audit& audit, double AuditedNetwork::*member) {
    std::vector<double> values;
    for (const AuditedNetwork& network : audit.networks)
        values.push_back(network.*member);
    return values;
}

}  // namespace

TEST_CASE("an audit compares rankings on networks that were trained alone", "[search][audit]") {
    AuditFixture study;
    const Audit audit = study.audit({.networks = 12}).value();
    CHECK(audit.metric == "accuracy");
    REQUIRE(audit.networks.size() == 12);
    REQUIRE(audit.ranking);
    CHECK(audit.ranking->tau == kendall_tau(column(audit, &AuditedNetwork::inherited),
                                            column(audit, &AuditedNetwork::alone)));
    CHECK(audit.ranking->count == 12);
    CHECK(audit.ranking->tau > 0.3);
    CHECK(audit.no_ranking.empty());
    CHECK_FALSE(audit.ceiling);
    const auto trials = study.trials_of("shared.audit-random");
    for (const AuditedNetwork& network : audit.networks) {
        const store::TrialRecord& trial = trials[static_cast<std::size_t>(network.trial)];
        CHECK(trial.metrics.at("accuracy") == network.alone);
        CHECK_FALSE(network.again);
    }
    CHECK(study.inherited == 12);
}

TEST_CASE("baselines spend what the study spent in all, with the finalists' schedule",
          "[search][audit]") {
    AuditFixture study;
    const Audit audit = study.audit({.networks = 15}).value();
    CHECK(audit.cost.count() == 20.0);  // 2 * (3.5 + 4.5) + 1.5 + 2.5
    REQUIRE(audit.contenders.size() == 3);
    const Contender& own = audit.contenders[0];
    CHECK(own.study == "shared");
    CHECK(own.networks == 1);  // inherited weights make no network
    CHECK(own.best == 0.7);
    CHECK(own.cost == audit.cost);
    for (const auto& [name, strategy, i] : {std::tuple("shared.audit-random", "random", 1U),
                                            std::tuple("shared.audit-local", "local_search", 2U)}) {
        const Contender& baseline = audit.contenders[i];
        CHECK(baseline.study == name);
        CHECK(baseline.strategy == strategy);
        CHECK(baseline.networks == 10);
        CHECK(baseline.cost.count() == 20.0);
        double best = 0.0;
        std::vector<Point> points{{-0.7, 1.0}};
        for (const store::TrialRecord& trial : study.trials_of(name)) {
            CHECK(trial.cost.count() == 2.0);
            CHECK_FALSE(trial.weights);
            if (trial.number < 10)
                best = std::max(best, trial.metrics.at("accuracy"));
        }
        CHECK(baseline.best == best);
    }
    // More networks for the ranking are no finds of random search.
    CHECK(study.trials_of("shared.audit-random").size() == 15);
    CHECK(audit.networks.size() == 15);
}

TEST_CASE("hypervolumes of an audit have one reference", "[search][audit]") {
    AuditFixture worst;
    const Audit audit = worst.audit({}).value();
    std::vector<Point> all{{-0.7, 1.0}};
    std::vector<std::vector<Point>> fronts{all};
    for (const char* name : {"shared.audit-random", "shared.audit-local"}) {
        auto& front = fronts.emplace_back();
        for (const store::TrialRecord& trial : worst.trials_of(name))
            if (trial.number < 10)
                front.push_back({-trial.values[0], trial.values[1]});
        all.insert(all.end(), front.begin(), front.end());
    }
    const Point reference = worst_point(all);
    CHECK(audit.reference == std::vector<double>{-reference[0], reference[1]});
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(audit.contenders[i].hypervolume == hypervolume(fronts[i], reference));

    AuditFixture named(tests::kAuditedJob + "hypervolume_reference: {accuracy: 0, size: 5}\n");
    const Audit at = named.audit({}).value();
    CHECK(at.reference == std::vector<double>{0.0, 5.0});
    CHECK(at.contenders[0].hypervolume.value() == Approx(0.7 * 4.0));
}

TEST_CASE("an audit is kept with the study and not made twice", "[search][audit]") {
    AuditFixture study;
    const Audit audit = study.audit({.networks = 4}).value();
    CHECK(audit_of(study.store->attributes(study.id)) == audit);
    const int trained = study.trained;
    const int inherited = study.inherited;
    CHECK(study.audit({.networks = 4}) == audit);
    CHECK(study.trained == trained);
    CHECK(study.inherited == inherited);
    // Another question takes what is there already.
    const Audit longer = study.audit({.networks = 6}).value();
    CHECK(longer.networks.size() == 6);
    CHECK(study.trained == trained);
}

TEST_CASE("an audit that was stopped goes on and ends the same", "[search][audit]") {
    const AuditOptions options{.networks = 13, .ceiling = true};
    AuditFixture whole;
    const Audit expected = whole.audit(options).value();
    for (const std::int64_t stopped : {1, 9, 11, 17, 28}) {
        AuditFixture study;
        INFO("stopped after " << stopped);
        CHECK_FALSE(study.audit(options, stopped));
        CHECK_FALSE(audit_of(study.store->attributes(study.id)));
        CHECK(study.audit(options) == expected);
    }
}

TEST_CASE("random search may be the only baseline", "[search][audit]") {
    AuditFixture study;
    const Audit audit = study.audit({.networks = 3, .baselines = Baselines::random}).value();
    REQUIRE(audit.contenders.size() == 2);
    CHECK(audit.contenders[1].strategy == "random");
    CHECK(audit.contenders[1].networks == 10);
    CHECK(audit.contenders[1].hypervolume > 0.0);
    CHECK_THROWS(study.trials_of("shared.audit-local"));
}

TEST_CASE("the ceiling is the ranking of two trainings", "[search][audit]") {
    AuditFixture study;
    const Audit audit =
        study.audit({.networks = 12, .baselines = Baselines::none, .ceiling = true}).value();
    CHECK(audit.contenders.empty());
    CHECK(audit.reference.empty());
    CHECK(study.trials_of("shared.audit-random").size() == 12);
    std::vector<double> again;
    for (const AuditedNetwork& network : audit.networks) {
        REQUIRE(network.again);
        CHECK(*network.again != network.alone);
        again.push_back(*network.again);
    }
    REQUIRE(audit.ceiling);
    CHECK(audit.ceiling->tau == kendall_tau(column(audit, &AuditedNetwork::alone), again));
    CHECK(audit.ceiling->tau > audit.ranking.value().tau);
}

TEST_CASE("an audit says why there is no tau", "[search][audit]") {
    AuditFixture study;
    study.cannot_inherit = "the checkpoint's tensor has another shape";
    const Audit audit = study.audit({.networks = 3}).value();
    CHECK_FALSE(audit.ranking);
    CHECK(audit.no_ranking ==
          "networks cannot inherit the study's weights: stem.weight: " + study.cannot_inherit);
    CHECK(audit.networks.empty());
    CHECK(audit.contenders.size() == 3);
}

TEST_CASE("only a complete study with shared weights can be audited", "[search][audit]") {
    AuditFixture study;
    const auto kind_of = [&](StudyId id) {
        study.id = id;
        try {
            study.audit({});
        } catch (const Error& error) {
            return error.kind();
        }
        return ErrorKind::internal;
    };
    JobSpec other = study.main.job;
    other.name = "ordinary";
    const StudyId ordinary = create_study(study.prepare(other), *study.store);
    CHECK_FALSE(can_be_audited(*study.store, ordinary));
    CHECK(kind_of(ordinary) == ErrorKind::invalid_input);

    const auto driver = study.store->acquire_study(ordinary, store::this_process(), Seconds(60.0));
    study.store->commit({.driver = driver, .phases = {{.name = "scores", .settings = "{}"}}});
    CHECK_FALSE(can_be_audited(*study.store, ordinary));
    const ArtifactId checkpoint = hash_bytes("supernet");
    study.store->commit(
        {.driver = driver,
         .phases = {{.index = 1,
                     .name = "supernet",
                     .settings = "{}",
                     .checkpoint = checkpoint,
                     .kept = true}},
         .artifacts = {{.id = checkpoint, .kind = "checkpoint", .bytes = "supernet"}}});
    study.store->release(driver);
    CHECK(kind_of(ordinary) == ErrorKind::conflict);
}

TEST_CASE("an audit leaves a stranger's study alone", "[search][audit]") {
    AuditFixture study;
    JobSpec other = study.main.job;
    other.name = "shared.audit-local";
    create_study(study.prepare(other), *study.store);
    try {
        study.audit({.networks = 3});
        FAIL("the name is taken");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::conflict);
        CHECK(error.faults().front().where == "shared.audit-local");
    }
    CHECK(study.trials_of("shared.audit-local").empty());
}

}  // namespace parnas::search
