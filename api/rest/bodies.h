// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/call.h"
#include "core/object_reader.h"

namespace parnas::rest {

// Throws HttpError(422) with all of them, if there are any.
void throw_unprocessable(const Faults& faults);

// The body; an empty object if there is none.
const Json& object_body(const Call& call);

// What `read(ObjectReader&)` makes of the body's members.
// Throws HttpError(422) with all faults that it adds, and if the contract has a member that it
// does not ask for.
template <typename Read>
auto read_body(const Call& call, Read read) {
    Faults faults;
    ObjectReader reader(object_body(call), "", faults);
    auto value = read(reader);
    reader.finish();
    throw_unprocessable(faults);
    return value;
}

}  // namespace parnas::rest
