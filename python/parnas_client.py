# SPDX-License-Identifier: Apache-2.0
"""A client of the parnas service, in one file of the standard library (Python 3.9 or later).

A worker, which evaluates the trials of a study wherever it runs:

    import parnas_client

    def evaluate(trial):
        model = build(trial.params["width"])
        for epoch in range(round(20 * trial.fidelity)):
            train(model, trial.params["lr"])
            if trial.report(epoch, {"accuracy": validate(model)}):
                break  # pruned, or the worker is to stop
        return {"accuracy": validate(model)}

    parnas_client.Client("http://server:8080", token_file="worker.token").work(evaluate, study="digits")

A search that is asked and told:

    client = parnas_client.Client("http://127.0.0.1:8080")
    job = client.submit({"name": "digits", "space": {...}, "evaluator": {"type": "remote", "metrics": ["loss"]},
                         "objectives": {"loss": "minimize"}, "budget": {"trials": 100}})
    for lease in client.ask("digits", 4):
        client.tell(lease, metrics={"loss": train(**lease.params)})

Calls go on through outages of the server, restarts included, for `patience` seconds (workers: without end), and
never do a thing twice: what creates or reports has an Idempotency-Key, which stays the same when it is sent again.
A client may be used by several threads; each has a connection of its own.
"""
from __future__ import annotations

import contextlib
import dataclasses
import email.utils
import hashlib
import http.client
import json
import math
import os
import random
import signal
import socket
import stat
import sys
import threading
import time
import urllib.parse
import uuid
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence, Union

try:
    from ssl import SSLCertVerificationError as _NotTrusted
except ImportError:  # a Python without OpenSSL, which speaks no https
    class _NotTrusted(Exception):  # type: ignore[no-redef]
        pass

__all__ = ["Client", "Failed", "Job", "Lease", "ParnasError", "Trial", "Worked"]
__version__ = "0.1.0"

Json = Any
Metrics = Mapping[str, float]

_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.25, 10.0
_LONGEST_RETRY_AFTER_S = 60.0
_BETWEEN_REPORTS_S = 1.0  # of a trial whose reports are not judged
_REPORTS_AT_ONCE = 1000
_LONGEST_REASON = 2000
_PATIENCE_TO_GIVE_BACK_S = 10.0
_FAILURE_KINDS = ("diverged", "out_of_memory", "timed_out", "crashed")


class ParnasError(Exception):
    """A request that was refused or, with status 0, never answered.

    `slug` names the problem ("lease-superseded"), `errors` are the faults of a document, each with its JSON
    pointer: [{"pointer": "/space/params/3", "message": "..."}].
    """

    def __init__(self, status: int, slug: str, title: str, detail: str = "", errors: Sequence[Mapping[str, str]] = ()):
        super().__init__(status, slug, title, detail, list(errors))
        self.status, self.slug, self.title, self.detail, self.errors = status, slug, title, detail, list(errors)

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.detail}" if self.detail else self.title]
        lines += [f"{each.get('pointer', '')}: {each.get('message', '')}" for each in self.errors]
        return "\n".join(lines)


class Failed(Exception):
    """Raised by `evaluate`: this candidate has no result, and why.

    Kinds: diverged, out_of_memory, timed_out, crashed, infeasible.
    """

    def __init__(self, reason: str, kind: str = "crashed"):
        if kind not in _FAILURE_KINDS + ("infeasible",):
            raise ValueError(f"there is no kind of failure '{kind}'; known are infeasible, {', '.join(_FAILURE_KINDS)}")
        super().__init__(reason)
        self.kind = kind


@dataclasses.dataclass(frozen=True)
class Lease:
    """The right to report on one attempt at a trial."""
    id: str
    study: str
    trial: int
    attempt: int
    fence: int
    params: dict[str, Any]  # by name, as the space writes them; those that are not active are missing
    fidelity: float = 1.0  # share of the full training budget, above 0, up to 1
    stage: str = "search"  # or "finalist": the full schedule, and test data may be looked at
    seed: int = 0  # for everything random
    reporting: str = "noted"  # or "judged": a report waits for the pruner's verdict
    expires_in_s: float = 60.0
    warm_start: Optional[str] = None  # the artifact that training goes on from

    @classmethod
    def _read(cls, json_: Mapping[str, Any], study: Optional[str] = None) -> Lease:
        try:
            return cls(id=str(json_["lease"]), study=str(json_.get("study", study)), trial=int(json_["trial"]),
                       attempt=int(json_["attempt"]), fence=int(json_["fence"]), params=dict(json_["params"]),
                       fidelity=float(json_.get("fidelity", 1.0)), stage=str(json_.get("stage", "search")),
                       seed=int(json_.get("seed", 0)), reporting=str(json_.get("reporting", "noted")),
                       expires_in_s=float(json_.get("expires_in_s", 60.0)), warm_start=json_.get("warm_start"))
        except (KeyError, TypeError, ValueError) as error:
            raise _bad_reply(f"a lease lacks or garbles {error}") from error


@dataclasses.dataclass
class Job:
    """A submitted search."""
    client: Client = dataclasses.field(repr=False)
    id: str
    study: str
    state: str  # queued, running, paused, completed, failed, cancelled
    details: dict[str, Any] = dataclasses.field(default_factory=dict)  # progress, submitted, started, ended, reason

    @property
    def ended(self) -> bool:
        return self.state in ("completed", "failed", "cancelled")

    def refresh(self) -> Job:
        """Looks at it again; returns itself."""
        newest = self.client.job(self.id)
        self.study, self.state, self.details = newest.study, newest.state, newest.details
        return self

    def wait(self, timeout: Optional[float] = None, poll_s: float = 2.0) -> Job:
        """Waits until it has ended; TimeoutError if that takes longer than `timeout` seconds."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        while not self.refresh().ended:
            if time.monotonic() >= end:
                raise TimeoutError(f"job {self.id} is still {self.state}")
            time.sleep(min(poll_s, max(0.0, end - time.monotonic())))
        return self

    def cancel(self) -> None:
        """Asks the search to end; what was found stays."""
        self.client._call("POST", f"/v1/jobs/{_quoted(self.id)}/cancellations", body={})


@dataclasses.dataclass
class Worked:
    """What a worker did, and why it ended: study_ended, max_trials, idle, draining."""
    reason: str = ""
    completed: int = 0
    pruned: int = 0
    infeasible: int = 0
    failed: int = 0
    preempted: int = 0
    lost: int = 0  # leases that others had got in the meantime

    @property
    def trials(self) -> int:
        return self.completed + self.pruned + self.infeasible + self.failed + self.preempted + self.lost


class Client:
    """Calls of the service at `url` ("http://host:8080", https too).

    The token is `token`, or the first line of `token_file`, which nobody but its owner may be able to read, or
    $PARNAS_TOKEN; a server on this machine may need none. `timeout`: seconds for a connection, and for an answer
    on top of the time that the server was asked to wait. `patience`: seconds for which a call goes on through
    outages; None: without end.
    """

    def __init__(self, url: str, token: Optional[str] = None, *, token_file: Union[str, os.PathLike, None] = None,
                 timeout: float = 30.0, patience: Optional[float] = 300.0):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"expected a URL like http://host:8080, got '{url}'")
        if token and token_file:
            raise ValueError("a token or a file with one, not both")
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._token = token or (_read_token(token_file) if token_file else os.environ.get("PARNAS_TOKEN"))
        self._timeout, self._patience = timeout, patience
        self._connections = threading.local()

    # Searches -------------------------------------------------------------------------------------------------

    def submit(self, study: Union[Mapping[str, Any], str], *, workers: int = 0) -> Job:
        """Creates the study of a job document (docs/job-file.md) and runs it, or goes on with a study by its name.

        `workers`: threads of the server that evaluate; 0 leaves it all to workers elsewhere.
        """
        body = {"study": study if isinstance(study, str) else dict(study), "workers": workers}
        return self._job(self._call("POST", "/v1/jobs", body=body))

    def dry_run(self, study: Mapping[str, Any]) -> Json:
        """What a job would do, checked as a whole; ParnasError.errors has what is wrong with it."""
        return self._call("POST", "/v1/jobs", body={"study": dict(study), "dry_run": True})

    def job(self, id: str) -> Job:
        return self._job(self._call("GET", f"/v1/jobs/{_quoted(id)}"))

    def jobs(self) -> Iterator[Job]:
        return (self._job(each) for each in self._pages("/v1/jobs"))

    def studies(self, **filters: Any) -> Iterator[Json]:
        return self._pages("/v1/studies", filters)

    def study(self, study: str) -> Json:
        """Its state, objectives, the job document with all defaults, and how many trials are in which state."""
        return self._call("GET", f"/v1/studies/{_quoted(study)}")

    def pause(self, study: str) -> Json:
        return self._patch(study, {"state": "paused"})

    def resume(self, study: str) -> Json:
        return self._patch(study, {"state": "running"})

    def set_budget(self, study: str, *, trials: Optional[int] = None, wall_time: Union[float, str, None] = None,
                   cost: Union[float, str, None] = None) -> Json:
        """Another budget in the place of the present one, for a search that runs too; seconds, or "90s", "30min".

        One that has ended goes on with `submit(study)`.
        """
        budget = {"trials": trials, "wall_time": wall_time, "cost": cost}
        return self._patch(study, {"budget": {key: value for key, value in budget.items() if value is not None}})

    def clone(self, study: str, name: str, overrides: Optional[Mapping[str, Any]] = None, *, warm_start: bool = False,
              workers: int = 0) -> Json:
        """Begins a search by the job of another one, but for `overrides` (None removes a key); the new study.

        `warm_start`: it begins with the points of the other's front.
        """
        body = {"name": name, "overrides": dict(overrides or {}), "warm_start": warm_start, "workers": workers}
        return self._call("POST", f"/v1/studies/{_quoted(study)}/clones", body=body)

    def enqueue(self, study: str, *points: Mapping[str, Any]) -> list[int]:
        """Points to try, parameters by name; those that a point does not name are drawn. The trials' numbers."""
        return self._add(study, [{"params": dict(point)} for point in points])

    def observe(self, study: str, params: Mapping[str, Any], metrics: Metrics) -> int:
        """A result from elsewhere, of a whole point, with all objectives. The trial's number."""
        return self._add(study, [{"params": dict(params), "metrics": _metrics(metrics)}])[0]

    def retry(self, study: str, number: int) -> int:
        """Tries the candidate of a failed trial again, as a new trial; its number."""
        path = f"/v1/studies/{_quoted(study)}/trials/{int(number)}/retries"
        return int(_field(self._call("POST", path), "trial", int))

    def trials(self, study: str, **filters: Any) -> Iterator[Json]:
        """All trials, page by page; numbers that are not finite as floats."""
        return (_with_floats(each) for each in self._pages(f"/v1/studies/{_quoted(study)}/trials", filters))

    def trial(self, study: str, number: int) -> Json:
        return _with_floats(self._call("GET", f"/v1/studies/{_quoted(study)}/trials/{int(number)}"))

    def front(self, study: str) -> Json:
        """The trials that no other dominates."""
        return self._call("GET", f"/v1/studies/{_quoted(study)}/front")

    def events(self, since: int = 0, *, study: Optional[str] = None, wait_s: float = 25.0) -> Iterator[Json]:
        """All events after number `since`, then those to come, without end.

        To go on where one was, keep the `seq` of the last event: none is left out and none comes twice.
        """
        path = "/v1/events" if study is None else f"/v1/studies/{_quoted(study)}/events"
        while True:
            reply = self._call("GET", path, query={"since": since, "wait": _short(wait_s)}, wait_s=wait_s)
            events = _field(reply, "events", list)
            yield from events
            since = max([since, int(_field(reply, "next", int))] + [int(each["seq"]) for each in events])

    # Ask and tell ---------------------------------------------------------------------------------------------

    def ask(self, study: str, n: int = 1) -> list[Lease]:
        """At most `n` trials to evaluate; none if results have to come in first, or the study is over."""
        reply = self._call("POST", f"/v1/studies/{_quoted(study)}/ask", body={"n": n})
        return [Lease._read(each, study) for each in _field(reply, "trials", list)]

    def tell(self, trial: Union[Lease, int], *, study: Optional[str] = None, metrics: Optional[Metrics] = None,
             values: Optional[Sequence[float]] = None, state: str = "complete", skip_if_finished: bool = False) -> Json:
        """What came of a trial: its metrics by name, or the objectives' values in their order.

        `trial`: what ask() gave, or a number with `study`. State: complete, pruned or fail.
        """
        lease = trial if isinstance(trial, Lease) else None
        name = study if lease is None else lease.study
        if name is None:
            raise ValueError("which study is the trial of?")
        body: dict[str, Any] = {"trial": int(trial) if lease is None else lease.trial, "state": state}
        if lease is not None:
            body["fence"] = lease.fence
        if metrics is not None:
            body["metrics"] = _metrics(metrics)
        if values is not None:
            body["values"] = [float(value) for value in values]
        if skip_if_finished:
            body["skip_if_finished"] = True
        return self._call("POST", f"/v1/studies/{_quoted(name)}/tell", body=body)

    def heartbeat(self, lease: Lease) -> Json:
        """Keeps a lease that ask() gave; to be called within its `expires_in_s`, again and again."""
        return self._call("PUT", f"/v1/leases/{_quoted(lease.id)}/heartbeat", body={"fence": lease.fence})

    # Artifacts ------------------------------------------------------------------------------------------------

    def artifact(self, id: str) -> bytes:
        return self._exchange("GET", f"/v1/artifacts/{_quoted(id)}").body

    def put_artifact(self, content: bytes) -> str:
        """Keeps bytes under their digest; returns their id."""
        return self._put_artifact(content)

    # Workers --------------------------------------------------------------------------------------------------

    def work(self, evaluate: Callable[[Trial], Optional[Metrics]], *, study: Optional[str] = None,
             name: Optional[str] = None, target: Optional[str] = None, max_trials: Optional[int] = None,
             idle_exit: Optional[float] = None, give_up_after: int = 3, poll_s: float = 5.0,
             stop: Optional[threading.Event] = None, log: Optional[Callable[[str], None]] = None) -> Worked:
        """Evaluates trials until the study has ended (without `study`: of all studies, for ever).

        `evaluate(trial)` returns the metrics, raises Failed for a candidate that has none, or returns None after
        `trial.report()` said to stop: then the last reported metrics count. Other exceptions fail the trial with
        their text; the `give_up_after`-th in a row is taken for broken surroundings, gives its trial back and
        leaves this function. Ends also after `max_trials` trials, after `idle_exit` seconds without one, when the
        server drains this worker, on SIGTERM or SIGINT (if called in the main thread) and when `stop` is set: the
        running evaluation is told to stop at its next report and given back as preempted, or ends as it would
        have; a second SIGINT is Python's own. `log` takes a line for each thing that happens; standard error does
        if it is left out.
        """
        return _Worker(self, evaluate, study, max_trials, idle_exit, give_up_after, poll_s, stop or threading.Event(),
                       log or _to_standard_error).run(name or f"{socket.gethostname()}-{os.getpid()}", target)

    # The wire -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Closes this thread's connection; the next call opens another."""
        connection = getattr(self._connections, "own", None)
        if connection is not None:
            connection.close()

    def _put_artifact(self, content: bytes, **settings: Any) -> str:
        path = f"/v1/artifacts/{hashlib.sha256(content).hexdigest()}"
        return str(_field(self._exchange("PUT", path, content=content, **settings).object(), "id", str))

    def _job(self, json_: Json) -> Job:
        known = ("id", "study", "state")
        return Job(self, *(str(_field(json_, key, (str, int))) for key in known),
                   details={key: value for key, value in json_.items() if key not in known})

    def _patch(self, study: str, change: Json) -> Json:
        path = f"/v1/studies/{_quoted(study)}"
        etag = self._exchange("GET", path).etag
        return self._exchange("PATCH", path, body=change, headers={"If-Match": etag or "*"}).object()

    def _add(self, study: str, trials: list[Json]) -> list[int]:
        reply = self._call("POST", f"/v1/studies/{_quoted(study)}/trials", body={"trials": trials})
        return [int(number) for number in _field(reply, "trials", list)]

    def _pages(self, path: str, filters: Optional[Mapping[str, Any]] = None) -> Iterator[Json]:
        query = dict(filters or {})
        while True:
            page = self._call("GET", path, query=query)
            yield from _field(page, "items", list)
            token = page.get("next_page_token")
            if not token:
                return
            query["page_token"] = token

    def _call(self, method: str, path: str, **settings: Any) -> Json:
        return self._exchange(method, path, **settings).object()

    def _exchange(self, method: str, path: str, *, query: Optional[Mapping[str, Any]] = None, body: Json = None,
                  content: Optional[bytes] = None, headers: Optional[Mapping[str, str]] = None, wait_s: float = 0.0,
                  timeout: Optional[float] = None, key: Optional[str] = None, patience: Union[float, None, str] = "own",
                  stop: Optional[threading.Event] = None) -> _Answer:
        """One request, sent again for as long as that can help and cannot harm."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        sent = dict(headers or {})
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        if method == "POST":
            sent["Idempotency-Key"] = key or uuid.uuid4().hex
        if content is not None:
            sent["Content-Type"] = "application/octet-stream"
        elif body is not None:
            content = _dumped(body)
            sent["Content-Type"] = "application/json"
        seconds = self._patience if patience == "own" else patience
        end = math.inf if seconds is None else time.monotonic() + float(seconds)
        # A PATCH that was done would be refused by its If-Match when it comes again.
        repeatable = method != "PATCH"
        for attempt in range(sys.maxsize):
            answer, error = None, None
            try:
                answer = self._try(method, self._prefix + path, content, sent, (timeout or self._timeout) + wait_s)
                if not answer.may_come_again(repeatable):
                    return answer.checked()
                delay = _delay(attempt, answer.retry_after)
            except _NotTrusted as problem:  # nor will it be later
                raise _unreachable(problem) from problem
            except (OSError, http.client.HTTPException) as problem:
                if not repeatable and not isinstance(problem, ConnectionRefusedError):
                    raise _unreachable(problem) from problem
                error, delay = problem, _delay(attempt, None)
            if time.monotonic() + delay > end or (stop is not None and stop.is_set()):
                if answer is not None:
                    return answer.checked()
                raise _unreachable(error) from error
            if stop is None:
                time.sleep(delay)
            else:
                stop.wait(delay)
        raise AssertionError("unreachable")

    def _try(self, method: str, path: str, content: Optional[bytes], headers: Mapping[str, str],
             timeout: float) -> _Answer:
        connection = self._connection(timeout)
        try:
            connection.request(method, path, body=content, headers=dict(headers))
            reply = connection.getresponse()
            answer = _Answer(reply.status, reply.read(), reply.headers)
        except BaseException:
            connection.close()
            raise
        if reply.will_close:
            connection.close()
        return answer

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        """This thread's, open or not: http.client connects when it has to."""
        connection = getattr(self._connections, "own", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._scheme == "https" else http.client.HTTPConnection
            connection = self._connections.own = kind(self._host, self._port, timeout=timeout)
        if connection.sock is not None:
            if _has_ended(connection.sock):
                connection.close()
            else:
                connection.sock.settimeout(timeout)
        connection.timeout = timeout
        return connection


class _Answer:
    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]):
        self.status, self.body = status, body
        self.etag = headers.get("ETag")
        self.retry_after = _seconds_of(headers.get("Retry-After"))

    def may_come_again(self, repeatable: bool) -> bool:
        if self.status in (429, 503):  # it was not done
            return True
        if self.status in (502, 504, 507):  # it may have been
            return repeatable
        # The same request is being answered on another connection.
        return self.status == 409 and self.retry_after is not None and repeatable

    def checked(self) -> _Answer:
        if self.status < 400:
            return self
        try:
            problem = json.loads(self.body)
            slug = str(problem.get("type", "")).rsplit("/", 1)[-1]
            errors = [each for each in problem.get("errors", []) if isinstance(each, dict)]
            raise ParnasError(self.status, slug, str(problem.get("title", "refused")), str(problem.get("detail", "")),
                              errors)
        except (ValueError, AttributeError, TypeError):
            title = http.client.responses.get(self.status, "refused")
            raise ParnasError(self.status, "", title, self.body[:200].decode("utf-8", "replace")) from None

    def object(self) -> dict[str, Any]:
        try:
            read = json.loads(self.body)
        except ValueError as error:
            raise _bad_reply(f"an answer that is no JSON: {error}") from error
        if not isinstance(read, dict):
            raise _bad_reply("an answer that is no object")
        return read


class Trial:
    """What `evaluate` gets: a lease, which a thread of its own keeps, and the way to report on it."""

    def __init__(self, client: Client, lease: Lease, drain: threading.Event, heartbeat_s: float,
                 log: Callable[[str], None]):
        self.lease, self.params, self.number, self.study = lease, lease.params, lease.trial, lease.study
        self.fidelity, self.stage, self.seed = lease.fidelity, lease.stage, lease.seed
        self.warm_start = lease.warm_start
        self._client, self._drain, self._log = client, drain, log
        self._heartbeat_s = max(0.05, min(heartbeat_s, lease.expires_in_s / 3))
        self._ended, self._over = threading.Event(), threading.Event()  # the evaluation; the sending of its result
        self._lost, self._pruned, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._given_back = False  # it was told to stop for a reason that is not its own
        self._worker_drained = False
        self._sent_at = -math.inf
        self._frozen: Optional[dict[str, Any]] = None  # reports that may have been received, and their key
        self._waiting: list[dict[str, Any]] = []
        self._last: dict[str, float] = {}
        self._weights: Optional[str] = None

    @property
    def should_stop(self) -> bool:
        """Whether the evaluation is to end soon: pruned, or of no use, or the worker is to stop."""
        if self._pruned.is_set():
            return True
        if self._stopped.is_set() or self._drain.is_set():
            self._given_back = True
        return self._given_back or self._lost.is_set()

    def report(self, step: int, metrics: Metrics) -> bool:
        """Tells how far it is: steps from 0, growing. True: end soon, with the metrics that are there."""
        self._last = _metrics(metrics)
        self._waiting.append({"step": int(step), "metrics": self._last})
        if self.lease.reporting == "judged" or len(self._waiting) >= _REPORTS_AT_ONCE:
            self._send_reports(patience=None)
        elif time.monotonic() - self._sent_at >= _BETWEEN_REPORTS_S:
            self._send_reports(patience=0.0)  # an outage need not hold up what waits for no verdict
        return self.should_stop

    def save_weights(self, content: bytes) -> None:
        """Keeps the trained weights as the trial's artifact; the last call wins."""
        try:
            self._weights = self._client._put_artifact(content, patience=None, stop=self._lost)
        except ParnasError as error:
            self._log(f"trial {self.number}: the weights are not kept: {error}")

    def load_weights(self) -> Optional[bytes]:
        """The bytes of the artifact that training goes on from, if there is one."""
        return None if self.warm_start is None else self._client.artifact(self.warm_start)

    def _send_reports(self, patience: Optional[float]) -> None:
        while (self._frozen or self._waiting) and not self._lost.is_set():
            if self._frozen is None:
                batch, self._waiting = self._waiting[:_REPORTS_AT_ONCE], self._waiting[_REPORTS_AT_ONCE:]
                self._frozen = {"body": {"fence": self.lease.fence, "reports": batch}, "key": uuid.uuid4().hex}
            self._sent_at = time.monotonic()
            try:
                reply = self._client._call("POST", f"/v1/leases/{_quoted(self.lease.id)}/reports", patience=patience,
                                           stop=self._lost, **self._frozen)
            except ParnasError as error:
                if _is_lost(error):
                    self._lose(error)
                elif not _is_outage(error):
                    raise
                return
            self._frozen = None
            if reply.get("should_stop"):
                self._pruned.set()

    def _lose(self, error: ParnasError) -> None:
        if not self._lost.is_set():
            self._log(f"trial {self.number}: the lease is lost: {error}")
        self._lost.set()

    def _beat(self) -> None:
        """The heartbeat thread: until the result is acknowledged or the lease is lost."""
        delay = self._heartbeat_s
        while not self._over.wait(delay) and not self._lost.is_set():
            delay = self._heartbeat_s
            try:
                reply = self._client._call("PUT", f"/v1/leases/{_quoted(self.lease.id)}/heartbeat",
                                           body={"fence": self.lease.fence}, patience=0.0,
                                           timeout=max(1.0, self._heartbeat_s))
                if reply.get("should_stop"):
                    self._stopped.set()
                self._worker_drained = self._worker_drained or bool(reply.get("should_drain"))
            except ParnasError as error:
                # Once a result is under way, what it is told counts: it may have settled the lease itself.
                if _is_lost(error) and not self._ended.is_set():
                    self._lose(error)
                delay = min(delay, random.uniform(1.0, 2.0))
        self._client.close()


class _Worker:
    def __init__(self, client: Client, evaluate: Callable[[Trial], Optional[Metrics]], study: Optional[str],
                 max_trials: Optional[int], idle_exit: Optional[float], give_up_after: int, poll_s: float,
                 drain: threading.Event, log: Callable[[str], None]):
        self._client, self._evaluate, self._study = client, evaluate, study
        self._max_trials, self._idle_exit, self._give_up_after = max_trials, idle_exit, give_up_after
        self._poll_s, self._drain, self._log = poll_s, drain, log
        self._in_row, self._worked = 0, Worked()

    def run(self, name: str, target: Optional[str]) -> Worked:
        if self._study is not None:
            self._client.study(self._study)  # a name that does not exist is an error now, not a long wait
        with _drained_by_signals(self._drain):
            self._registration = {"name": name, "host": socket.gethostname(), "pid": os.getpid(),
                                  "version": f"python-{__version__}"}
            if target is not None:
                self._registration["target"] = target
            try:
                self._register()
                self._worked.reason = self._take_leases()
            except ParnasError as error:
                if not (self._drain.is_set() and _is_outage(error)):
                    raise
                self._worked.reason = "draining"
            finally:
                self._client.close()
        return self._worked

    def _register(self) -> None:
        reply = self._client._call("POST", "/v1/workers", body=self._registration, patience=None, stop=self._drain)
        self._id = str(_field(reply, "id", str))
        self._heartbeat_s = float(reply.get("heartbeat_s", 15.0))
        self._log(f"worker {self._registration['name']} is {self._id}")

    def _take_leases(self) -> str:
        last_work = time.monotonic()
        while not self._drain.is_set():
            if self._max_trials is not None and self._worked.trials >= self._max_trials:
                return "max_trials"
            asked_at = time.monotonic()
            reply = self._ask()
            leases = [Lease._read(each) for each in _field(reply, "leases", list)]
            for lease in leases:
                if not self._work_on(lease):
                    return "draining"
                last_work = time.monotonic()
            if leases:
                continue
            reason = reply.get("reason")
            if reason in ("study_ended", "draining"):
                return str(reason)
            if self._study is not None and reason == "no_study":
                raise ParnasError(404, "not-found", "Not Found", f"study '{self._study}' is gone")
            now = time.monotonic()
            if self._idle_exit is not None and now - last_work >= self._idle_exit:
                return "idle"
            # A server that answered at once is not asked at once again.
            self._drain.wait(max(float(reply.get("retry_after_s", 0.0)), 1.0 - (now - asked_at), 0.0))
        return "draining"

    def _ask(self) -> Json:
        body: dict[str, Any] = {"max": 1, "wait_s": _short(self._poll_s)}
        if self._study is not None:
            body["study"] = self._study
        for known in (True, False):
            try:
                return self._client._call("POST", f"/v1/workers/{_quoted(self._id)}/leases", body=body,
                                          wait_s=self._poll_s, patience=None, stop=self._drain)
            except ParnasError as error:
                if error.status != 404 or not known:
                    raise
                self._register()  # the server has another store than it had
        raise AssertionError("unreachable")

    def _work_on(self, lease: Lease) -> bool:
        """Evaluates and sends the result; false if the server has drained this worker."""
        trial = Trial(self._client, lease, self._drain, self._heartbeat_s, self._log)
        if self._drain.is_set():
            self._send(trial, {"outcome": "preempted"})
            return False
        beats = threading.Thread(target=trial._beat, name="parnas-heartbeat", daemon=True)
        beats.start()
        began = time.monotonic()
        try:
            result, leave = self._try_evaluate(trial)
            trial._ended.set()
            result["cost_s"] = time.monotonic() - began
            self._send(trial, result)
        finally:
            trial._over.set()
            beats.join()
        if leave is not None:
            raise leave
        return not trial._worker_drained

    def _try_evaluate(self, trial: Trial) -> tuple[dict[str, Any], Optional[BaseException]]:
        """The result, and what is to leave work() once it is sent."""
        try:
            metrics = self._evaluate(trial)
            self._in_row = 0
            return _result_of(trial, metrics), None
        except Failed as failure:
            self._in_row = 0
            return _failure(failure.kind, str(failure)), None
        except Exception as error:
            if trial._given_back:
                return {"outcome": "preempted", "reason": _text_of(error)}, None
            self._in_row += 1
            if self._in_row >= self._give_up_after:
                return {"outcome": "preempted", "reason": _text_of(error)}, error
            out_of_memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
            return _failure("out_of_memory" if out_of_memory else "crashed", _text_of(error)), None
        except BaseException as ending:  # KeyboardInterrupt, SystemExit
            return {"outcome": "preempted", "reason": _text_of(ending)}, ending

    def _send(self, trial: Trial, result: dict[str, Any]) -> None:
        """Sends a result until it is acknowledged or turns out to be of no use."""
        result = {"metrics": {}, "cost_s": 0.0, **result}
        if trial._weights is not None:
            result["weights"] = trial._weights
        given_back = result["outcome"] == "preempted"
        try:
            if not given_back:
                trial._send_reports(patience=None)
            if trial._lost.is_set():
                return self._count(trial, "lost")
            try:
                # What is given back is offered again without this, too, if the server stays away.
                self._put(trial, result, _PATIENCE_TO_GIVE_BACK_S if given_back else None)
            except ParnasError as error:
                if error.status not in (400, 413, 422) or given_back:
                    raise
                result = {"metrics": {}, "cost_s": result["cost_s"],
                          **_failure("crashed", f"the result was refused: {error}")}
                self._put(trial, result, None)
        except ParnasError as error:
            if not _is_lost(error) and not (given_back and _is_outage(error)):
                raise
            trial._lose(error)
            return self._count(trial, "lost")
        self._count(trial, result["outcome"])

    def _put(self, trial: Trial, result: Mapping[str, Any], patience: Optional[float]) -> None:
        self._client._call("PUT", f"/v1/leases/{_quoted(trial.lease.id)}/result",
                           body={"fence": trial.lease.fence, **result}, patience=patience)

    def _count(self, trial: Trial, outcome: str) -> None:
        setattr(self._worked, outcome, getattr(self._worked, outcome) + 1)
        self._log(f"trial {trial.number} of {trial.study}: {outcome}")


def _result_of(trial: Trial, metrics: Optional[Metrics]) -> dict[str, Any]:
    pruned = trial._pruned.is_set()
    if trial._given_back and not pruned:
        return {"outcome": "preempted"}
    if metrics is None and pruned:
        return {"outcome": "pruned", "metrics": trial._last}
    if metrics is None:
        return _failure("crashed", "evaluate returned no metrics")
    try:
        read = _metrics(metrics)
    except (AttributeError, TypeError, ValueError) as error:
        return _failure("crashed", f"evaluate returned no metrics: {_text_of(error)}")
    for name, value in read.items():
        if not math.isfinite(value):
            return {**_failure("diverged", f"{name} is {value}"), "metrics": read}
    return {"outcome": "pruned" if pruned else "completed", "metrics": read}


def _failure(kind: str, reason: str) -> dict[str, Any]:
    reason = reason[:_LONGEST_REASON] or kind
    if kind == "infeasible":
        return {"outcome": "infeasible", "reason": reason}
    return {"outcome": "failed", "failure_kind": kind, "reason": reason}


@contextlib.contextmanager
def _drained_by_signals(drain: threading.Event) -> Iterator[None]:
    """The first SIGTERM or SIGINT sets `drain`; the next does what it did before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for each, handler in before.items():
            signal.signal(each, handler if handler is not None else signal.SIG_DFL)

    def handle(_number: int, _frame: Any) -> None:
        drain.set()
        restore()

    for each in before:
        signal.signal(each, handle)
    try:
        yield
    finally:
        restore()


def _read_token(path: Union[str, os.PathLike]) -> str:
    with open(path, encoding="ascii") as file:
        status = os.fstat(file.fileno())
        if os.name == "posix" and stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
            raise PermissionError(f"{os.fspath(path)}: others can read this token; chmod 600 it")
        token = file.readline().strip()
    if not token:
        raise ValueError(f"{os.fspath(path)}: there is no token in its first line")
    return token


def _metrics(metrics: Metrics) -> dict[str, float]:
    return {str(name): float(value) for name, value in metrics.items()}


def _dumped(body: Json) -> bytes:
    return json.dumps(_spelled(body), allow_nan=False, separators=(",", ":")).encode()


def _spelled(body: Json) -> Json:
    """Numbers that are not finite as the texts that the service has for them."""
    if isinstance(body, float) and not math.isfinite(body):
        return "NaN" if math.isnan(body) else "Infinity" if body > 0 else "-Infinity"
    if isinstance(body, Mapping):
        return {str(key): _spelled(value) for key, value in body.items()}
    if isinstance(body, (list, tuple)):
        return [_spelled(value) for value in body]
    return body


_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _with_floats(trial: Json) -> Json:
    """The reverse, in a trial's measurements; a parameter may well have the value "NaN"."""
    for key in ("metrics", "values"):
        found = trial.get(key)
        if isinstance(found, dict):
            trial[key] = {name: _NOT_FINITE.get(value, value) if isinstance(value, str) else value
                          for name, value in found.items()}
        elif isinstance(found, list):
            trial[key] = [_NOT_FINITE.get(value, value) if isinstance(value, str) else value for value in found]
    return trial


def _field(json_: Mapping[str, Any], key: str, kind: Any) -> Any:
    if not isinstance(json_.get(key), kind):
        raise _bad_reply(f"an answer without '{key}'")
    return json_[key]


def _bad_reply(detail: str) -> ParnasError:
    return ParnasError(0, "bad-reply", "The server is not understood", detail)


def _unreachable(problem: Optional[BaseException]) -> ParnasError:
    return ParnasError(0, "unreachable", "The server cannot be reached", "" if problem is None else _text_of(problem))


def _is_outage(error: ParnasError) -> bool:
    return error.slug == "unreachable" or error.status in (429, 502, 503, 504, 507)


def _is_lost(error: ParnasError) -> bool:
    """Whether nothing that is said on the lease will ever be heard again."""
    return error.status in (404, 409, 410)


def _delay(attempt: int, retry_after: Optional[float]) -> float:
    """Seconds before the next try: doubling, half of it random, so that many clients do not come as one."""
    backoff = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(attempt, 16))
    return max(random.uniform(backoff / 2, backoff), min(retry_after or 0.0, _LONGEST_RETRY_AFTER_S))


def _seconds_of(retry_after: Optional[str]) -> Optional[float]:
    """A Retry-After header, seconds or a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _has_ended(sock: socket.socket) -> bool:
    """Whether the server closed a connection that is at rest; it says nothing unasked."""
    sock.settimeout(0.0)
    try:
        sock.recv(1)
        return True
    except (BlockingIOError, InterruptedError):
        return False
    except OSError as error:
        # An encrypted connection has its own word for "nothing yet".
        return type(error).__name__ != "SSLWantReadError"


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _quoted(text: str) -> str:
    return urllib.parse.quote(str(text), safe="")


def _short(number: float) -> float:
    """Whole numbers as such."""
    return int(number) if float(number).is_integer() else number


def _text_of(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
