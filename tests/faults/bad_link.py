"""Passes frames between two network devices, and loses or delays those of one
direction. For kernels without netem, and as good as it for small loads.

usage: bad_link.py FROM TO LOSS DELAY_MS

Of the frames that arrive at FROM, the share LOSS is lost and the others leave
TO after DELAY_MS; those that arrive at TO leave FROM at once. Says "ready" and
runs until it is killed. Runs where the devices are.
"""

import heapq
import itertools
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
# What a device may hand over in one piece: 64 KiB of TCP, and headers.
FRAME_MAX = 1 << 17


def opened(device):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    # With it goes what is left to hardware, such as checksums.
    link.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    link.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    link.bind((device, ETH_P_ALL))
    link.setblocking(False)
    return link


def frames(link):
    while True:
        try:
            yield link.recv(FRAME_MAX)
        except BlockingIOError:
            return


def send(link, frame):
    try:
        link.send(frame)
    except OSError:
        pass  # A queue was full, or the device is down: the frame is lost.


def main():
    first, second = (opened(device) for device in sys.argv[1:3])
    loss, delay = float(sys.argv[3]), float(sys.argv[4]) / 1000
    chance = random.Random(1)
    number = itertools.count()
    waiting = []
    print("ready", flush=True)
    while True:
        pause = waiting[0][0] - time.monotonic() if waiting else None
        select.select([first, second], [], [],
                      None if pause is None else max(pause, 0))
        now = time.monotonic()
        for frame in frames(first):
            if chance.random() >= loss:
                heapq.heappush(waiting, (now + delay, next(number), frame))
        for frame in frames(second):
            send(first, frame)
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            send(second, heapq.heappop(waiting)[2])


if __name__ == "__main__":
    main()
