"""The middleware, over WSGI and over ASGI, and the example that uses it."""

import asyncio
import importlib.util
import json
import unittest
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from support import CLONE, FOLDER, facts

from leastkey import SqliteStore, Verifier
from leastkey.asgi import LeastkeyMiddleware as AsgiMiddleware
from leastkey.guard import GuardOptions
from leastkey.wsgi import LeastkeyMiddleware as WsgiMiddleware

FACTS = facts()


def example():
    spec = importlib.util.spec_from_file_location("app", CLONE / "examples/component/python/app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


APP = example().guarded(str(FOLDER / "tokens.db"))


def wsgi(method, path, authorization=None, app=None, **more):
    """A request to the example, in the rules of PEP 3333."""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "REMOTE_ADDR": "10.0.0.7", **more}
    if authorization is not None:
        environ["HTTP_AUTHORIZATION"] = authorization
    setup_testing_defaults(environ)
    environ.pop("CONTENT_TYPE", None)
    started = {}

    def start_response(status, headers, exc_info=None):
        started.update(status=status, headers=dict(headers))

    response = validator(app or APP)(environ, start_response)
    try:
        body = b"".join(response)
    finally:
        response.close()
    return int(started["status"][:3]), started["headers"], body


async def serve_json(scope, receive, send):
    verdict = scope["leastkey.verdict"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": verdict.token.name.encode()})


ASGI = AsgiMiddleware(
    serve_json,
    Verifier((FOLDER / "catalog.json").read_text(), "acme_test", SqliteStore(str(FOLDER / "tokens.db"))),
    GuardOptions(realm="notes"),
    client_ip=lambda scope: scope["client"][0],
)


def asgi(method, path, *authorizations, kind="http"):
    headers = [(b"authorization", value.encode()) for value in authorizations]
    scope = {"type": kind, "path": path, "headers": headers, "client": ("10.0.0.7", 1)}
    if kind == "http":
        scope["method"] = method
    sent = []

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(ASGI(scope, receive, send))
    return sent


def bearer(name):
    return f"Bearer {FACTS[name]['token']}"


class Wsgi(unittest.TestCase):
    def test_a_valid_credential_is_admitted(self):
        status, _, body = wsgi("GET", "/notes", bearer("reader"))
        self.assertEqual((status, json.loads(body)["hello"]), (200, "Reader"))
        status, _, body = wsgi("POST", "/notes", bearer("writer"))
        self.assertEqual((status, json.loads(body)["hello"]), (200, "Writer"))
        self.assertEqual(wsgi("GET", "/notes", bearer("local"))[0], 200)

    def test_a_missing_permission_is_named_by_the_challenge(self):
        status, headers, _ = wsgi("POST", "/notes", bearer("reader"))
        self.assertEqual(status, 403)
        self.assertEqual(
            headers["WWW-Authenticate"],
            'Bearer realm="notes", error="insufficient_scope", scope="notes:write"',
        )

    def test_refusals(self):
        unknown = "Bearer acme_test_20VbkXrXsQjnW9xj4FEY6JvBiHi8qKrP4qYI64a74l0SxU740djCr"
        for authorization, status, challenge in (
            (None, 401, 'Bearer realm="notes"'),
            ("Basic YTpi", 401, 'Bearer realm="notes"'),
            ("Bearer a b", 400, 'Bearer realm="notes", error="invalid_request"'),
            (f"{bearer('reader')}, {bearer('reader')}", 400, 'Bearer realm="notes", error="invalid_request"'),
            ("Bearer nothing", 401, 'Bearer realm="notes", error="invalid_token"'),
            (unknown, 401, 'Bearer realm="notes", error="invalid_token"'),
        ):
            with self.subTest(authorization):
                got, headers, body = wsgi("GET", "/notes", authorization)
                self.assertEqual((got, headers["WWW-Authenticate"]), (status, challenge))
                self.assertEqual(headers["Cache-Control"], "no-store")
                self.assertEqual(json.loads(body)["status"], status)

    def test_unknown_and_malformed_credentials_are_answered_alike(self):
        unknown = "Bearer acme_test_20VbkXrXsQjnW9xj4FEY6JvBiHi8qKrP4qYI64a74l0SxU740djCr"
        self.assertEqual(wsgi("GET", "/notes", unknown), wsgi("GET", "/notes", "Bearer nothing"))

    def test_a_route_that_the_catalog_does_not_have_is_refused(self):
        self.assertEqual(wsgi("GET", "/other", bearer("writer"))[0], 403)
        self.assertEqual(wsgi("DELETE", "/notes", bearer("writer"))[0], 403)
        self.assertEqual(wsgi("GET", "/other", "Bearer nothing")[0], 401)

    def test_a_public_path_needs_no_credential(self):
        self.assertEqual(wsgi("GET", "/health")[2], b"ok")

    def test_a_path_is_matched_as_the_application_sees_it(self):
        self.assertEqual(wsgi("GET", "/notes/ü b".encode().decode("latin-1"), bearer("reader"))[0], 200)
        self.assertEqual(wsgi("GET", "/notes/a/b", bearer("reader"))[0], 403)

    def test_without_client_ip_no_condition_on_the_address_is_met(self):
        verifier = Verifier((FOLDER / "catalog.json").read_text(), "acme_test", SqliteStore(str(FOLDER / "tokens.db")))
        app = WsgiMiddleware(example().notes, verifier)
        self.assertEqual(wsgi("GET", "/notes", bearer("local"), app=app)[0], 403)
        self.assertEqual(wsgi("GET", "/notes", bearer("reader"), app=app)[0], 200)

    def test_a_client_cannot_set_the_verdict(self):
        self.assertEqual(wsgi("GET", "/notes", None, **{"leastkey.verdict": "x"})[0], 401)


class Asgi(unittest.TestCase):
    def test_requests(self):
        start, body = asgi("GET", "/notes", bearer("reader"))
        self.assertEqual((start["status"], body["body"]), (200, b"Reader"))
        start, _ = asgi("POST", "/notes", bearer("reader"))
        self.assertEqual(start["status"], 403)
        self.assertIn((b"cache-control", b"no-store"), start["headers"])
        self.assertEqual(asgi("GET", "/notes")[0]["status"], 401)
        self.assertEqual(asgi("GET", "/notes", bearer("reader"), bearer("reader"))[0]["status"], 400)

    def test_a_websocket_is_closed(self):
        self.assertEqual(asgi("GET", "/notes", kind="websocket"), [{"type": "websocket.close", "code": 1008}])


if __name__ == "__main__":
    unittest.main()
