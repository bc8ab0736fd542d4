// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace parnas {
namespace {

std::string join(const std::vector<Fault>& faults) {
    std::string text;
    for (const Fault& fault : faults) {
        if (!text.empty())
            text += '\n';
        text += fault.where.empty() ? fault.message : fault.where + ": " + fault.message;
    }
    return text;
}

}  // namespace

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid_input:
            return "invalid_input";
        case ErrorKind::not_found:
            return "not_found";
        case ErrorKind::conflict:
            return "conflict";
        case ErrorKind::unauthorized:
            return "unauthorized";
        case ErrorKind::unavailable:
            return "unavailable";
        case ErrorKind::damaged:
            return "damaged";
        case ErrorKind::internal:
            break;
    }
    return "internal";
}

int exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid_input:
            return 2;
        case ErrorKind::not_found:
            return 3;
        case ErrorKind::conflict:
            return 4;
        case ErrorKind::unauthorized:
            return 5;
        case ErrorKind::unavailable:
            return 6;
        case ErrorKind::damaged:
            return 7;
        case ErrorKind::internal:
            break;
    }
    return 70;
}

Error::Error(ErrorKind kind, std::string message, std::string where)
    : Error(kind, std::vector<Fault>{{std::move(where), std::move(message)}}) {}

Error::Error(ErrorKind kind, std::vector<Fault> faults)
    : std::runtime_error(join(faults)), kind_(kind), faults_(std::move(faults)) {}

void Faults::add(std::string where, std::string message) {
    constexpr std::size_t kMost = 1000;
    Fault fault{std::move(where), std::move(message)};
    if (faults_.size() > kMost || std::ranges::find(faults_, fault) != faults_.end())
        return;
    if (faults_.size() == kMost)
        fault.message = fmt::format("here and further on are more than {} faults", kMost);
    faults_.push_back(std::move(fault));
}

void Faults::throw_if_any(ErrorKind kind) const {
    if (!faults_.empty())
        throw Error(kind, faults_);
}

void check(bool condition, std::string_view what) {
    if (!condition)
        throw Error(ErrorKind::internal, std::string(what));
}

}  // namespace parnas
