"""Runs every test of a package; the last line is the sum: N passed, N failed[, N skipped]."""
import faulthandler
import sys
import unittest


class Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def run(package, limit=120, report=lambda: None):
    """`package` is its folder; `limit` the seconds after which a hang ends in every thread's traceback instead of
    silence; `report` prints what the tests have to show beside their outcome."""
    faulthandler.dump_traceback_later(limit, exit=True)
    suite = unittest.defaultTestLoader.discover(str(package), top_level_dir=str(package.parent))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(suite)
    report()

    # A test counts once, however many of its subtests failed.
    failed = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    failed += len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    if result.passed + failed + skipped == 0:
        failed = 1  # Nothing was found to run: that is no success.
    print(f"{result.passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed else 0
