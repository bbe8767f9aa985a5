"""The vectors of tests/vectors, through the components in wasmtime."""

import json
import re
import struct
import unittest

from support import CLONE, vectors
from wasmtime import Engine
from wasmtime.component import Component

from leastkey.component import ComponentInstance

ENGINE = Engine()
DEPLOYMENTS = vectors("deployments")["deployments"]
NO_LISTS = {"values": [], "lists": []}


def component(world):
    return Component(ENGINE, (CLONE / f"pkg/component/{world}.wasm").read_bytes())


COMPONENTS = {"verification": component("verifier"), "management": component("manager")}


def instance(interface, deployment):
    made = ComponentInstance(ENGINE, COMPONENTS[interface], interface)
    texts = [json.dumps(deployment["config"]), json.dumps(deployment["catalog"])]
    configured = made.call("configure", *texts, *([100] if interface == "verification" else []))
    assert not (isinstance(configured, tuple) and configured[0] == "err"), configured
    return made


def without_none(members):
    return {name: value for name, value in members.items() if value is not None}


def camel(name):
    return re.sub("_(.)", lambda found: found[1].upper(), name)


def verdict_json(verdict):
    """A verdict in the JSON of the vectors."""
    said = {camel(name): value for name, value in verdict.items()}
    said["missing"] = list(said["missing"]) or None
    token = said["token"]
    if token is not None:
        token = {camel(name): value for name, value in token.items()}
        token["tags"] = list(token["tags"]) or None
        token["permissions"] = list(token["permissions"])
        token["metadata"] = None if token["metadata"] is None else json.loads(token["metadata"])
        bounded = {of["permission"]: list(of["resources"]) for of in token["resources"]}
        token["resources"] = bounded or None
        token["successor"] = token["successor"] or None
        said["token"] = without_none(token)
    return without_none(said)


def write_json(write):
    said = {"key": write["key"]}
    for name in ("expect", "value"):
        if write[name] is not None:
            said[name] = write[name]["value"]
    if write["expires_at"] is not None:
        said["expiresAt"] = write["expires_at"]
    return said


def step_json(case, step, answer):
    """A step in the JSON of the vectors."""
    if case == "need":
        need = without_none(dict(step, keys=list(step["keys"]), urgent=step["urgent"] or None))
        if "list" in need:
            need["list"] = without_none(need["list"])
        return {"need": need}
    if case == "prepare":
        return {"prepare": {"writes": [write_json(write) for write in step]}}
    if case == "commit":
        of = step.get("verdict") or step.get("outcome")
        return {"commit": {"writes": [write_json(write) for write in step["writes"]], "answer": answer(of)}}
    if case == "answer":
        return {"answer": answer(step)}
    problems = [dict(problem) for problem in step["problems"]]
    return {"refuse": without_none(dict(step, problems=problems or None))}


def apply(store, writes):
    for write in writes:
        if "expect" in write:
            assert store.get(write["key"]) == write["expect"], write["key"]
    for write in writes:
        if "value" in write:
            if write["value"] is None:
                store.pop(write["key"], None)
            else:
                store[write["key"]] = write["value"]


def listed(store, wanted):
    keys = sorted(key for key in store if key.startswith(wanted["prefix"]) and key > wanted.get("after", ""))
    return [{"key": key, "value": store[key]} for key in keys[: wanted["limit"]]]


def steps_of(store, call, answer):
    """Calls until the last step. Returns all steps, and the last one as the component gave it."""
    values, lists, steps = {}, [], []
    while len(steps) < 100:
        reads = [{"key": key, "value": value} for key, value in values.items()]
        case, step = call(reads, lists)
        said = step_json(case, step, answer)
        steps.append(said)
        if "need" in said:
            values.update((key, store.get(key)) for key in said["need"]["keys"])
            wanted = said["need"].get("list")
            if wanted is not None:
                lists.append({"range": {"after": None, **wanted}, "entries": listed(store, wanted)})
        elif "prepare" in said:
            apply(store, said["prepare"]["writes"])
            values.update((write["key"], store.get(write["key"])) for write in said["prepare"]["writes"])
        else:
            apply(store, said.get("commit", {}).get("writes", ()))
            return steps, step
    raise AssertionError("a call that never ends")


def needed_of(requirement):
    """The needed permissions; None for what the types of the component exclude."""
    if requirement is None:
        return []
    if isinstance(requirement, str):
        return [(requirement, None)]
    if isinstance(requirement, list):
        return [(item, None) for item in requirement] or None
    members = dict(requirement)
    resource = members.pop("resource", None)
    ((name, value),) = members.items()
    if name in ("permission", "expr"):
        return [(value, resource)]
    texts = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    if name not in ("all", "any") or not texts:
        return None
    return [((" AND " if name == "all" else " OR ").join(value), resource)]


def question_of(question):
    needed = needed_of(question.get("requirement"))
    if needed is None or question.get("consume", 0) < 0:
        return None
    context = question.get("context", {})
    return {
        "requirement": [{"permission": permission, "resource": resource} for permission, resource in needed],
        "authenticate_only": "requirement" not in question,
        "ip": context.get("ip"),
        "origin": context.get("origin"),
        "audience": context.get("audience"),
        "consume": question.get("consume"),
        "counted_at": None,
    }


class Vectors(unittest.TestCase):
    maxDiff = None

    def verdicts(self, file):
        data = vectors(file)
        instances = {}
        for one in data["cases"]:
            name = one["deployment"]
            verifier = instances.get(name) or instance("verification", DEPLOYMENTS[name])
            instances[name] = verifier
            question = question_of(one["question"])
            with self.subTest(one["name"], deployment=name):
                if question is None:
                    self.assertIn("refuse", one["steps"][-1])
                    continue
                steps, _ = steps_of(
                    dict(data["stores"][one["store"]]),
                    lambda reads, lists: verifier.call(
                        "verify", one["credential"], question, reads, None, one["now"]
                    ),
                    verdict_json,
                )
                if "refuse" in one["steps"][-1]:
                    self.assertEqual(steps[-1]["refuse"]["code"], one["steps"][-1]["refuse"]["code"])
                elif name not in WITH_MEMORY:
                    self.assertEqual(steps, one["steps"])
                else:
                    self.assertEqual(steps[-1], one["steps"][-1])

    def test_requirements(self):
        self.verdicts("requirements")

    def test_verdicts(self):
        self.verdicts("verdicts")

    def test_a_changed_byte_of_a_store_changes_an_answer(self):
        data, changed = vectors("verdicts"), 0
        for one in data["cases"]:
            verifier = instance("verification", DEPLOYMENTS[one["deployment"]])
            question = question_of(one["question"])
            stored = data["stores"][one["store"]]
            store = {key: value.replace('"status":"active"', '"status":"actuve"') for key, value in stored}
            if question is not None:
                steps, _ = steps_of(
                    store,
                    lambda reads, lists: verifier.call(
                        "verify", one["credential"], question, reads, None, one["now"]
                    ),
                    verdict_json,
                )
                changed += steps[-1] != one["steps"][-1]
        self.assertGreater(changed, len(data["cases"]) / 3)

    def plan(self, manager, store, one):
        time = {"started": one["now"], "now": one["now"], "highest": one["now"]}
        entropy = bytes.fromhex(one["entropy"])
        exchange = one.get("exchange")

        def call(reads, lists):
            given = {"values": reads, "lists": lists}
            if exchange:
                texts = [exchange["credential"], json.dumps(exchange["input"])]
                return manager.call("exchange", *texts, given, time, entropy)
            return manager.call("plan", json.dumps(one["call"]), given, time, entropy)

        return steps_of(store, call, lambda outcome: json.loads(outcome["answer"]))

    def test_records_and_audit(self):
        for file in ("records", "audit"):
            data = vectors(file)
            for one in data["cases"]:
                with self.subTest(one["name"], file=file):
                    manager = instance("management", DEPLOYMENTS[one["deployment"]])
                    store = {**dict(data["stores"][one["store"]]), **one["with"]}
                    store = without_none(store)
                    self.assertEqual(self.plan(manager, store, one)[0], one["steps"])

    def test_plans(self):
        data = vectors("plans")
        for case in data["cases"]:
            manager = instance("management", DEPLOYMENTS[case["deployment"]])
            store = dict(data["stores"][case["store"]])
            for one in case["calls"]:
                with self.subTest(one["name"], case=case["name"]):
                    steps, last = self.plan(manager, store, one)
                    self.assertEqual(steps, one["steps"])
                    outcome = last.get("outcome") or last
                    self.assertEqual(outcome.get("credential"), one.get("credential"))
            self.assertEqual(sorted(map(list, store.items())), case["after"])

    def test_selections(self):
        for one in vectors("selections")["cases"]:
            with self.subTest(one["name"]):
                manager = instance("management", DEPLOYMENTS[one["deployment"]])
                got = manager.call("resolve", json.dumps(one["selection"]))
                if isinstance(got, str):
                    self.assertEqual(json.loads(got), one["preview"])
                else:
                    self.assertEqual(step_json("refuse", got, None)["refuse"], one["refuse"])

    def test_digests(self):
        for one in vectors("digests")["cases"]:
            verifier = instance("verification", DEPLOYMENTS[one["deployment"]])
            case, step = verifier.call("verify", one["text"], question_of({}), [], None, 0)
            with self.subTest(one["name"]):
                if "code" in one:
                    self.assertEqual((case, step["code"]), ("answer", one["code"]))
                else:
                    # The digest of a credential is not told: `test_credentials` and the stored
                    # records of `test_plans` have it.
                    self.assertEqual(case, "need")
                    wanted = one["keys"] if one["id"] is None else [f"token/{one['id']}"]
                    self.assertLessEqual(set(wanted), set(step["keys"]))

    def test_numbers(self):
        created = next(
            one for case in vectors("plans")["cases"] for one in case["calls"]
            if case["deployment"] == "main" and one.get("call", {}).get("op") == "create"
            and "commit" in one["steps"][-1]
        )
        for bits, text in vectors("numbers")["numbers"]:
            (number,) = struct.unpack(">d", bytes.fromhex(bits))
            call = json.loads(json.dumps(created["call"]))
            call["input"]["metadata"] = {"n": number}
            manager = instance("management", DEPLOYMENTS["main"])
            steps, _ = self.plan(manager, {}, dict(created, call=call))
            stored = [write.get("value") or "" for write in steps[-1]["commit"]["writes"]]
            self.assertTrue(any(f'"metadata":{{"n":{text}}}' in value for value in stored), (text, stored))

    def test_credentials(self):
        catalog = DEPLOYMENTS["main"]["catalog"]
        for one in vectors("credentials")["minted"]:
            manager = instance("management", {"config": {"prefix": one["prefix"]}, "catalog": catalog})
            entropy = bytes(one["entropy"]) + bytes(24)
            case, minted = manager.call("mint", one["now"], None, entropy)
            self.assertEqual(case, "ok")
            self.assertEqual({name: minted[name] for name in ("id", "digest", "credential")},
                             {name: one[name] for name in ("id", "digest", "credential")})
        for one in vectors("credentials")["refused"]:
            verifier = instance("verification", {"config": {"prefix": one["prefix"]}, "catalog": catalog})
            case, verdict = verifier.call("verify", one["text"], question_of({}), [], None, 0)
            self.assertEqual((case, verdict["code"]), ("answer", one["code"]), one["why"])


# An instance learns vocabularies, and asks for them once.
WITH_MEMORY = {name for name in DEPLOYMENTS if "many" in DEPLOYMENTS[name]["catalog"]["services"]}

if __name__ == "__main__":
    unittest.main()
