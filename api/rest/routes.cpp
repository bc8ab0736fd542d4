// SPDX-License-Identifier: Apache-2.0
#include "api/rest/routes.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/http/problem.h"
#include "api/rest/etag.h"
#include "core/mutation.h"
#include "core/mutex.h"
#include "store/storage_fault.h"

namespace parnas::rest {
namespace {

using http::HttpError;
using http::Problem;

// Requests with a key that are being answered, so that no two of a name are at the same time.
// Thread-safe.
class KeysInUse {
  public:
    bool enter(const AnswerKey& key) {
        const MutexLock lock(mutex_);
        return keys_.emplace(key.scope, key.name).second;
    }
    void leave(const AnswerKey& key) {
        const MutexLock lock(mutex_);
        keys_.erase({key.scope, key.name});
    }

  private:
    Mutex mutex_;
    std::set<std::pair<std::string, std::string>> keys_ PARNAS_GUARDED_BY(mutex_);
};

// Holds a key while its request is answered.
class KeyInUse {
  public:
    KeyInUse(KeysInUse& keys, const AnswerKey& key) : keys_(keys), key_(key) {
        if (!keys_.enter(key_))
            throw HttpError(Problem{.status = 409,
                                    .slug = "request-in-progress",
                                    .detail = "a request with this Idempotency-Key is being "
                                              "answered: send it again later",
                                    .headers = {{"Retry-After", "1"}}});
    }
    ~KeyInUse() { keys_.leave(key_); }
    KeyInUse(const KeyInUse&) = delete;
    KeyInUse& operator=(const KeyInUse&) = delete;

  private:
    KeysInUse& keys_;
    const AnswerKey& key_;
};

// One operation, with all that is around it.
class Endpoint {
  public:
    Endpoint(const OperationSpec& spec,
             Operation operation,
             Access& access,
             Answers& answers,
             std::shared_ptr<KeysInUse> keys)
        : spec_(spec),
          operation_(std::move(operation)),
          access_(access),
          answers_(answers),
          keys_(std::move(keys)) {}

    http::Response answer(const http::Request& request) const {
        const Call call = read_call(spec_, request, identify(request));
        http::Response response = run(call);
        if (spec_.etag && response.status == 200 && !response.events)
            return tagged(call, std::move(response));
        return response;
    }

  private:
    Caller identify(const http::Request& request) const {
        if (!spec_.secured)
            return {};
        std::optional<Caller> caller = access_.identify(request);
        if (!caller)
            throw HttpError(Problem{.status = 401,
                                    .detail = "a token is needed that is still good",
                                    .headers = {{"WWW-Authenticate", "Bearer"}}});
        request.principal = caller->token;
        const auto has = [&](const std::string& scope) { return caller->has_scope(scope); };
        if (!spec_.scopes.empty() && std::ranges::none_of(spec_.scopes, has) &&
            !mutated("any_scope"))
            throw HttpError(
                403, fmt::format("the token needs the scope {}", fmt::join(spec_.scopes, " or ")));
        return std::move(*caller);
    }

    http::Response run(const Call& call) const {
        try {
            return call.key() ? answer_once(call) : operation_.run(call);
        } catch (const store::StorageError& error) {
            refuse_change(error);
        }
    }

    // What the store said stays with the server: it names files.
    [[noreturn]] void refuse_change(const store::StorageError& error) const {
        if (error.trouble() == store::StorageTrouble::full)
            throw HttpError(Problem{.status = 507,
                                    .detail = "the server's disk is full: nothing can be changed "
                                              "until there is space",
                                    .headers = {{"Retry-After", "2"}}});
        if (spec_.method == "GET")
            throw error;
        throw HttpError(Problem{.status = 503,
                                .slug = "read-only",
                                .detail = "the server's storage failed: nothing can be changed "
                                          "until somebody has seen to it",
                                .headers = {{"Retry-After", "60"}}});
    }

    http::Response answer_once(const Call& call) const {
        const AnswerKey& key = *call.key();
        const KeyInUse in_use(*keys_, key);
        const std::optional<KeptAnswer> kept = answers_.find(key.scope, key.name);
        if (kept && !mutated("no_idempotency_record"))
            return replay(key, *kept);
        http::Response response = operation_.run(call);
        if (operation_.recorded == Recorded::by_routes && response.status < 300)
            answers_.record(key,
                            {.request = key.request,
                             .status = response.status,
                             .text = to_kept_text(response)});
        return response;
    }

    static http::Response replay(const AnswerKey& key, const KeptAnswer& kept) {
        if (kept.request != key.request)
            throw HttpError(Problem{.status = 422,
                                    .slug = "idempotency-key-reuse",
                                    .detail = "another request had this Idempotency-Key"});
        http::Response response = from_kept_text(kept.status, kept.text);
        response.headers.set("Idempotency-Replayed", "true");
        return response;
    }

    static http::Response tagged(const Call& call, http::Response response) {
        if (response.headers.find("ETag") == nullptr)
            response.headers.set("ETag", make_etag(response.body));
        // May be kept, and has to be asked for each time.
        response.headers.set("Cache-Control", "private, no-cache");
        if (!is_known(call.request(), *response.headers.find("ETag")))
            return response;
        http::Response known{.status = 304};
        for (const char* name : {"ETag", "Cache-Control"})
            known.headers.set(name, *response.headers.find(name));
        return known;
    }

    const OperationSpec& spec_;
    Operation operation_;
    Access& access_;
    Answers& answers_;
    std::shared_ptr<KeysInUse> keys_;
};

void check_complete(const Contract& contract, const Operations& operations) {
    Faults faults;
    std::set<std::string, std::less<>> described;
    for (const OperationSpec& spec : contract.operations()) {
        described.insert(spec.id);
        if (!operations.contains(spec.id))
            faults.add(spec.id, "the contract has this operation, and nothing does it");
    }
    for (const auto& [id, operation] : operations)
        if (!described.contains(id))
            faults.add(id, "the contract does not have this operation");
    faults.throw_if_any();
}

}  // namespace

std::vector<http::Route> make_routes(const Contract& contract,
                                     Operations operations,
                                     Access& access,
                                     Answers& answers) {
    check_complete(contract, operations);
    const auto keys = std::make_shared<KeysInUse>();
    std::vector<http::Route> routes;
    for (const OperationSpec& spec : contract.operations()) {
        const auto endpoint = std::make_shared<const Endpoint>(
            spec, std::move(operations.at(spec.id)), access, answers, keys);
        routes.push_back(
            {.method = spec.method,
             .pattern = spec.pattern,
             .handler =
                 [endpoint](const http::Request& request) { return endpoint->answer(request); },
             .lane = spec.lane,
             .body_bytes = spec.body_bytes});
    }
    return routes;
}

}  // namespace parnas::rest
