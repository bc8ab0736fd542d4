# SPDX-License-Identifier: Apache-2.0
"""A small service of one study as its clients meet it: leases, answers kept by key, and trouble on the way."""
import collections
import http.server
import json
import threading
import time
import urllib.parse

Answer = collections.namedtuple("Answer", "status body headers")


def ok(body, status=200, **headers):
    return Answer(status, body, headers)


def problem(status, slug, detail="", errors=(), **headers):
    body = {"type": f"https://parnas.dev/problems/{slug}", "title": slug.replace("-", " "), "status": status,
            "detail": detail, "errors": list(errors)}
    return Answer(status, body, headers)


class Service:
    """What is stored. It outlives the servers before it."""

    def __init__(self, trials=0, ttl=60.0, heartbeat_s=15.0, reporting="noted", verdict=None, job=None):
        self.lock = threading.RLock()
        self.ttl, self.heartbeat_s, self.reporting = ttl, heartbeat_s, reporting
        self.job = job or {}
        self.verdict = verdict or (lambda trial, report: False)
        self.waiting = collections.deque(range(trials))
        self.attempts = collections.Counter()
        self.leases = {}  # id -> {"trial", "fence", "until"}
        self.finished = {}  # trial -> the result that was accepted
        self.effects = collections.Counter()  # how often a result of a trial took effect
        self.reports = collections.defaultdict(list)
        self.results, self.beats, self.workers, self.keys = [], [], [], []
        self.answers = {}  # key -> (request, answer)
        self.artifacts = {}
        self.state, self.drain, self.refuse_result = "running", False, None

    def answer(self, method, path, query, headers, body):
        key = headers.get("Idempotency-Key")
        with self.lock:
            if method == "POST":
                self.keys.append(key)
                if key in self.answers:
                    request, answer = self.answers[key]
                    if request != (path, body):
                        return problem(422, "idempotency-key-reuse")
                    return answer
            answer = self.handle(method, path.strip("/").split("/")[1:], query, body)
            if key is not None and answer.status < 500:
                self.answers[key] = ((path, body), answer)
            return answer

    def handle(self, method, path, query, body):
        if path[0] == "artifacts":
            if method == "GET":
                return ok(self.artifacts[path[1]])
            self.artifacts[path[1][:32]] = body
            return ok({"id": path[1][:32]}, 201)
        body = json.loads(body) if body else {}
        if path == ["studies", "digits"]:
            return ok({"id": 1, "name": "digits", "state": self.state, "job": self.job})
        if path == ["workers"]:
            self.workers.append(body)
            return ok({"id": f"wrk_{len(self.workers)}", "name": body["name"], "heartbeat_s": self.heartbeat_s,
                       "draining": False}, 201)
        if path[0] == "workers" and path[2:] == ["leases"]:
            return self.grant(path[1], body)
        if path[0] == "leases" and path[1] in self.leases:
            return self.on_lease(path[2], self.leases[path[1]], body)
        return problem(404, "not-found", "/".join(path))

    def grant(self, worker, body):
        if worker != f"wrk_{len(self.workers)}":
            return problem(404, "not-found", f"there is no worker {worker}")
        answers = [self.settle(each) for each in body.get("results", [])]
        granted = self.grant_one()
        return ok({**granted, "results": answers} if answers else granted)

    def settle(self, result):
        lease = result.pop("lease")
        answer = self.on_lease("result", self.leases[lease], result)
        return {"lease": lease, "settled" if answer.status == 200 else "problem": answer.body}

    def grant_one(self):
        self.expire()
        if self.drain or not self.waiting:
            ended = not self.drain and not self.leases_open()
            reason = "draining" if self.drain else "study_ended" if ended else "waiting_for_results"
            return {"leases": [], "reason": reason, "retry_after_s": 0.01, "study_state": self.state}
        trial = self.waiting.popleft()
        self.attempts[trial] += 1
        fence = self.attempts[trial]
        lease = f"lse_{trial}_{fence}"
        self.leases[lease] = {"trial": trial, "fence": fence, "until": time.monotonic() + self.ttl}
        return {"leases": [{"lease": lease, "study": "digits", "trial": trial, "attempt": fence, "fence": fence,
                            "expires_in_s": self.ttl, "params": {"x": trial % 10 / 10}, "genotype": [trial % 10 / 10],
                            "fidelity": 1.0, "stage": "search", "seed": str(2 ** 63 + trial),
                            "reporting": self.reporting}]}

    def leases_open(self):
        return [each for each in self.leases.values() if self.valid(each)]

    def valid(self, lease):
        return lease["fence"] == self.attempts[lease["trial"]] and lease["trial"] not in self.finished

    def expire(self):
        for lease in self.leases_open():
            if lease["until"] < time.monotonic() and lease["trial"] not in self.waiting:
                self.waiting.append(lease["trial"])

    def on_lease(self, what, lease, body):
        trial = lease["trial"]
        if what == "result" and self.finished.get(trial) == body:
            return ok({"study": "digits", "trial": trial, "state": "complete"})
        if not self.valid(lease) or body["fence"] != lease["fence"]:
            return problem(409, "lease-superseded", f"trial {trial} is at attempt {self.attempts[trial]}")
        lease["until"] = time.monotonic() + self.ttl
        if what == "heartbeat":
            self.beats.append(trial)
            return ok({"expires_in_s": self.ttl, "should_stop": self.state == "stopping", "should_drain": self.drain})
        if what == "reports":
            self.reports[trial] += body["reports"]
            stop = any(self.verdict(trial, each) for each in body["reports"])
            return ok({"should_stop": stop, "expires_in_s": self.ttl})
        if self.refuse_result and body["outcome"] == "completed":
            return self.refuse_result
        self.results.append(body)
        if body["outcome"] == "preempted":
            self.attempts[trial] += 1  # the lease is settled
            self.waiting.append(trial)
            return ok({"study": "digits", "trial": trial, "state": "running"})
        self.finished[trial] = body
        self.effects[trial] += 1
        return ok({"study": "digits", "trial": trial, "state": "complete"})


class Server:
    """Serves `service` on a port that stays its own through restarts.

    `trouble(number, method, path)` says what happens to a request: None, "drop" (not heard), "lose" (done, not
    answered), "slow" or an Answer.
    """

    def __init__(self, service, trouble=None):
        self.service, self.trouble = service, trouble or (lambda number, method, path: None)
        self.seen = []  # (method, path, headers)
        self._lock, self._connections, self._port = threading.Lock(), set(), 0
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def start(self):
        class Listener(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Listener(("127.0.0.1", self._port), self._handler())
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        with self._lock:
            connections = list(self._connections)
        for each in connections:
            try:
                each.shutdown(2)
            except OSError:
                pass  # it has ended meanwhile

    def _handler(self):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                with server._lock:
                    server._connections.add(self.connection)

            def finish(self):
                with server._lock:
                    server._connections.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def serve(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True
                    return
                with server._lock:
                    server.seen.append((self.command, self.path, dict(self.headers)))
                    number = len(server.seen) - 1
                trouble = server.trouble(number, self.command, self.path)
                if trouble == "drop":
                    self.close_connection = True
                    return
                if trouble == "slow":
                    time.sleep(0.02)
                url = urllib.parse.urlsplit(self.path)
                answer = trouble if isinstance(trouble, Answer) else server.service.answer(
                    self.command, url.path, dict(urllib.parse.parse_qsl(url.query)), self.headers, body)
                if trouble == "lose":
                    self.close_connection = True
                    return
                self.reply(answer)

            def reply(self, answer):
                content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                    self.send_header(name.replace("_", "-"), str(value))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = serve

        return Handler
