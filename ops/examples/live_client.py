#!/usr/bin/env python3
"""Follows one stream of ComputeHub's live gateway, and resumes where it was cut.

    live_client.py deployments/dep_…/logs --url http://127.0.0.1:8080 --token TOKEN [--cut-after N] [--frames N]

Each frame is printed as one line of JSON. The last cursor seen is kept and given as `after` when the connection is made
again, so that no frame is missed and none comes twice. --cut-after N drops the connection behind each N events, as a
broken network would. --frames N ends it behind N events. Needs the package `websockets`.
"""
import argparse
import json
import os
import socket
import sys
import time

import websockets.exceptions
import websockets.sync.client

PAUSE_S_MAX = 30.0


def arguments():
    parser = argparse.ArgumentParser(description="Follow a live stream of ComputeHub")
    parser.add_argument("stream", help="deployments, deployments/ID, deployments/ID/logs, deployments/ID/metrics, events")
    parser.add_argument("--url", default=os.environ.get("COMPUTEHUB_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--token", default=os.environ.get("COMPUTEHUB_TOKEN", ""))
    parser.add_argument("--after", help="resume behind this cursor")
    parser.add_argument("--cut-after", type=int, default=0, metavar="N", help="drop the connection behind each N events")
    parser.add_argument("--frames", type=int, default=0, metavar="N", help="end behind N events")
    return parser.parse_args()


class Follower:
    def __init__(self, options):
        self.options = options
        self.cursor = options.after
        self.events = 0

    def done(self):
        return self.options.frames and self.events >= self.options.frames

    def follow_once(self):
        """One connection: subscribes behind the last cursor, prints frames until it is cut or done."""
        address = self.options.url.replace("http", "ws", 1) + "/api/v1/live"
        headers = {"Authorization": f"Bearer {self.options.token}"}
        with websockets.sync.client.connect(address, additional_headers=headers, max_size=None) as connection:
            subscribe = {"type": "subscribe", "id": 1, "stream": self.options.stream}
            if self.cursor:
                subscribe["after"] = self.cursor
            connection.send(json.dumps(subscribe))
            in_this_connection = 0
            for text in connection:
                frame = json.loads(text)
                print(text, flush=True)
                if frame["type"] == "error":
                    sys.exit(1)
                self.cursor = frame.get("cursor", self.cursor)
                if frame["type"] == "closed":
                    return
                if frame["type"] != "event":
                    continue
                self.events += 1
                in_this_connection += 1
                if self.done():
                    return
                if self.options.cut_after and in_this_connection >= self.options.cut_after:
                    connection.socket.shutdown(socket.SHUT_RDWR)
                    return

    def follow(self):
        """Again and again; behind a failure it waits 1, 2, 4 … 30 s, and not at all behind a good connection."""
        pause_s = 1.0
        while not self.done():
            before = self.cursor
            try:
                self.follow_once()
            except (OSError, websockets.exceptions.ConnectionClosed) as error:
                print(f"cut: {error}", file=sys.stderr)
            if self.cursor != before:
                pause_s = 1.0
                continue
            time.sleep(pause_s)
            pause_s = min(PAUSE_S_MAX, 2 * pause_s)


if __name__ == "__main__":
    try:
        Follower(arguments()).follow()
    except KeyboardInterrupt:
        sys.exit(130)
