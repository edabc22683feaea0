"""A running simulator and a callback server that remembers what it was sent, for the smoke tests. Stdlib only."""

import http.client
import http.server
import json
import ssl
import subprocess
import threading
import time

API_KEY = "sk-evo-smoke"
KEY_FIELD = {"Authorization": "Bearer " + API_KEY, "Content-Type": "application/json"}
VOICE = {"model": "qwen-voice-design", "voice_prompt": "A calm voice", "preview_text": "Good evening.",
         "preferred_name": "announcer"}


def make_certificate(folder):
    """Writes one self-signed certificate for 127.0.0.1 and localhost; returns the paths of certificate and key."""
    certificate, key = folder + "/tls.crt", folder + "/tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


class CallbackServer:
    """Answers callbacks with the statuses in `answers`, then with 200; keeps (path, body, time) of each."""

    def __init__(self, certificate, key):
        self.seen, self.answers, self.lock = [], [], threading.Lock()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                with owner.lock:
                    owner.seen.append((self.path, body, time.monotonic()))
                    status = owner.answers.pop(0) if owner.answers else 200
                answer = json.dumps({"status": "seen"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f"https://127.0.0.1:{self.port}/callbacks/v1/{name}"

    def bodies(self, name):
        with self.lock:
            return [json.loads(body) for path, body, _ in self.seen if path.endswith(name)]

    def times(self, name):
        with self.lock:
            return [when for path, _, when in self.seen if path.endswith(name)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Simulator:
    """One evolink-sim process."""

    def __init__(self, program, certificate, key, *more):
        self.trust = ssl.create_default_context(cafile=certificate)
        self.process = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--certificate", certificate,
             "--key", key, "--callback-ca", certificate, "--allow-loopback", "--seed", "7", "--api-key", API_KEY,
             "--work", "60ms", "--callback-retry", "30ms,60ms,120ms", "--callback-timeout", "2s", *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log = []
        ready = json.loads(self.process.stdout.readline())
        self.port, self.control_port = ready["port"], ready["control_port"]
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def ask(self, method, path, body=None, fields=None, timeout=5):
        """One request to the provider; returns (status, fields, raw body)."""
        line = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.trust, timeout=timeout)
        try:
            line.request(method, path, body, KEY_FIELD if fields is None else fields)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            line.close()

    def submit(self, key=None, **changes):
        fields = KEY_FIELD | ({"Idempotency-Key": key} if key else {})
        return self.ask("POST", "/v1/audios/generations", json.dumps(VOICE | changes), fields)

    def created(self, **changes):
        status, _, body = self.submit(**changes)
        assert status == 200, body
        return json.loads(body)["id"]

    def query(self, task):
        return self.ask("GET", "/v1/tasks/" + task)

    def control(self, method, path, body=None):
        line = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=20)
        try:
            line.request(method, "/control/" + path, None if body is None else json.dumps(body))
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()

    def faults(self, **changes):
        status, body = self.control("PUT", "faults", changes)
        assert status == 200, body

    def stats(self):
        return self.control("GET", "stats")[1]

    def task(self, task):
        return self.control("GET", "tasks/" + task)[1]

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=8)
        self.reader.join(timeout=2)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


def until(condition, limit=8.0):
    """Asks again until the condition holds; returns its value, or fails."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("the condition did not become true")
