"""Runs a command within a time limit. macOS has no `timeout`."""
import contextlib
import os
import signal
import subprocess
import sys
import threading


def run(seconds, command, log, show=True, env=None):
    """Writes the command's output to the file and, with show, to the console.

    Returns the exit code; 124 when the command, with everything that it started, was stopped at the limit.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, env=env)
    # A process that the command left behind may hold the output open, so the copy must not be waited for.
    copy = threading.Thread(target=_copy, args=(process.stdout, log, show), daemon=True)
    copy.start()
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        status = 124
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
    except BaseException:  # Ctrl+C doesn't reach the command's own session.
        _signal(process, signal.SIGKILL)
        raise
    copy.join(2)
    _signal(process, signal.SIGKILL)
    process.wait()
    copy.join(10)
    return status


def _copy(source, path, show):
    with open(path, "wb") as file:
        while block := os.read(source.fileno(), 65536):
            file.write(block)
            file.flush()
            if show:
                sys.stdout.buffer.write(block)
                sys.stdout.buffer.flush()


def _signal(process, number):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
