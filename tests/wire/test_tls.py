"""With TLS the frames are counted as well: inside of it."""
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from tests.upstream import unused_port
from .case import Case, start
from .connection import CANCEL, END_HEADERS, HEADERS, RST_STREAM, Connection, frame, head, message

BURST = 10


class TlsTests(Case):
    def test_rapid_reset_inside_of_TLS(self):
        if not shutil.which("openssl"):
            self.skipTest("There is no openssl to make a certificate with.")
        with tempfile.TemporaryDirectory(prefix="actions-wire-") as folder:
            certificate, key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                            "-keyout", key, "-out", certificate], check=True, capture_output=True)
            target = f"127.0.0.1:{unused_port()}"
            server = start(Server__ResetBurst=str(BURST), Server__ResetsPerSecond="1", Kestrel__Endpoints__Tls__Url=f"https://{target}",
                           Kestrel__Endpoints__Tls__Protocols="Http2", Kestrel__Certificates__Default__Path=str(certificate),
                           Kestrel__Certificates__Default__KeyPath=str(key))
        self.addCleanup(server.stop)

        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        trusting.set_alpn_protocols(["h2"])
        connection = Connection(target, tls=trusting)
        self.addCleanup(connection.socket.close)
        unknown = message(b"\x0a\x01a")
        self.assertEqual("NOT_FOUND ERROR_REASON_ACTION_NOT_FOUND", str(connection.ask(unknown, scheme="https")))
        connection.send(*(frame(HEADERS, END_HEADERS, stream, head(scheme="https")) + frame(RST_STREAM, 0, stream, CANCEL)
                          for stream in range(3, 2 * BURST, 2)))
        self.assertEqual("NOT_FOUND ERROR_REASON_ACTION_NOT_FOUND", str(connection.ask(unknown, stream=101, scheme="https")))
        connection.send(*(frame(HEADERS, END_HEADERS, stream, head(scheme="https")) + frame(RST_STREAM, 0, stream, CANCEL)
                          for stream in range(103, 103 + 4 * BURST, 2)))
        self.assert_answer("GOAWAY NO_ERROR", connection.end())
        self.assertEqual(1, server.whole_log().count("too many resets"))
