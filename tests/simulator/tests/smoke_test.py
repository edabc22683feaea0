"""Runs evolink-sim as tests use it: over TLS, with real callbacks. Usage: smoke_test.py PROGRAM"""

import http.client
import json
import re
import sys
import tempfile
import unittest

import bench_room
from bench_room import until


class SimulatorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        certificate, key = bench_room.make_certificate(cls.folder.name)
        cls.callbacks = bench_room.CallbackServer(certificate, key)
        cls.sim = bench_room.Simulator(PROGRAM, certificate, key)

    @classmethod
    def tearDownClass(cls):
        code = cls.sim.stop()
        cls.callbacks.close()
        cls.folder.cleanup()
        assert code == 0, f"exit code {code} after SIGTERM"
        log = "".join(cls.sim.log)
        assert bench_room.API_KEY not in log, "the key is in the log"
        assert "/callbacks/v1/" not in log, "a callback path is in the log"
        assert "worker_failed" not in log, log

    def setUp(self):
        self.sim.control("DELETE", "faults")
        self.name = self.id().split(".")[-1] + ".k1.mac"
        self.url = self.callbacks.url(self.name)

    def records(self, task, count):
        def enough():
            records = self.sim.task(task)["callbacks"]
            return records if len(records) >= count else None
        return until(enough)

    def test_a_task_is_accepted_completed_and_called_back(self):
        status, fields, body = self.sim.submit(callback_url=self.url)
        task = json.loads(body)["id"]

        self.assertEqual(status, 200)
        self.assertRegex(fields["X-Request-Id"], "^req-[0-9a-f]{16}$")
        self.assertRegex(task, "^task-unified-[0-9]{10}-[0-9a-f]{8}$")
        called = until(lambda: self.callbacks.bodies(self.name))
        self.assertEqual(called[0]["status"], "completed")
        self.assertRegex(called[0]["result_data"]["voice"], "^qwen-tts-vd-announcer-voice-[0-9]{8}-[0-9a-f]{4}$")
        self.assertEqual(json.loads(self.sim.query(task)[2]), called[0])
        record = self.records(task, 1)[0]
        self.assertEqual((record["answer"], record["kind"], record["status"]), (200, "callback", "completed"))

    def test_a_wrong_key_is_unauthorized(self):
        status, _, body = self.sim.ask("GET", "/v1/credits", fields={"Authorization": "Bearer other"})

        self.assertEqual((status, json.loads(body)["error"]["code"]), (401, "unauthorized"))

    def test_broken_rules_are_refused(self):
        for changes, param in [({"voice_prompt": "é" * 2049}, "voice_prompt"), ({"preferred_name": "a-b"},
                               "preferred_name"), ({"sample_rate": 44100}, "sample_rate"),
                               ({"callback_url": "http://example.com/"}, "callback_url")]:
            status, _, body = self.sim.submit(**changes)
            error = json.loads(body)["error"]
            self.assertEqual((status, error["code"], error["param"]), (400, "invalid_request", param))
        self.assertEqual(self.sim.submit(voice_prompt="é" * 2048)[0], 200)

    def test_an_oversized_body_is_413_with_an_integer_code(self):
        status, _, body = self.sim.submit(voice_prompt="x" * 1100000)

        self.assertEqual((status, json.loads(body)["error"]["code"]), (413, 413))

    def test_the_same_idempotency_key_is_paid_once(self):
        before = self.sim.stats()
        first = json.loads(self.sim.submit(key="smoke-key-0000001")[2])
        status, fields, body = self.sim.submit(key="smoke-key-0000001")
        other = self.sim.submit(key="smoke-key-0000001", language="en")

        self.assertEqual((status, json.loads(body)["id"]), (200, first["id"]))
        self.assertEqual(fields["idempotency-replayed"], "true")
        self.assertEqual((other[0], json.loads(other[2])["error"]["code"]), (409, "idempotency_conflict"))
        after = self.sim.stats()
        self.assertEqual((after["creates"] - before["creates"], after["replays"] - before["replays"]), (1, 1))
        self.assertEqual(self.sim.task(first["id"])["submits"], 2)

    def test_an_ignored_idempotency_key_is_paid_twice(self):
        self.sim.faults(idempotency="ignored")
        first = json.loads(self.sim.submit(key="smoke-key-0000002")[2])["id"]
        second = json.loads(self.sim.submit(key="smoke-key-0000002")[2])["id"]

        self.assertNotEqual(first, second)

    def test_credits_fall_by_two_for_each_voice(self):
        before = json.loads(self.sim.ask("GET", "/v1/credits")[2])["data"]["user"]["remaining_credits"]
        self.sim.created()
        after = json.loads(self.sim.ask("GET", "/v1/credits")[2])["data"]["user"]["remaining_credits"]

        self.assertEqual(before - after, 2)

    def test_credits_are_set_at_the_control_endpoint(self):
        try:
            for remaining in (7, None):
                status, body = self.sim.control("PUT", "credits", {"remaining": remaining})
                told = json.loads(self.sim.ask("GET", "/v1/credits")[2])

                self.assertEqual((status, told), (200, body))
                self.assertEqual(told["data"]["user"].get("remaining_credits"), remaining)
                self.assertEqual(told["data"]["token"]["unlimited_credits"], remaining is None)
            for wrong in ({}, {"remaining": "7"}, {"remaining": 7, "more": 1}, []):
                self.assertEqual(self.sim.control("PUT", "credits", wrong)[0], 400)
        finally:
            self.sim.control("PUT", "credits", {"remaining": 1_000_000})

    def test_there_is_no_cancel_route(self):
        task = self.sim.created()

        self.assertEqual(self.sim.ask("POST", f"/v1/tasks/{task}/cancel")[0], 404)
        self.assertEqual(self.sim.ask("DELETE", f"/v1/tasks/{task}")[0], 404)

    def test_a_refused_callback_is_retried_three_times_with_the_same_body(self):
        self.callbacks.answers[:] = [500, 302, 404, 503]
        task = self.sim.created(callback_url=self.url)

        records = self.records(task, 4)
        self.assertEqual([one["answer"] for one in records], [500, 302, 404, 503])
        bodies = self.callbacks.bodies(self.name)
        self.assertTrue(all(body == bodies[0] for body in bodies))
        times = self.callbacks.times(self.name)
        self.assertTrue(times[1] - times[0] >= 0.03 and times[2] - times[1] >= 0.06 and times[3] - times[2] >= 0.12)

    def test_a_certificate_for_another_name_is_not_called(self):
        task = self.sim.created(callback_url=self.url.replace("127.0.0.1", "127.0.0.2"))
        records = self.records(task, 1)

        self.assertEqual(records[0]["answer"], 0)
        self.assertNotEqual(records[0]["error"], "")

    def test_a_name_is_verified_and_called(self):
        task = self.sim.created(callback_url=self.url.replace("127.0.0.1", "localhost"))

        self.assertEqual(self.records(task, 1)[0]["answer"], 200)

    def test_submit_errors_leave_no_task(self):
        before = self.sim.stats()["creates"]
        for kind, status in [("no_available_channel", 400), ("key_disabled", 401), ("insufficient_quota", 402),
                             ("model_access_denied", 403), ("paid_outcome_unknown", 409), ("rate_limit_exceeded", 429),
                             ("internal_error", 500), ("bad_gateway_html", 502), ("unavailable", 503),
                             ("legacy_envelope", 500), ("oauth_envelope", 500), ("request_too_large_error", 413)]:
            self.sim.faults(submit_error={"kind": kind, "times": 1})
            self.assertEqual(self.sim.submit()[0], status, kind)
        self.sim.faults(submit_error={"kind": "rate_limit_retry_after", "times": 1})
        self.assertEqual(self.sim.submit()[1]["Retry-After"], "1")
        self.assertEqual(self.sim.stats()["creates"], before)
        self.assertEqual(self.sim.submit()[0], 200)

    def test_lost_answers_still_make_the_task(self):
        for kind in ["reset", "hang"]:
            self.sim.faults(submit_response={"kind": kind, "times": 1})
            with self.assertRaises((ConnectionError, TimeoutError, http.client.HTTPException)):
                self.sim.ask("POST", "/v1/audios/generations", json.dumps(bench_room.VOICE),
                             bench_room.KEY_FIELD | {"Idempotency-Key": f"smoke-{kind}-00000001"}, timeout=0.3)
            status, fields, _ = self.sim.submit(key=f"smoke-{kind}-00000001")
            self.assertEqual((status, fields["idempotency-replayed"]), (200, "true"))

    def test_an_answer_without_id(self):
        self.sim.faults(submit_response="no_id")

        self.assertNotIn("id", json.loads(self.sim.submit()[2]))

    def test_the_callback_comes_before_the_response(self):
        self.sim.faults(callback="before_response")
        status, _, body = self.sim.submit(callback_url=self.url)

        self.assertEqual(len(self.callbacks.bodies(self.name)), 1)
        self.assertEqual((status, json.loads(body)["status"]), (200, "pending"))

    def test_callback_manners(self):
        for manner, statuses in [("twice", ["completed", "completed"]), ("twice_at_once", ["completed", "completed"]),
                                 ("lost_2xx", ["completed", "completed"]), ("contradict", ["completed", "failed"]),
                                 ("contradict_kept", ["completed", "failed"])]:
            self.sim.faults(callback={"kind": manner, "times": 1})
            task = self.sim.created(callback_url=self.callbacks.url(manner))
            records = self.records(task, 2)
            self.assertEqual([one["status"] for one in records], statuses, manner)
            final = json.loads(self.sim.query(task)[2])["status"]
            self.assertEqual(final, "failed" if manner == "contradict" else "completed", manner)

    def test_the_query_lags_behind_the_callback(self):
        self.sim.faults(callback="query_lags", query_lag_ms=1500)
        task = self.sim.created(callback_url=self.url)

        self.records(task, 1)
        self.assertEqual(json.loads(self.sim.query(task)[2])["status"], "processing")
        until(lambda: json.loads(self.sim.query(task)[2])["status"] == "completed")

    def test_a_silent_task_is_called_back_on_demand(self):
        self.sim.faults(callback="never")
        task = self.sim.created(callback_url=self.url)
        until(lambda: json.loads(self.sim.query(task)[2])["status"] == "completed")
        self.callbacks.answers[:] = [200, 404]

        answer = self.sim.control("POST", f"tasks/{task}/callback", {"outcome": "failed", "times": 2})
        raw = self.sim.control("POST", f"tasks/{task}/callback", {"body": "not json"})

        self.assertEqual((answer, raw), ((200, {"answers": [200, 404]}), (200, {"answers": [200]})))
        self.assertEqual([body for _, body, _ in self.callbacks.seen][-1], b"not json")

    def test_outcomes_and_bodies(self):
        self.sim.faults(outcome="request_cancelled", work_ms=0)
        task = self.sim.created()
        body = until(lambda: (lambda one: one if one["status"] == "failed" else None)(
            json.loads(self.sim.query(task)[2])))
        self.assertEqual(body["error"]["code"], "request_cancelled")
        self.sim.faults(outcome="normal", body="huge_number")
        huge = self.sim.created()
        until(lambda: '"credits_used":1e400' in self.sim.query(huge)[2])

    def test_query_errors(self):
        task = self.sim.created()
        for kind, status in [("rate_limited", 429), ("error_500", 500), ("not_found", 404), ("bad_gateway_html", 502)]:
            self.sim.faults(query={"kind": kind, "times": 1})
            self.assertEqual(self.sim.query(task)[0], status)
        self.sim.faults(query={"kind": "stall", "times": 1})
        with self.assertRaises(TimeoutError):
            self.sim.ask("GET", "/v1/tasks/" + task, timeout=0.3)
        self.assertEqual(self.sim.query(task)[0], 200)
        self.assertEqual(self.sim.query("task-unified-1-00000000")[0], 404)
        self.assertEqual(self.sim.query("nonsense")[0], 400)

    def test_hostile_requests_come_first(self):
        self.sim.faults(hostile="all")
        task = self.sim.created(callback_url=self.url)

        def ended():
            records = self.sim.task(task)["callbacks"]
            return records if records and records[-1]["kind"] == "callback" else None
        kinds = [one["kind"] for one in until(ended, 20)]
        self.assertEqual(kinds, ["hostile:" + kind for kind in ["forged_token", "wrong_task", "oversized", "truncated",
                                                                "not_json", "chunked", "slow_drip"]] + ["callback"])
        paths = [path for path, _, _ in self.callbacks.seen]
        self.assertIn("/callbacks/v1/" + self.name.replace(".mac", ".Aac"), paths)

    def test_faults_are_shown_and_checked(self):
        self.sim.faults(outcome="failed", submit_error={"kind": "unavailable", "times": 3, "probability": 0.5})
        self.assertEqual(self.sim.control("GET", "faults")[1],
                         {"outcome": "failed", "submit_error": {"kind": "unavailable", "times": 3, "probability": 0.5}})
        status, body = self.sim.control("PUT", "faults", {"outcome": "failed", "querry": "stall"})
        self.assertEqual(status, 400)
        self.assertIn("querry", body["error"])
        self.assertEqual(self.sim.control("DELETE", "faults"), (200, {}))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
