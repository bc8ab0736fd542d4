# SPDX-License-Identifier: Apache-2.0
"""Tokens of a store: made, listed, revoked."""
import stat
import unittest

from support import ParnasCase


class TokensCase(ParnasCase):
    def create(self, name, *arguments):
        return self.parnas_json("tokens", "create", name, "--scope", "read", *arguments)

    def list(self):
        return {token["name"]: token for token in self.parnas_json("tokens", "list")}

    def test_a_secret_is_shown_once(self):
        out, err = self.parnas("tokens", "create", "me", "--scope", "read", "--scope", "submit")
        secret = out.strip()
        self.assertRegex(secret, r"^pn_[0-9A-HJKMNP-TV-Z]{26}_[A-Za-z0-9_-]{43}$")
        self.assertNotIn(secret, err)
        token = self.list()["me"]
        self.assertEqual(token["id"], "tok_" + secret[3:29])
        self.assertEqual((token["scopes"], token["projects"], token["study"]), (["read", "submit"], [], None))
        self.assertEqual((token["expires"], token["state"]), (None, "usable"))
        for path in self.folder.iterdir():
            self.assertNotIn(secret[30:].encode(), path.read_bytes())

    def test_a_secret_file_is_for_its_owner_alone(self):
        created = self.create("worker", "--secret-file", "worker.token")
        path = self.folder / "worker.token"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        secret = path.read_text(encoding="utf-8")
        self.assertRegex(secret, "^pn_" + created["token"]["id"][4:] + r"_[A-Za-z0-9_-]{43}\n$")
        self.assertEqual(created["secret_file"], "worker.token")
        self.assertNotIn("secret", created)
        path.chmod(0o644)
        self.parnas("tokens", "create", "other", "--scope", "work", "--secret-file", "worker.token", code=4)
        self.assertEqual(path.read_text(encoding="utf-8"), secret)
        self.assertNotIn("other", self.list())
        out, _ = self.parnas("tokens", "create", "other", "--scope", "work", "--secret-file", "worker.token", "--force")
        self.assertNotIn("pn_", out)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_a_token_whose_secret_cannot_be_written_is_not_made(self):
        self.create("first")
        self.parnas("tokens", "create", "me", "--scope", "read", "--secret-file", "no/such/folder", code=6)
        self.assertEqual(list(self.list()), ["first"])

    def test_limits_are_listed(self):
        self.create("guest", "--project", "vision", "--project", "speech", "--study", "digits", "--expires-in", "90d")
        token = self.list()["guest"]
        self.assertEqual((token["projects"], token["study"]), (["vision", "speech"], "digits"))
        self.assertGreater(token["expires"], token["created"])
        table, _ = self.parnas("tokens", "list")
        self.assertIn("vision,speech", table)
        self.assertIn("usable", table)

    def test_a_revoked_token_stays_in_the_list(self):
        first = self.create("me")["token"]["id"]
        self.assertIn("is revoked", self.parnas("tokens", "revoke", "me")[0])
        self.assertEqual(self.list()["me"]["state"], "revoked")
        again = self.parnas_json("tokens", "revoke", first)
        self.assertEqual(again["revoked"], self.list()["me"]["revoked"])
        _, err = self.parnas("tokens", "revoke", "me", code=3)
        self.assertIn("me: no token", err)
        self.assertNotEqual(self.create("me")["token"]["id"], first)

    def test_what_is_no_token_is_refused(self):
        self.create("me")
        self.parnas("tokens", "create", "me", "--scope", "read", code=4)
        self.parnas("tokens", "create", "x", code=2)
        self.parnas("tokens", "create", "x", "--scope", "write", code=2)
        self.parnas("tokens", "create", "x", "--scope", "read", "--scope", "read", code=2)
        self.parnas("tokens", "create", "x", "--scope", "read", "--expires-in", "soon", code=2)
        self.parnas("tokens", "create", "x", "--scope", "read", "--expires-in", "999999999d", code=2)
        _, err = self.parnas("tokens", "revoke", "mee", code=3)
        self.assertIn("did you mean 'me'", err)
        self.assertEqual(list(self.list()), ["me"])


if __name__ == "__main__":
    unittest.main()
