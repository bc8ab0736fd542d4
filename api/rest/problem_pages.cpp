// SPDX-License-Identifier: Apache-2.0
#include "api/rest/problem_pages.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/http/problem.h"

namespace parnas::rest {
namespace {

constexpr ProblemPage kPages[] = {
    {"bad-request",
     400,
     "The request is malformed, or a parameter is unknown, is there twice or is out of range.",
     "`detail` or `errors` say what is wrong; GET /openapi.json says what there is."},
    {"conflict",
     409,
     "The state of things does not allow the request: `detail` says which.",
     "Look at the resource again; send the request when its state allows it."},
    {"content-too-large",
     413,
     "The body is larger than the operation takes: 8 MiB, and 64 MiB for artifacts.",
     "Send less at once."},
    {"damaged",
     500,
     "What the server has stored is damaged.",
     "Whoever runs the server finds more in its log; `parnas db check` says what is damaged."},
    {"digest-mismatch",
     422,
     "The bytes are not those that the path names by their SHA-256.",
     "Send them again; something on the way changed them, or the digest is of other bytes."},
    {"expectation-failed",
     417,
     "The request expects something other than 100-continue.",
     "Leave the header Expect out."},
    {"finished-trial",
     412,
     "The trial is finished, and Optuna's clients keep the copy that they have: it never changes "
     "again. It may have failed since nothing was heard of its worker.",
     "Stop evaluating it; a trial that failed so is queued again."},
    {"forbidden",
     403,
     "The token is good, and not for this: it lacks the scope that `detail` names, or the request "
     "came by a cookie without X-Parnas-CSRF.",
     "Ask whoever runs the server for a token with that scope."},
    {"gone", 410, "The study was deleted, and its leases with it.", "Stop working on it."},
    {"http-version-not-supported",
     505,
     "The request is neither HTTP/1.1 nor HTTP/1.0.",
     "Speak HTTP/1.1."},
    {"idempotency-key-reuse",
     422,
     "Another request was sent with this Idempotency-Key within the last 24 hours.",
     "Take a new key for each request, and the same key only to send the same request again."},
    {"incompatible-distribution",
     422,
     "An earlier trial of the study has a parameter of this name with another kind, scale or list "
     "of choices.",
     "Give the parameter another name, or the study another one."},
    {"insufficient-storage",
     507,
     "The server's disk is full: nothing can be changed, and reading goes on.",
     "Send the request again later, with the same Idempotency-Key; the server notices by itself "
     "when there is space."},
    {"internal-server-error",
     500,
     "A fault of the server.",
     "Whoever runs the server finds more in its log, by the id in `instance`."},
    {"invalid-transition",
     409,
     "What the request wants something to become is not what it can become from the state that it "
     "is in.",
     "Get it again and look at its state."},
    {"lease-superseded",
     409,
     "The lease is not the trial's any longer: it expired and another attempt has the trial, or "
     "the "
     "trial has ended.",
     "Stop evaluating this trial and take a new lease. What was sent is kept for the record and "
     "changes nothing."},
    {"method-not-allowed",
     405,
     "The path is there, and not for this method; the header Allow has those that it is for.",
     "GET /openapi.json has all operations."},
    {"name-taken",
     409,
     "Another one has this name.",
     "Take another name; or use what is there, with on_conflict=get where an operation has it."},
    {"not-acceptable",
     406,
     "Accept names no content type that the operation answers with.",
     "Leave Accept out, or name one of those in `detail`."},
    {"not-found",
     404,
     "There is nothing of that name, or nothing that the token may see.",
     "Look for a slip in the path; list what there is."},
    {"not-implemented", 501, "The server does not know the method.", "Use one that HTTP has."},
    {"not-ready",
     503,
     "The server runs and cannot serve all requests: `detail` says what stands in the way.",
     "Wait; whoever runs the server finds more in its log."},
    {"page-token-mismatch",
     400,
     "The page token is not one that this server gave for a request with these filters.",
     "Begin with the first page. Tokens are good until the server is started again."},
    {"precondition-failed",
     412,
     "It was changed since the ETag in If-Match was given.",
     "Get it again, see whether the change is still wanted, and send it with the new ETag."},
    {"precondition-required",
     428,
     "The request changes something and does not say what it is based on.",
     "Get it first, and send its ETag in If-Match."},
    {"read-only",
     503,
     "The disk that the server stores on has failed, or its file is damaged: nothing can be "
     "changed until somebody has seen to it.",
     "Whoever runs the server finds more in its log; reading goes on."},
    {"request-header-fields-too-large",
     431,
     "There are more than 100 headers, or more than 8 KiB of them.",
     "Send fewer."},
    {"request-in-progress",
     409,
     "A request with this Idempotency-Key is being answered.",
     "Send it again after the seconds in Retry-After, with the same key."},
    {"request-timeout", 408, "The request came too slowly, or not in whole.", "Send it again."},
    {"service-unavailable",
     503,
     "Not now: the server has too much to do, cannot write, or is stopping.",
     "Send the request again after the seconds in Retry-After."},
    {"too-large",
     422,
     "The JSON holds more than it may: nesting of 64, texts of 1 MiB, 100,000 members of one "
     "object "
     "or array, a million values in all.",
     "Send it in parts."},
    {"too-many-requests",
     429,
     "The token sends too many requests.",
     "Send the request again after the seconds in Retry-After."},
    {"unauthorized",
     401,
     "There is no token, or one that is unknown, has expired or was revoked.",
     "Send `Authorization: Bearer pn_...` with a token that is still good."},
    {"unprocessable-content",
     422,
     "The body is JSON, and not what the operation takes. `errors` has every fault with a JSON "
     "pointer to its place.",
     "Mend them; GET /openapi.json has the schema."},
    {"unsupported-media-type",
     415,
     "The body is of another type than the operation takes, or is compressed.",
     "Send Content-Type: application/json, or what `detail` names."},
    {"uri-too-long", 414, "The URI is longer than 8 KiB.", "Send a shorter one."},
};

}  // namespace

std::span<const ProblemPage> problem_pages() {
    return kPages;
}

const ProblemPage* find_problem_page(std::string_view slug) {
    const auto found = std::ranges::find(kPages, slug, &ProblemPage::slug);
    return found == std::end(kPages) ? nullptr : &*found;
}

std::string to_text(const ProblemPage& page) {
    return fmt::format("{}: {} {}\n\nWhat it means\n{}\n\nWhat to do\n{}\n",
                       page.slug,
                       page.status,
                       http::reason_phrase(page.status),
                       page.means,
                       page.remedy);
}

}  // namespace parnas::rest
