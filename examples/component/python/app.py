"""A WSGI application that Leastkey guards: ``python app.py tokens.db``.

The file is that of a deployment in JavaScript, with the prefix ``acme_test`` and the catalog beside
this program. ``npx leastkey create`` makes a token in it.
"""

import json
import sys
from pathlib import Path
from wsgiref.simple_server import make_server

from leastkey import SqliteStore, Verifier
from leastkey.guard import GuardOptions
from leastkey.wsgi import LeastkeyMiddleware

CATALOG = Path(__file__).with_name("catalog.json")


def notes(environ, start_response):
    """The application: it asks for no credential itself."""
    if environ["PATH_INFO"] == "/health":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]
    verdict = environ["leastkey.verdict"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"hello": verdict.token.name, "remaining": verdict.remaining}).encode()]


def guarded(file, freshness=5.0):
    """The application behind the guard."""
    verifier = Verifier(
        CATALOG.read_text(), "acme_test", SqliteStore(file), freshness=freshness, on_error=print
    )
    options = GuardOptions(realm="notes", public=lambda method, path: path == "/health")
    # No proxy is in front: the peer is the client.
    return LeastkeyMiddleware(
        notes, verifier, options, client_ip=lambda environ: environ["REMOTE_ADDR"]
    )


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, guarded(sys.argv[1])) as server:
        print(f"http://127.0.0.1:{server.server_port}/notes", flush=True)
        server.serve_forever()
