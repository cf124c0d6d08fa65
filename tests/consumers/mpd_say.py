"""Says commands to an MPD socket and prints the answers; `wait` waits until an update has ended."""

import socket
import sys
import time

path, *commands = sys.argv[1:]
wire = socket.socket(socket.AF_UNIX)
wire.connect(path)
lines = wire.makefile("rwb")
lines.readline()


def say(command):
    lines.write(command.encode() + b"\n")
    lines.flush()
    answer = []
    while (line := lines.readline()) and line != b"OK\n" and not line.startswith(b"ACK"):
        answer.append(line)
    return answer


for command in commands:
    if command == "wait":
        while any(line.startswith(b"updating_db") for line in say("status")):
            time.sleep(0.1)
    else:
        sys.stdout.buffer.writelines(say(command))
