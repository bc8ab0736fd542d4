// SPDX-License-Identifier: Apache-2.0
#include "cli/worker_manifests.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/text/shell.h"
#include "core/json.h"

namespace parnas::cli {
namespace {

constexpr int kWorkers = 8;

// Where a pod finds the evaluator's file.
constexpr const char* kMounted = "/etc/parnas";

// The options of the command that both have.
std::vector<std::string> shared_arguments(const WorkerOptions& options) {
    std::vector<std::string> words{"worker", "--server", options.server};
    const auto add = [&](const char* name, const std::string& value) {
        words.insert(words.end(), {name, value});
    };
    if (options.study)
        add("--study", *options.study);
    if (options.slots != 1)
        add("--slots", std::to_string(options.slots));
    if (options.target)
        add("--target", *options.target);
    if (options.max_trials)
        add("--max-trials", std::to_string(*options.max_trials));
    if (options.idle_exit)
        add("--idle-exit", *options.idle_exit);
    if (options.grace)
        add("--grace", *options.grace);
    if (options.trust_job)
        words.emplace_back("--trust-job");
    return words;
}

// A name that Kubernetes takes (RFC 1123): at most 63 of a-z, 0-9 and -, no - at the ends.
std::string label_of(const std::string& text) {
    std::string label;
    for (const char c : text.substr(0, 40)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool upper = c >= 'A' && c <= 'Z';
        label += plain ? c : upper ? static_cast<char>(c - 'A' + 'a') : '-';
    }
    while (label.ends_with('-'))
        label.pop_back();
    return label.empty() ? "parnas-worker" : "parnas-worker-" + label;
}

// JSON is YAML.
std::string quoted(const std::string& text) {
    return dump_json(Json(text));
}

}  // namespace

std::string slurm_script(const WorkerOptions& options) {
    std::string command = "parnas";
    for (const std::string& word : shared_arguments(options))
        command += ' ' + shell_word(word);
    if (!options.token_file.empty())
        command += " --token-file " + shell_word(options.token_file.string());
    if (!options.ca_file.empty())
        command += " --ca-file " + shell_word(options.ca_file.string());
    if (!options.evaluator.empty())
        command += " --evaluator " + shell_word(options.evaluator.string());
    return fmt::format(R"(#!/bin/bash
#SBATCH --job-name=parnas-worker
#SBATCH --array=0-{last}            # {workers} workers; 0-63%16: 64, of which 16 run at a time
#SBATCH --cpus-per-task={slots}
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120   # two minutes before the end
#SBATCH --requeue
#SBATCH --output=parnas-worker-%A_%a.log

drained=
{command} --name "slurm-${{SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}}-${{SLURM_ARRAY_TASK_ID:-0}}" &
worker=$!
trap 'drained=yes; kill -TERM "$worker"' TERM
wait "$worker"
code=$?
# The signal ends the first wait; the worker gives its trials back and says so with 130.
if [ -n "$drained" ]; then
    wait "$worker"
    code=$?
fi
if [ "$code" -eq 130 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
)",
                       fmt::arg("last", kWorkers - 1),
                       fmt::arg("workers", kWorkers),
                       fmt::arg("slots", options.slots),
                       fmt::arg("command", command));
}

std::string kubernetes_manifest(const WorkerOptions& options) {
    std::vector<std::string> words = shared_arguments(options);
    words.insert(words.end(), {"--name", "$(POD_NAME)"});
    std::string mounts;
    std::string volumes;
    if (!options.evaluator.empty()) {
        const std::string file = options.evaluator.filename().string();
        words.insert(words.end(), {"--evaluator", fmt::format("{}/{}", kMounted, file)});
        mounts = fmt::format(R"(          volumeMounts:
            - {{name: evaluator, mountPath: {}}}
)",
                             kMounted);
        // kubectl create configmap parnas-evaluator --from-file=FILE
        volumes = R"(      volumes:
        - name: evaluator
          configMap: {name: parnas-evaluator}
)";
    }
    std::string arguments;
    for (const std::string& word : words)
        arguments += (arguments.empty() ? "" : ", ") + quoted(word);
    return fmt::format(R"(apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
spec:
  completionMode: Indexed
  completions: {workers}
  parallelism: {workers}
  backoffLimit: 1000   # pods that have to go are begun again
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60
      containers:
        - name: worker
          image: parnas   # one with the program and what the evaluator needs
          command: [parnas]
          args: [{arguments}]
          env:
            - name: POD_NAME
              valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}
            - name: PARNAS_TOKEN   # kubectl create secret generic parnas-worker --from-file=token=FILE
              valueFrom: {{secretKeyRef: {{name: parnas-worker, key: token}}}}
          resources:
            requests: {{cpu: {slots}}}
{mounts}{volumes})",
                       fmt::arg("name", label_of(options.study.value_or(""))),
                       fmt::arg("workers", kWorkers),
                       fmt::arg("arguments", arguments),
                       fmt::arg("slots", options.slots),
                       fmt::arg("mounts", mounts),
                       fmt::arg("volumes", volumes));
}

}  // namespace parnas::cli
