// SPDX-License-Identifier: Apache-2.0
#include "api/rest/audit.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "api/rest/times.h"
#include "search/trial_json.h"

namespace parnas::rest {
namespace {

std::int64_t seq_of(const std::string& position) {
    std::int64_t seq = 0;
    std::from_chars(position.data(), position.data() + position.size(), seq);
    return seq;
}

Json audit_json(const store::AuditRecord& record) {
    return {{"seq", record.seq},
            {"time", to_rfc3339(record.time)},
            {"actor", record.actor},
            {"action", record.action},
            {"subject", record.subject},
            {"detail", search::attribute_json(record.detail)}};
}

http::Response list_audit(const Call& call, const Service& service) {
    const PageRequest page = read_page(call, service.pages);
    const auto size = static_cast<std::int64_t>(page.size);
    auto records = service.kept.audit(seq_of(page.after.value_or("")), size + 1);
    std::optional<std::string> last;
    if (std::ssize(records) > size) {
        records.pop_back();
        last = std::to_string(records.back().seq);
    }
    Json items = Json::array();
    for (const store::AuditRecord& record : records)
        items.push_back(audit_json(record));
    return make_page(call, service.pages, std::move(items), last);
}

}  // namespace

void add_audit(Operations& operations, const Service& service) {
    operations["list_audit"] = [&service](const Call& call) { return list_audit(call, service); };
}

}  // namespace parnas::rest
