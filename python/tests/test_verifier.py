"""The verifier of the wheel, on a SQLite file that the package for JavaScript has made."""

import threading
import unittest

from support import FOLDER, MemoryStore, facts, node, vectors
from wasmtime import WasmtimeError

from leastkey.rechecks import Rechecks
from leastkey import LeastkeyError, Needed, SqliteStore, Verifier

FACTS = facts()
CATALOG = (FOLDER / "catalog.json").read_text()


def opened(store=None, **options):
    return Verifier(CATALOG, "acme_test", store or SqliteStore(str(FOLDER / "tokens.db")), **options)


class CountingStore:
    """A store that counts the reads of another one."""

    def __init__(self):
        self.inner = SqliteStore(str(FOLDER / "tokens.db"))
        self.reads = 0

    def get(self, keys):
        self.reads += 1
        return self.inner.get(keys)


class BrokenStore:
    def get(self, keys):
        raise OSError("no route to host")


class Verification(unittest.TestCase):
    def test_a_token_of_javascript_is_valid(self):
        verdict = opened().verify(FACTS["reader"]["token"], "notes:read")
        self.assertTrue(verdict.valid)
        record = FACTS["reader"]["record"]
        token = verdict.token
        self.assertEqual((token.id, token.name, token.owner), (record["id"], "Reader", "org:acme"))
        self.assertEqual((token.tags, token.metadata), (("ci",), '{"team":"ü"}'))
        self.assertEqual((token.permissions, token.expires_at), (("notes:read",), record["expiresAt"]))

    def test_what_is_not_granted_is_refused(self):
        verifier = opened()
        verdict = verifier.verify(FACTS["reader"]["token"], "notes:write")
        self.assertEqual((verdict.code, verdict.status), ("insufficient_permission", 403))
        self.assertEqual((verdict.missing, verdict.scope), (("notes:write",), "notes:write"))
        self.assertEqual(
            verdict.challenge(), 'Bearer error="insufficient_scope", scope="notes:write"'
        )
        place = Needed("notes:read", "org:other")
        self.assertEqual(verifier.verify(FACTS["reader"]["token"], place).code, "outside_resource")
        both = [Needed("notes:read", "org:acme"), Needed("notes:write")]
        self.assertTrue(verifier.verify(FACTS["writer"]["token"], both).valid)
        self.assertEqual(verifier.verify(FACTS["reader"]["token"], both).code, "insufficient_permission")
        self.assertTrue(verifier.verify(FACTS["reader"]["token"], "notes:write OR notes:read").valid)

    def test_an_address_is_compared(self):
        verifier = opened()
        for address, code in (("10.1.2.3", "valid"), ("11.0.0.1", "condition_failed"), (None, "condition_failed")):
            self.assertEqual(verifier.verify(FACTS["local"]["token"], ip=address).code, code)

    def test_uses_are_counted_in_the_store(self):
        codes = [opened().verify(FACTS["limited"]["token"], consume=1).code for _ in range(3)]
        self.assertEqual(codes, ["valid", "valid", "rate_limited"])
        verdict = opened().verify(FACTS["limited"]["token"], consume=1)
        self.assertGreater(verdict.retry_after, 0)

    def test_uses_are_not_counted_without_commit(self):
        errors = []
        verifier = opened(CountingStore(), on_error=errors.append)
        self.assertEqual(verifier.verify(FACTS["counted"]["token"], consume=1).code, "store_unavailable")
        self.assertIn("commit", str(errors[0]))

    def test_the_cache_answers_within_the_window_and_learns_of_a_revocation(self):
        node("create", str(FOLDER))
        made = facts()["reader"]
        store, now = CountingStore(), [1_900_000_000_000]
        # The clock of the test is far from that of the store, but no token has ended by it.
        now[0] = made["record"]["createdAt"] + 1_000
        verifier = Verifier(CATALOG, "acme_test", store, now=lambda: now[0])
        for _ in range(3):
            self.assertTrue(verifier.verify(made["token"], "notes:read").valid)
        reads = store.reads
        self.assertTrue(verifier.verify(made["token"], "notes:read").valid)
        self.assertEqual(store.reads, reads)
        node("revoke", str(FOLDER), made["record"]["id"])
        now[0] += 4_999
        self.assertTrue(verifier.verify(made["token"], "notes:read").valid)
        self.assertEqual(store.reads, reads)
        now[0] += 1
        self.assertEqual(verifier.verify(made["token"], "notes:read").code, "revoked")

    def test_a_cached_refusal_is_confirmed_once_in_a_second(self):
        store = CountingStore()
        verifier = opened(store, freshness=3600.0)
        reads = []
        for _ in range(3):
            self.assertEqual(verifier.verify(FACTS["reader"]["token"], "notes:write").missing, ("notes:write",))
            reads.append(store.reads)
        self.assertGreater(reads[1], reads[0])
        self.assertEqual(reads[2], reads[1])
        self.assertTrue(verifier.verify(FACTS["reader"]["token"], "notes:read").valid)
        self.assertEqual(store.reads, reads[1])
        # A store that fails the recheck changes nothing.
        other = opened(store, freshness=3600.0)
        other.verify(FACTS["reader"]["token"])
        store.inner = BrokenStore()
        self.assertEqual(other.verify(FACTS["reader"]["token"], "notes:write").code, "insufficient_permission")

    def test_rechecks_are_limited(self):
        now = [0.0]
        rechecks = Rechecks(lambda: now[0])
        self.assertFalse(rechecks.begin("revoked", "a"))
        self.assertEqual([rechecks.begin("disabled", "a"), rechecks.begin("disabled", "a")], [True, False])
        self.assertEqual(sum(rechecks.begin("unknown", f"x{at}") for at in range(150)), 100)
        self.assertTrue(rechecks.begin("bad_secret", "b"))
        now[0] = 1.0
        self.assertTrue(rechecks.begin("disabled", "a"))
        self.assertTrue(rechecks.begin("unknown", "x0"))

    def test_a_store_that_fails_is_no_yes(self):
        errors = []
        verifier = opened(BrokenStore(), on_error=errors.append)
        verdict = verifier.verify(FACTS["reader"]["token"], "notes:read")
        self.assertEqual((verdict.valid, verdict.code, verdict.status), (False, "store_unavailable", 503))
        self.assertIsInstance(errors[0], OSError)

    def test_a_store_of_another_deployment_is_no_yes(self):
        verifier = Verifier(CATALOG, "other_test", SqliteStore(str(FOLDER / "tokens.db")))
        self.assertEqual(verifier.verify(FACTS["reader"]["token"]).code, "store_unavailable")

    def test_an_explanation_is_for_the_operator(self):
        explanation = opened().explain(FACTS["reader"]["token"], "notes:write")
        self.assertEqual((explanation.verdict.code, explanation.add), ("insufficient_permission", ("notes:write",)))
        self.assertEqual(explanation.wire.status, 403)
        self.assertEqual(opened().explain("acme_test_2x").wrong, "length")

    def test_mistakes_say_what_would_be_right(self):
        verifier = opened()
        for requirement, message in (("notes:raed", "notes:read"), ([], "authenticate"), ("notes:read AND", "")):
            with self.assertRaisesRegex(LeastkeyError, message) as raised:
                verifier.verify(FACTS["reader"]["token"], requirement)
            self.assertEqual(raised.exception.code, "invalid_input")
        with self.assertRaisesRegex(LeastkeyError, "prefix") as raised:
            Verifier(CATALOG, "no prefix", MemoryStore(()))
        self.assertEqual(raised.exception.path, "prefix")
        with self.assertRaisesRegex(LeastkeyError, r"\$"):
            Verifier({"services": {"a": 7}}, "acme_test", MemoryStore(()))
        with self.assertRaisesRegex(LeastkeyError, "JSON"):
            Verifier("{", "acme_test", MemoryStore(()))
        with self.assertRaises(LeastkeyError):
            SqliteStore(str(FOLDER / "missing.db"))

    def test_no_credential_is_in_an_error(self):
        verifier = opened()
        with self.assertRaises(LeastkeyError) as raised:
            verifier.verify(FACTS["reader"]["token"], "nothing:here")
        self.assertNotIn(FACTS["reader"]["token"][12:], repr(raised.exception))

    def test_a_trap_is_an_error_and_the_next_call_is_served(self):
        verifier = opened()
        instance = verifier._running()

        def trap(*_):
            raise WasmtimeError("unreachable")

        instance._functions["verify"] = trap
        with self.assertRaises(LeastkeyError) as raised:
            verifier.verify(FACTS["reader"]["token"], "notes:read")
        self.assertEqual(raised.exception.code, "internal")
        self.assertTrue(verifier.verify(FACTS["reader"]["token"], "notes:read").valid)

    def test_threads_share_a_verifier(self):
        verifier, codes = opened(), []

        def work():
            codes.extend(verifier.verify(FACTS["writer"]["token"], "notes:write").code for _ in range(50))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(codes, ["valid"] * 200)


class VectorsByTheVerifier(unittest.TestCase):
    """The driver gives the verdicts of the vectors, and commits their writes."""

    def test_verdicts(self):
        data, deployments = vectors("verdicts"), vectors("deployments")["deployments"]
        compared = 0
        for one in data["cases"]:
            question, deployment = one["question"], deployments[one["deployment"]]
            requirement, last = question.get("requirement"), one["steps"][-1]
            if not isinstance(requirement, (str, type(None))) or "refuse" in last:
                continue
            config = deployment["config"]
            store = MemoryStore(data["stores"][one["store"]])
            verifier = Verifier(
                deployment["catalog"],
                config["prefix"],
                store,
                record_keys=config.get("recordKeys", ()),
                imported=config.get("imported", ()),
                now=lambda at=one["now"]: at,
            )
            context = question.get("context", {})
            # The second verdict may come from the cache, unless a use was counted.
            for _ in range(1 if "consume" in question else 2):
                with self.subTest(one["name"]):
                    verdict = verifier.verify(
                        one["credential"], requirement, consume=question.get("consume"), **context
                    )
                    expected = last.get("answer") or last["commit"]["answer"]
                    self.assertEqual(
                        (verdict.code, verdict.status, verdict.error, list(verdict.missing)),
                        (expected["code"], expected["status"], expected.get("error"), expected.get("missing", [])),
                    )
                    told = expected.get("token")
                    self.assertEqual(verdict.token and verdict.token.id, told and told["id"])
                    compared += 1
            for write in last.get("commit", {}).get("writes", ()):
                if "value" in write:
                    self.assertEqual(store.values[write["key"]], write["value"])
        self.assertGreater(compared, 60)


if __name__ == "__main__":
    unittest.main()
