// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace parnas {

// What the caller should do about an error.
enum class ErrorKind {
    invalid_input,  // correct the request
    not_found,      // name something that exists
    conflict,       // the state does not allow it; look again
    unauthorized,   // bring other credentials
    unavailable,    // try later, or free a resource
    damaged,        // restore the data
    internal,       // report a bug
};

std::string_view to_string(ErrorKind kind);

// The exit code of a command that ends with an error of this kind.
int exit_code(ErrorKind kind);

// One thing that is wrong, and where: a JSON pointer, "file:line /pointer", a path or a
// parameter's name; empty if there is no place.
struct Fault {
    std::string where;
    std::string message;

    bool operator==(const Fault&) const = default;
};

// The one exception type of the project. A document that is checked as a whole gives
// several faults at once; what() has one line for each, "where: message".
class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, std::string message, std::string where = {});
    // `faults` must not be empty.
    Error(ErrorKind kind, std::vector<Fault> faults);

    ErrorKind kind() const { return kind_; }
    const std::vector<Fault>& faults() const { return faults_; }

  private:
    ErrorKind kind_;
    std::vector<Fault> faults_;
};

// Collects the faults of one document. A fault that was added before is not added again,
// so a definition that is used twice complains once. Beyond a thousand faults only the
// place of the next one is kept.
class Faults {
  public:
    void add(std::string where, std::string message);
    bool empty() const { return faults_.empty(); }
    const std::vector<Fault>& list() const { return faults_; }
    void throw_if_any(ErrorKind kind = ErrorKind::invalid_input) const;

  private:
    std::vector<Fault> faults_;
};

// Throws Error(internal): a bug in parnas, not in what it was given.
void check(bool condition, std::string_view what);

}  // namespace parnas
