// SPDX-License-Identifier: Apache-2.0
#include "api/rest/uploads.h"

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "core/crypto/sha256.h"

namespace parnas::rest {
namespace {

constexpr std::string_view kBytes = "application/octet-stream";

http::Response put_artifact(const Call& call, service::Uploads& uploads) {
    const std::string& bytes = call.request().body;
    if (crypto::to_hex(crypto::sha256(bytes)) != call.text("artifact"))
        throw http::HttpError(http::Problem{.status = 422,
                                            .slug = "digest-mismatch",
                                            .detail = "the path is not the bytes' SHA-256"});
    const Json json{{"id", to_string(hash_bytes(bytes))}};
    return http::make_json(uploads.add(bytes) ? 201 : 200, json);
}

http::Response get_artifact(const Call& call, const Service& service, service::Uploads& uploads) {
    const std::string id = call.text("artifact");
    constexpr std::size_t kDigestDigits = 32;
    if (id.size() != kDigestDigits)
        throw Error(ErrorKind::not_found, "there is no such artifact", id);
    const Digest digest = digest_from_string(id);
    const std::optional<std::string> upload = uploads.find(digest);
    return http::make_text(200, upload ? *upload : service.store.artifact(digest), kBytes);
}

}  // namespace

void add_uploads(Operations& operations, const Service& service, service::Uploads& uploads) {
    operations["put_artifact"] = [&uploads](const Call& call) {
        return put_artifact(call, uploads);
    };
    operations["get_artifact"] = [&service, &uploads](const Call& call) {
        return get_artifact(call, service, uploads);
    };
}

}  // namespace parnas::rest
