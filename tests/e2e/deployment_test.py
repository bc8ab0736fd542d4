# SPDX-License-Identifier: Apache-2.0
"""The files of docs/deploy agree with the interface, and are taken by the programs that they are for."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs/deploy"


def operations():
    """Path and text of each path in the interface's document."""
    paths = (ROOT / "api/openapi.yaml").read_text(encoding="utf-8").split("\ncomponents:")[0]
    return re.findall(r"^  (/\S*):\n((?:    .*\n|\n|  #.*\n)*)", paths, re.M)


class Deployment(unittest.TestCase):
    def nginx(self):
        return (DEPLOY / "nginx.conf").read_text(encoding="utf-8")

    def test_nginx_buffers_no_stream_and_nothing_else(self):
        pattern = re.search(r"location ~ (\S+) \{[^}]*proxy_buffering off;", self.nginx()).group(1)
        streams = {path for path, text in operations() if "text/event-stream" in text}
        self.assertGreater(len(streams), 2)
        for path, _ in operations():
            self.assertEqual(bool(re.search(pattern, re.sub(r"\{\w+\}", "x", path))), path in streams, path)

    def test_proxies_let_bodies_through_that_the_server_takes(self):
        large = {path: int(size) for path, text in operations() for size in re.findall(r"x-body-bytes: (\d+)", text)}
        self.assertEqual(set(large), {"/v1/artifacts/{artifact}"})
        mebibytes = large["/v1/artifacts/{artifact}"] >> 20
        self.assertRegex(self.nginx(), rf"location /v1/artifacts/ \{{[^}}]*client_max_body_size {mebibytes}m;")
        self.assertRegex((DEPLOY / "Caddyfile").read_text(encoding="utf-8"), rf"@weights \{{\s*max_size {mebibytes}MiB")

    @unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
    def test_nginx_takes_its_file(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x", "-keyout",
                            f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem"], check=True, capture_output=True)
            conf = pathlib.Path(folder, "nginx.conf")
            conf.write_text(f"pid {folder}/pid; events {{}} http {{\n"
                            + self.nginx().replace("/etc/ssl/parnas", folder) + "\n}\n", encoding="utf-8")
            tried = subprocess.run(["nginx", "-t", "-c", str(conf)], capture_output=True, text=True, check=False)
        self.assertEqual(tried.returncode, 0, tried.stderr)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_systemd_takes_the_units(self):
        units = [str(path) for path in sorted(DEPLOY.glob("parnas*.*"))]
        self.assertEqual(len(units), 3)
        tried = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
        complaints = [line for line in tried.stderr.splitlines() if "is not executable" not in line]
        self.assertEqual(complaints, [])


if __name__ == "__main__":
    unittest.main()
