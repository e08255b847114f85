import threading

from .case import Case, seconds
from .upstream import PATIENCE, Upstream, response

# How late an event may be received. Generous, for busy machines. It may never be early.
LATE = 1.0


class TimingTests(Case):
    def slow(self, **messages):
        """An API that responds when the test allows it, and an action that calls it."""
        answer_now = threading.Event()

        def answer(_):
            answer_now.wait(PATIENCE)
            return response({"status": "shipped"})

        upstream = Upstream(answer)
        self.addCleanup(upstream.__exit__)
        self.addCleanup(answer_now.set)
        action = self.create(upstream.url, messages=messages, results=[{"variable": "status", "json_path": "$.status"}])
        return action, answer_now

    def assert_on_time(self, event, seen, due):
        self.assertGreaterEqual(event.elapsed.ToNanoseconds(), due * 1e9)
        self.assertGreaterEqual(seen, due)
        self.assertLess(seen, due + LATE)

    def test_fast_answer_comes_without_a_delay(self):
        with Upstream() as upstream:
            record = self.execute(self.create(upstream.url, messages={
                "delay_message": "One moment.", "delay_threshold": seconds(2)}))
        self.assertEqual(["start", "result"], record.kinds)
        self.assertLess(record.seen[-1], LATE)

    def test_delay_comes_once_at_the_threshold_while_the_call_lasts(self):
        action, answer_now = self.slow(start_message="Looking.", delay_message="One moment.",
                                       delay_threshold=seconds(0.4))
        record = self.execute(action, on_event=lambda event: event.HasField("delay") and answer_now.set())
        self.assertEqual(["start", "delay", "result"], record.kinds)
        (_, start_seen), (delay, delay_seen) = record.of("start")[0], record.of("delay")[0]
        self.assertLess(start_seen, 0.4)
        self.assert_on_time(delay, delay_seen, 0.4)
        self.assertEqual(("One moment.", 1), (delay.delay.message, delay.delay.ordinal))
        self.assertEqual({"status"}, set(record.last.variables))

    def test_delay_is_repeated_at_its_interval_until_the_answer(self):
        action, answer_now = self.slow(delay_message="One moment.", delay_threshold=seconds(0.2),
                                       delay_repeat_interval=seconds(0.3))
        record = self.execute(action, on_event=lambda event: event.delay.ordinal == 3 and answer_now.set())
        delays = record.of("delay")
        self.assertEqual([1, 2, 3], [event.delay.ordinal for event, _ in delays][:3])
        for (event, seen), due in zip(delays, (0.2, 0.5, 0.8)):
            self.assert_on_time(event, seen, due)
        self.assertEqual("result", record.kinds[-1])

    def test_delay_defaults_to_two_seconds(self):
        action, answer_now = self.slow(delay_message="One moment.")
        record = self.execute(action, on_event=lambda event: event.HasField("delay") and answer_now.set())
        self.assert_on_time(*record.of("delay")[0], 2)

    def test_delays_do_not_prolong_the_timeout(self):
        with Upstream(Upstream.HANG) as upstream:
            record = self.execute(self.create(upstream.url, timeout=0.8, messages={
                "delay_message": "One moment.", "delay_threshold": seconds(0.2),
                "delay_repeat_interval": seconds(0.2)}))
        self.assertGreaterEqual(len(record.of("delay")), 2)
        self.assertEqual("failure", record.kinds[-1])
        self.assert_on_time(record.events[-1], record.seen[-1], 0.8)

    def test_many_executions_at_once_keep_their_stories_apart(self):
        records = {}
        with Upstream(lambda request: response({"path": request.path})) as upstream:
            action = self.create(upstream.url + "/{n}", results=[{"variable": "path", "json_path": "$.path"}])

            def run(number):
                records[number] = self.execute(action, {"n": f"number-{number}"})

            threads = [threading.Thread(target=run, args=(number,)) for number in range(32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
        self.assertEqual({n: f"/number-{n}" for n in range(32)},
                         {n: record.last.variables["path"].string_value for n, record in records.items()})
