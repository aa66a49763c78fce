"""Debian's Prometheus under test: started on a free port of loopback, asked through its HTTP API."""
import re
import signal
import subprocess

import hub
import requests
import yaml

LISTENS = re.compile(r'msg="Listening on" address=(127\.0\.0\.1:\d+)')


def complaints(text):
    """What promtool finds wrong with an answer of /metrics; empty: nothing."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=hub.DEADLINE_S)
    return "" if done.returncode == 0 and not done.stdout + done.stderr else f"{done.returncode}: {done.stdout}{done.stderr}"


class Prometheus:
    def __init__(self, folder, configuration):
        self.log = folder / "prometheus.log"
        file = folder / "prometheus.yml"
        file.write_text(yaml.safe_dump(configuration))
        self.session = requests.Session()
        self.session.trust_env = False
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
                 "--web.listen-address=127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        address = hub.eventually(lambda: LISTENS.search(self.text()), "Prometheus listens").group(1)
        self.url = f"http://{address}"
        hub.eventually(lambda: self.session.get(f"{self.url}/-/ready").status_code == 200, "Prometheus is ready")

    def text(self):
        assert self.process.poll() is None, self.log.read_text()
        return self.log.read_text()

    def get(self, path, **params):
        answer = self.session.get(f"{self.url}/api/v1/{path}", params=params, timeout=hub.DEADLINE_S)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def value(self, query):
        """Of a query that answers one sample; None while there is none."""
        result = self.get("query", query=query)["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def targets(self):
        """Job → its only target."""
        return {target["scrapePool"]: target for target in self.get("targets", state="active")["activeTargets"]}

    def clean_up(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(hub.DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
