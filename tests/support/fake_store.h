// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace parnas::tests {

// Forwards to a store; before the n-th commit (from 1) it calls a hook, which may throw.
class FlakyStore : public store::Store {
  public:
    using Hook = std::function<void(int commit)>;

    FlakyStore(store::Store& inner, Hook before_commit)
        : inner_(inner), before_commit_(std::move(before_commit)) {}

    StudyId create_study(const store::StudySpec& spec, const store::Batch& first) override {
        return inner_.create_study(spec, first);
    }
    void adopt_study(StudyId id, const store::StudySpec& spec) override {
        inner_.adopt_study(id, spec);
    }
    std::vector<store::StudyRecord> studies() const override { return inner_.studies(); }
    store::StudyRecord study(StudyId id) const override { return inner_.study(id); }
    store::StudyRecord find_study(std::string_view name) const override {
        return inner_.find_study(name);
    }
    store::Driver acquire_study(StudyId id, const store::Holder& holder, Seconds ttl) override {
        return inner_.acquire_study(id, holder, ttl);
    }
    void renew(const store::Driver& driver) override { inner_.renew(driver); }
    void release(const store::Driver& driver) override { inner_.release(driver); }
    std::optional<store::Holder> holder(StudyId id) const override { return inner_.holder(id); }
    void commit(const store::Batch& batch) override {
        before_commit_(++commits_);
        inner_.commit(batch);
    }
    void set_attributes(StudyId id, std::span<const store::AttributeChange> changes) override {
        inner_.set_attributes(id, changes);
    }
    store::StudyAttributes attributes(StudyId id) const override { return inner_.attributes(id); }
    std::vector<store::TrialRecord> trials(StudyId id,
                                           TrialNumber first,
                                           std::int64_t limit) const override {
        return inner_.trials(id, first, limit);
    }
    store::TrialRecord trial(StudyId id, TrialNumber number) const override {
        return inner_.trial(id, number);
    }
    std::vector<store::PhaseRecord> phases(StudyId id) const override { return inner_.phases(id); }
    std::vector<store::FrontChange> front_history(StudyId id) const override {
        return inner_.front_history(id);
    }
    std::vector<TrialNumber> front(StudyId id) const override { return inner_.front(id); }
    std::optional<store::TrialRecord> find_result(const Digest& key) const override {
        return inner_.find_result(key);
    }
    std::vector<store::Event> events(StudyId id, std::int64_t after_seq) const override {
        return inner_.events(id, after_seq);
    }
    std::string artifact(const ArtifactId& id) const override { return inner_.artifact(id); }

  private:
    store::Store& inner_;
    Hook before_commit_;
    int commits_ = 0;
};

}  // namespace parnas::tests
