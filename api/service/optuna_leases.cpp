// SPDX-License-Identifier: Apache-2.0
#include "api/service/optuna_leases.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"

namespace parnas::service {
namespace {

constexpr const char* kFailedTrial = "failed_trial";  // Optuna's names
constexpr const char* kRetryHistory = "retry_history";

std::string lease_text(const OptunaOwner& owner) {
    return dump_json(Json{{"client", owner.client}, {"request", owner.request}});
}

std::optional<OptunaOwner> owner_of(const store::OptunaTrial& trial) {
    const auto found = trial.system_attributes.find(kOptunaLease);
    if (found == trial.system_attributes.end())
        return std::nullopt;
    const Json json = parse_json(found->second, "lease");
    return OptunaOwner{.client = json.value("client", ""), .request = json.value("request", "")};
}

// Trials that this one repeats, the first one first, and the trial itself.
Json history_of(const store::OptunaTrial& trial) {
    const auto found = trial.system_attributes.find(kRetryHistory);
    Json history = found == trial.system_attributes.end() ? Json::array()
                                                          : parse_json(found->second, "history");
    if (!history.is_array())
        history = Json::array();
    history.push_back(trial.number);
    return history;
}

std::string python_list(const Json& numbers) {
    std::string text;
    for (const Json& number : numbers)
        text += (text.empty() ? "" : ", ") + number.dump();
    return '[' + text + ']';
}

bool becomes(const std::vector<store::OptunaChange>& changes, bool (*wanted)(TrialState)) {
    return std::ranges::any_of(changes, [&](const store::OptunaChange& change) {
        const auto* const set = std::get_if<store::StateSet>(&change);
        return set != nullptr && wanted(set->state);
    });
}

}  // namespace

OptunaLeases::OptunaLeases(store::OptunaStore& store,
                           OptunaLeaseOptions options,
                           OnExpired on_expired)
    : store_(store), options_(options), on_expired_(std::move(on_expired)) {
    restore();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

OptunaLeases::~OptunaLeases() = default;

void OptunaLeases::restore() {
    for (const store::TrialId id : store_.running_trials())
        if (const auto owner = owner_of(*store_.trial(id)))
            remember(id, *owner);
}

OptunaLeases::Clock::time_point OptunaLeases::expiry() const {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(options_.ttl);
}

void OptunaLeases::remember(store::TrialId trial, const OptunaOwner& owner) {
    const MutexLock lock(mutex_);
    leases_[trial] = {.owner = owner, .expires = expiry()};
}

void OptunaLeases::forget(store::TrialId trial) {
    const MutexLock lock(mutex_);
    leases_.erase(trial);
}

std::optional<store::TrialId> OptunaLeases::find_request(const OptunaOwner& owner) const {
    const MutexLock lock(mutex_);
    for (const auto& [trial, lease] : leases_)
        if (lease.owner.client == owner.client && lease.owner.request == owner.request)
            return trial;
    return std::nullopt;
}

std::size_t OptunaLeases::count() const {
    const MutexLock lock(mutex_);
    return leases_.size();
}

store::TrialId OptunaLeases::create(StudyId study,
                                    std::optional<store::OptunaTrial> like,
                                    const std::optional<OptunaOwner>& owner) {
    const bool runs = !like || like->state == TrialState::running;
    if (!owner || !runs)
        return store_.create_trial(study, like);
    if (const auto known = find_request(*owner))
        return *known;
    if (!like)
        like = store::OptunaTrial{.state = TrialState::running, .started = now()};
    like->system_attributes.insert_or_assign(std::string(kOptunaLease), lease_text(*owner));
    const store::TrialId trial = store_.create_trial(study, like);
    remember(trial, *owner);
    return trial;
}

bool OptunaLeases::apply(store::TrialId trial,
                         std::vector<store::OptunaChange> changes,
                         const std::optional<OptunaOwner>& owner) {
    const bool starts =
        becomes(changes, [](TrialState state) { return state == TrialState::running; });
    {
        const MutexLock lock(mutex_);
        if (ending_.contains(trial))
            throw store::FinishedTrialError(ErrorKind::conflict,
                                            "nothing was heard of its worker for too long: the "
                                            "trial has failed, and is tried again");
        if (const auto found = leases_.find(trial); found != leases_.end()) {
            found->second.expires = expiry();
            // The answer to the same request was lost.
            if (starts && owner && found->second.owner.client == owner->client &&
                found->second.owner.request == owner->request)
                return true;
        }
    }
    if (starts && owner)
        changes.emplace_back(store::TrialAttributeSet{.trial = trial,
                                                      .kind = store::AttributeKind::system,
                                                      .key = std::string(kOptunaLease),
                                                      .value = lease_text(*owner)});
    const bool done = store_.apply(changes);
    if (done && starts && owner)
        remember(trial, *owner);
    else if (done &&
             becomes(changes, [](TrialState state) { return state != TrialState::running; }))
        forget(trial);
    return done;
}

std::vector<store::TrialId> OptunaLeases::renew(std::span<const store::TrialId> trials) {
    const MutexLock lock(mutex_);
    std::vector<store::TrialId> lost;
    for (const store::TrialId trial : trials) {
        const auto found = leases_.find(trial);
        if (found == leases_.end() || ending_.contains(trial))
            lost.push_back(trial);
        else
            found->second.expires = expiry();
    }
    return lost;
}

void OptunaLeases::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any wake;
    while (!wake.wait_for(lock, stop, options_.look_every, [&] { return stop.stop_requested(); }))
        look();
}

void OptunaLeases::look() {
    std::vector<store::TrialId> over;
    {
        const MutexLock lock(mutex_);
        const auto time = Clock::now();
        for (const auto& [trial, lease] : leases_)
            if (lease.expires <= time)
                over.push_back(trial);
        // From here on their clients' writes are refused.
        ending_.insert(over.begin(), over.end());
    }
    for (const store::TrialId trial : over) {
        bool ended = true;
        try {
            end(trial);
        } catch (const Error& error) {
            // What is finished or deleted needs no end; a store that is full is asked again.
            ended = error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::conflict;
        }
        const MutexLock lock(mutex_);
        if (ended)
            leases_.erase(trial);
        ending_.erase(trial);
    }
}

void OptunaLeases::end(store::TrialId id) {
    const store::SharedTrial trial = store_.trial(id);
    if (trial->state != TrialState::running)
        return;
    // The copy first: a server that ends in between would otherwise forget the retry.
    const std::optional<store::TrialId> copy = queue_copy(*trial);
    const std::vector<store::OptunaChange> fails{
        store::StateSet{.trial = id, .state = TrialState::fail}};
    store_.apply(fails);
    if (on_expired_)
        on_expired_(*trial, copy);
}

std::optional<store::TrialId> OptunaLeases::queue_copy(const store::OptunaTrial& trial) {
    const Json history = history_of(trial);
    if (history.size() > options_.most_retries)
        return std::nullopt;
    for (const store::SharedTrial& later : store_.trials(trial.study, {.after = trial.id})) {
        const auto found = later->system_attributes.find(kRetryHistory);
        if (found != later->system_attributes.end() && found->second == python_list(history))
            return later->id;  // from before a restart
    }
    store::OptunaTrial copy{.state = TrialState::waiting,
                            .params = trial.params,
                            .user_attributes = trial.user_attributes,
                            .system_attributes = trial.system_attributes};
    copy.system_attributes.erase(std::string(kOptunaLease));
    copy.system_attributes.insert_or_assign(kFailedTrial, history.front().dump());
    copy.system_attributes.insert_or_assign(kRetryHistory, python_list(history));
    return store_.create_trial(trial.study, copy);
}

}  // namespace parnas::service
