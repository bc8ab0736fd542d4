// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/service/study_host.h"
#include "core/json.h"
#include "core/mutex.h"
#include "core/rng.h"
#include "store/annotations.h"
#include "store/service_store.h"

namespace parnas::service {

// A job document that came with a request, checked and ready. Throws Error(invalid_input) with
// all faults, each with its pointer into the document: also for what names a file, a command or
// an address, which no request may.
using RequestPreparer = std::function<search::PreparedStudy(const Json& document)>;

// What a job is submitted with.
struct Submission {
    std::string id;  // make_id()
    std::string project = "default";
    std::string token;                       // who submits it
    int workers = 0;                         // threads of this process that evaluate, too
    std::optional<std::string> cloned_from;  // the study whose job this one is made of
    std::optional<store::Answer> answer;
};

// Requests to search, from their submission to the end of their study. Thread-safe.
class Jobs {
  public:
    // All outlive it. `seed` names jobs: another one for each process.
    Jobs(store::Store& store, StudyHost& host, RequestPreparer prepare, std::uint64_t seed);

    std::string make_id();
    // Creates the study of the document and drives it; what is there is in one commit with the
    // answer. Throws as the preparer, and Error(conflict) if the name is taken.
    store::JobRecord submit(const Json& document, const Submission& with);
    // Goes on with a study that nobody drives.
    store::JobRecord submit(StudyId study, const Submission& with);
    // Checks the document as submit() does, and changes nothing.
    search::PreparedStudy check(const Json& document) const { return prepare_(document); }

    // The study stops; a job that has ended stays as it is: Error(conflict).
    store::JobRecord cancel(std::string_view id);
    // Of the study's last job and of the study, if it is driven.
    void pause(StudyId study, bool paused);

    // Another budget for a study with this record, now and when it is searched again. Throws
    // Error(conflict) if it is not its record any more, while another program drives it, and if
    // it has no job.
    void change_budget(const store::StudyRecord& study,
                       const search::Budget& budget,
                       const std::string& actor);
    // Trials that the study's strategy did not propose; their numbers, once they are in the
    // store. Throws Error(conflict) if it takes none, as when nobody searches it, and
    // Error(unavailable) if the store cannot be written now.
    std::vector<TrialNumber> add(StudyId study, search::AddedTrials trials);
    // Of a study that is driven here and not over; Error(conflict) for another one.
    std::shared_ptr<HostedStudy> need_driven(StudyId study) const;

    // The study stops and is deleted with all that is of it, its jobs too; `actor` for the audit.
    // Throws Error: not_found, and conflict while somebody else drives it.
    void remove(StudyId study, const std::string& actor);

    void annotate(StudyId study, const store::AnnotationChange& change) {
        store::annotate(store_, study, std::nullopt, change);
    }

    // Goes on with all that had not ended when the last server did. Returns why some cannot.
    std::vector<std::string> resume();
    // What StudyHost::Options::on_end is for.
    void end(StudyId study, const search::StudyEnd& end);

  private:
    store::JobRecord put(store::JobRecord job, const store::PutOptions& with = {});
    void begin(store::JobRecord& job, int workers);
    std::optional<store::JobRecord> last_of(StudyId study) const;

    store::Store& store_;
    store::ServiceStore& kept_;
    StudyHost& host_;
    RequestPreparer prepare_;
    Mutex mutex_;  // of the records: read, changed and put
    Mutex names_;
    Rng rng_ PARNAS_GUARDED_BY(names_);
};

}  // namespace parnas::service
