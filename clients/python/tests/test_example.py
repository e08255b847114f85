import subprocess
import sys

from .case import Case
from .test_abort import EXAMPLE
from .upstream import PATIENCE, Upstream, response, unused_port


class ExampleTests(Case):
    def run_example(self, url, *variables):
        return subprocess.run([sys.executable, str(EXAMPLE), self.server.target, url, *variables],
                              capture_output=True, text=True, timeout=PATIENCE)

    def test_example_tells_the_story(self):
        with Upstream(response({"status": "shipped"})) as upstream:
            done = self.run_example(upstream.url + "/orders/{order_id}", "order_id=A-17")
            self.assertEqual("/orders/A-17", upstream.next_request().path)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"(?s)^ +\d+\.\d{3} s  start +Let me look that up\.\n.*result +status 200")

    def test_example_says_what_went_wrong(self):
        done = self.run_example(f"http://127.0.0.1:{unused_port()}/")
        self.assertEqual(1, done.returncode)
        self.assertIn("I'm sorry, I couldn't find out. (FAILURE_REASON_CONNECTION", done.stdout)

        done = self.run_example("http://127.0.0.1:9009/{order_id}")
        self.assertEqual(1, done.returncode)
        self.assertIn("ERROR_REASON_MISSING_VARIABLE {'variables.order_id'", done.stderr)
